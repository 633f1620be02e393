"""What the first bytes of a stream prove it to be; names and suffixes are never asked."""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD = 512  # bytes that decide: one tar header
COMPRESSION_HEAD = 10  # bytes that decide on a compression


class Unsupported(NamedTuple):
    """A wrapping that is recognised but not opened."""

    magic: bytes
    what: str
    hint: str


_UNPACK = "unpack it with its own tool and ingest the folder"
_DECRYPT = "decrypt it and ingest the result"

UNSUPPORTED: tuple[Unsupported, ...] = (
    Unsupported(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    Unsupported(b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    Unsupported(b"MSCF\x00\x00\x00\x00", "a Windows cabinet", _UNPACK),
    Unsupported(b"\x1f\x9d", "a file of Unix compress (.Z)", _UNPACK),
    Unsupported(b"\x1f\xa0", "a file of Unix compress (LZH)", _UNPACK),
    Unsupported(b"\x1f\x1e", "a file of Unix pack (.z)", _UNPACK),
    Unsupported(b"LZIP\x01", "an lzip file", _UNPACK),
    Unsupported(b"\x04\x22\x4d\x18", "an LZ4 file", _UNPACK),
    Unsupported(b"\x89LZO\x00\x0d\x0a\x1a\x0a", "an lzop file", _UNPACK),
    Unsupported(b"\xff\x06\x00\x00sNaPpY", "a framed Snappy file", _UNPACK),
    Unsupported(b"EVF\x09\x0d\x0a\xff\x00", "an EnCase disk image (E01)", "mount it and ingest"),
    Unsupported(b"LVF\x09\x0d\x0a\xff\x00", "an EnCase logical image (L01)", _UNPACK),
    Unsupported(b"Salted__", "encrypted with openssl", _DECRYPT),
    Unsupported(b"age-encryption.org/", "encrypted with age", _DECRYPT),
    Unsupported(b"-----BEGIN PGP MESSAGE", "encrypted with PGP", _DECRYPT),
)

_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK", b"PK00PK\x03\x04")
_SUM = slice(148, 156)


def is_gzip(head: bytes) -> bool:
    """Whether a gzip member starts here; reserved flags set mean that none does."""
    return head[:3] == b"\x1f\x8b\x08" and not (len(head) > 3 and head[3] & 0xE0)


def is_zstd(head: bytes) -> bool:
    """Whether a zstd frame starts here; a skippable one counts, pzstd writes it first."""
    return head[:4] == b"\x28\xb5\x2f\xfd" or is_skippable(head)


def is_skippable(head: bytes) -> bool:
    """Whether a skippable frame of zstd starts here."""
    return head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F


def is_bzip2(head: bytes) -> bool:
    """Whether a bzip2 stream starts here."""
    return _BZIP2.match(head) is not None


def is_xz(head: bytes) -> bool:
    """Whether an xz stream starts here."""
    return head[:6] == b"\xfd7zXZ\x00"


def compression(head: bytes) -> str:
    """`gzip`, `zstd`, `bzip2`, `xz`, or "" when the bytes are not compressed."""
    for name, matches in _COMPRESSIONS.items():
        if matches(head):
            return name
    return ""


def container(head: bytes) -> str:
    """`zip`, `tar`, or "" when no archive starts here."""
    if head.startswith(_ZIP):
        return "zip"
    return "tar" if is_tar_header(head) else ""


def unsupported(head: bytes) -> Unsupported | None:
    """The wrapping that this program does not open, if it is one."""
    return next((known for known in UNSUPPORTED if head.startswith(known.magic)), None)


def is_tar_header(head: bytes) -> bool:
    """Whether the 512 bytes sum up to what they say: old tars have no other mark."""
    if len(head) < HEAD or not head[0]:
        return False
    field = head[_SUM].strip(b" \x00")
    if not field or field.strip(b"01234567"):
        return False
    # The checksum field itself counts as eight spaces.
    plain = head[: _SUM.start] + b" " * 8 + head[_SUM.stop : HEAD]
    wanted, total = int(field, 8), sum(plain)
    return wanted in (total, total - 256 * sum(byte > 127 for byte in plain))


_COMPRESSIONS = {"gzip": is_gzip, "zstd": is_zstd, "bzip2": is_bzip2, "xz": is_xz}
