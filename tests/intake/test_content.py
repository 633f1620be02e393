"""Compressions are peeled by content, and what belongs to none of them is counted."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable

import pytest
import zstandard

from forensics.intake import Limits, Location, read
from tests.intake.build import COMPRESS, LINES, content_of

SMALL = Limits(ratio_floor=1 << 20)


def deflated(plain: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(plain) + squeeze.flush()


def bomb(size: int, compress: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    return compress(bytes(size))


@pytest.mark.parametrize("chunk", [1_000, 1 << 20])
@pytest.mark.parametrize("name", COMPRESS)
def test_a_compression_is_peeled_and_both_sides_are_hashed(name: str, chunk: int) -> None:
    stored = COMPRESS[name](LINES)

    whole, content = content_of(stored, chunk=chunk)

    assert whole == LINES
    assert content.layers == (name,)
    assert (content.status, content.damage, content.trailing) == ("whole", None, 0)
    assert (content.bytes, content.stored_bytes) == (len(LINES), len(stored))
    assert content.sha256 == hashlib.sha256(LINES).hexdigest()
    assert content.stored_sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("name", ["", *COMPRESS])
def test_pieces_are_no_larger_than_asked_for(name: str) -> None:
    stored = COMPRESS[name](LINES) if name else LINES
    here = Location("/log", "", "/log", 0, None, b"/log")

    sizes = {len(piece) for piece in read(here, io.BytesIO(stored), chunk=5_000)}

    assert min(sizes) > 0
    assert 2_500 < max(sizes) <= 5_000


def test_plain_bytes_have_one_hash() -> None:
    whole, content = content_of(LINES)

    assert whole == LINES
    assert content.layers == ()
    assert content.sha256 == content.stored_sha256 == hashlib.sha256(LINES).hexdigest()


def test_an_empty_file_is_an_empty_content() -> None:
    whole, content = content_of(b"")

    assert (whole, content.status, content.layers) == (b"", "whole", ())
    assert content.sha256 == hashlib.sha256(b"").hexdigest()


def test_gzip_of_nothing_is_an_empty_content() -> None:
    whole, content = content_of(gzip.compress(b""))

    assert (whole, content.status, content.layers) == (b"", "whole", ("gzip",))


def test_double_gzip_is_peeled_twice() -> None:
    whole, content = content_of(gzip.compress(gzip.compress(LINES)))

    assert (whole, content.layers) == (LINES, ("gzip", "gzip"))


def test_different_compressions_nest() -> None:
    whole, content = content_of(zstandard.compress(lzma.compress(gzip.compress(LINES))))

    assert (whole, content.layers) == (LINES, ("zstd", "xz", "gzip"))


def test_a_fourth_layer_is_over_the_limit() -> None:
    stored = LINES
    for _ in range(4):
        stored = gzip.compress(stored)

    whole, content = content_of(stored)

    assert whole == b""
    assert content.status == "over_limit"
    assert content.damage is not None
    assert content.damage.startswith("more than 3 compressions around one another")
    assert content.stored_sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("name", COMPRESS)
def test_streams_one_after_another_are_one_content(name: str) -> None:
    stored = b"".join(COMPRESS[name](LINES[at : at + 5_000]) for at in range(0, len(LINES), 5_000))

    whole, content = content_of(stored)

    assert (whole, content.layers, content.status) == (LINES, (name,), "whole")


def test_ten_thousand_tiny_members_are_one_content() -> None:
    lines = [b"%d\n" % number for number in range(10_000)]

    whole, content = content_of(b"".join(map(gzip.compress, lines)))

    assert (whole, content.status) == (b"".join(lines), "whole")


@pytest.mark.parametrize("garbage", [b"\0", bytes(512), b"garbage", b"\0\0garbage", b"\x1f", b"}"])
def test_what_follows_the_last_member_is_counted_not_decompressed(garbage: bytes) -> None:
    stored = gzip.compress(LINES) + garbage

    whole, content = content_of(stored)

    assert whole == LINES
    assert (content.status, content.damage, content.trailing) == ("whole", None, len(garbage))
    assert content.stored_sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("name", ["bzip2", "xz", "zstd"])
def test_what_follows_other_streams_is_counted_too(name: str) -> None:
    whole, content = content_of(COMPRESS[name](LINES) + b"garbage")

    assert (whole, content.status, content.trailing) == (LINES, "whole", 7)


def test_a_member_behind_padding_is_read() -> None:
    whole, content = content_of(gzip.compress(b"one\n") + bytes(300) + gzip.compress(b"two\n"))

    assert (whole, content.trailing, content.status) == (b"one\ntwo\n", 300, "whole")


def test_optional_header_fields_of_any_length_are_passed_over() -> None:
    extra, name, comment = b"\x05\x00extra", b"n" * 400_000 + b"\0", b"c\0"
    header = b"\x1f\x8b\x08\x1e" + bytes(6) + extra + name + comment + b"\0\0"
    trailer = zlib.crc32(LINES).to_bytes(4, "little") + len(LINES).to_bytes(4, "little")

    whole, content = content_of(header + deflated(LINES) + trailer)

    assert (whole, content.status) == (LINES, "whole")


@pytest.mark.parametrize(
    "plain",
    [
        b"\x1f",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\xe0 reserved flags",
        b"\x1f\x8b\x00 another method",
        b"BZh9 is no bzip2",
        b"\xfd7zXY",
        b"\x28\xb5\x2f",
        b'{"Records":[]}',
    ],
)
def test_what_only_resembles_a_compression_is_plain(plain: bytes) -> None:
    whole, content = content_of(plain)

    assert (whole, content.layers, content.status) == (plain, (), "whole")
