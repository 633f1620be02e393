"""Of torn and damaged streams every byte there is comes out, and the place is told."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from forensics.intake import Location, read
from forensics.intake import deflate as deflate_module
from tests.intake.build import COMPRESS, LINES, content_of


def deflated(plain: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(plain) + squeeze.flush()


def test_a_torn_gzip_yields_all_before_the_tear_and_says_where() -> None:
    stored = gzip.compress(LINES, mtime=0)
    torn = stored[: len(stored) * 9 // 10]

    whole, content = content_of(torn)

    assert whole == zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(torn)
    assert content.status == "torn"
    assert content.damage == (
        f"ends inside a deflate stream at byte {len(torn)} of the stored stream,"
        f" after {len(whole)} decompressed bytes"
    )
    assert content.stored_sha256 == hashlib.sha256(torn).hexdigest()


@given(cut=some.integers(min_value=0))
def test_a_gzip_cut_anywhere_yields_what_zlib_finds(cut: int) -> None:
    stored = gzip.compress(LINES[:3_000], mtime=0)
    torn = stored[: cut % len(stored)]

    whole, content = content_of(torn)

    if len(torn) < 3:
        assert (whole, content.status) == (torn, "whole")
    else:
        assert whole == zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(torn)
        assert content.status == "torn"


def found_by_zlib(deflated: bytes, size_in: int, size_out: int) -> tuple[bytes, bool]:
    """What zlib hands out in small steps before it fails, and whether it comes to the end."""
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    found = b""
    try:
        for at in range(0, len(deflated), size_in):
            waiting = deflated[at : at + size_in]
            while waiting and not reader.eof:
                found += reader.decompress(waiting, size_out)
                waiting = reader.unconsumed_tail
    except zlib.error:
        return found, False
    return found, reader.eof


@given(at=some.integers(100, 2_500), noise=some.binary(min_size=1, max_size=200))
def test_a_damaged_gzip_yields_all_that_zlib_finds_in_the_smallest_steps(
    at: int, noise: bytes
) -> None:
    stored = bytearray(gzip.compress(LINES[:20_000], mtime=0))
    stored[at : at + len(noise)] = noise
    by_input, whole_stream = found_by_zlib(bytes(stored[10:]), 1, 0)
    by_output, _ = found_by_zlib(bytes(stored[10:]), 1 << 20, 1)

    whole, content = content_of(bytes(stored))

    assert whole == max(by_input, by_output, key=len)
    assert (content.status == "whole") == (whole_stream and whole == LINES[:20_000])


def test_damage_is_placed_in_both_streams() -> None:
    first = gzip.compress(b"first\n", mtime=0)
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = squeeze.compress(b"second\n") + squeeze.flush(zlib.Z_FULL_FLUSH)
    no_block_type = b"\x07"
    stored = first + b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block + no_block_type + bytes(100)

    whole, content = content_of(stored)

    assert whole == b"first\nsecond\n"
    assert content.status == "torn"
    assert content.damage == (
        "damaged deflate stream (Error -3 while decompressing data: invalid block type)"
        f" at byte {len(first) + 10 + len(block)} of the stored stream, after 13 decompressed bytes"
    )


def test_the_tail_of_a_member_too_large_to_hold_is_lost_by_one_step_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deflate_module, "_HELD", 1_000)
    stored = gzip.compress(LINES, mtime=0)

    whole, content = content_of(stored[:-5_000] + b"\xff" * 5_000)

    kept = len(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(stored[:-5_000]))
    assert LINES[: kept - deflate_module.STEP].startswith(whole[: kept - deflate_module.STEP])
    assert len(whole) >= kept - deflate_module.STEP
    assert content.status == "torn"


def test_a_wrong_checksum_keeps_everything_and_is_told() -> None:
    first, second = gzip.compress(LINES, mtime=0), gzip.compress(b"next\n", mtime=0)
    broken = first[:-8] + b"\xde\xad\xbe\xef" + first[-4:]

    whole, content = content_of(broken + second)

    assert whole == LINES + b"next\n"
    assert content.status == "torn"
    assert content.damage == (
        "wrong checksum in the gzip member at byte 0; everything was decompressed"
    )


def test_very_many_wrong_checksums_are_one_sentence() -> None:
    member = gzip.compress(b"x\n", mtime=0)
    broken = member[:-8] + b"\xde\xad\xbe\xef" + member[-4:]

    whole, content = content_of(broken * 2_000)

    assert whole == b"x\n" * 2_000
    places = [f"wrong checksum in the gzip member at byte {at * len(broken)}" for at in range(5)]
    assert content.damage == (f"{'; '.join(places)}; and 1995 more; everything was decompressed")


def test_a_wrong_length_is_damage_too() -> None:
    stored = gzip.compress(b"one\n", mtime=0)

    whole, content = content_of(stored[:-4] + b"\x05\0\0\0")

    assert (whole, content.status) == (b"one\n", "torn")


@pytest.mark.parametrize(
    ("left", "where"),
    [(2, "header"), (5, "header"), (9, "header")],
)
def test_a_cut_header_of_a_second_member_is_torn(left: int, where: str) -> None:
    stored = gzip.compress(LINES, mtime=0)

    whole, content = content_of(stored + stored[:left])

    assert (whole, content.status) == (LINES, "torn")
    assert f"ends inside the {where} of a gzip member" in str(content.damage)


@pytest.mark.parametrize("cut", [1, 7, 8])
def test_a_cut_trailer_is_torn(cut: int) -> None:
    whole, content = content_of(gzip.compress(LINES)[:-cut])

    assert (whole, content.status) == (LINES, "torn")
    assert "ends inside the trailer of a gzip member" in str(content.damage)


@pytest.mark.parametrize("name", ["bzip2", "xz", "zstd"])
def test_other_torn_streams_yield_what_was_whole(name: str) -> None:
    noise = hashlib.shake_256(b"seed").digest(3_000_000)  # bzip2 decodes blocks of 900 kB
    stored = COMPRESS[name](noise)

    whole, content = content_of(stored[: len(stored) * 9 // 10])

    assert noise.startswith(whole)
    assert len(whole) >= 1_800_000
    assert content.status == "torn"
    assert f"ends inside a {name}" in str(content.damage)


@pytest.mark.parametrize("name", ["bzip2", "xz", "zstd"])
def test_other_damaged_streams_yield_what_came_before(name: str) -> None:
    noise = hashlib.shake_256(b"seed").digest(3_000_000)
    stored = bytearray(COMPRESS[name](noise))
    middle = len(stored) * 2 // 3
    stored[middle : middle + 8] = bytes(byte ^ 0xFF for byte in stored[middle : middle + 8])

    whole, content = content_of(bytes(stored))

    assert whole[:900_000] == noise[:900_000]
    assert content.status == "torn"
    assert f"damaged {name} stream" in str(content.damage)


def test_a_torn_inner_layer_is_named() -> None:
    torn = gzip.compress(LINES)[:-20_000]

    whole, content = content_of(gzip.compress(torn))

    assert LINES.startswith(whole)
    assert len(whole) > 100_000
    assert f"at byte {len(torn)} of the output of layer 1" in str(content.damage)


def test_a_torn_outer_layer_keeps_what_the_inner_one_has() -> None:
    noise = hashlib.shake_256(b"seed").digest(100_000)
    torn = gzip.compress(gzip.compress(noise))[:-50_000]

    whole, content = content_of(torn)

    assert noise.startswith(whole)
    assert len(whole) > 45_000
    assert f"at byte {len(torn)} of the stored stream" in str(content.damage)


class FailingDisk(io.BytesIO):
    """Reads until a bad sector."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 300_000:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_bad_sector_is_damage_at_its_place() -> None:
    here = Location("/log", "", "/log", 0, None, b"/log")
    content = read(here, FailingDisk(LINES))

    whole = b"".join(content)

    assert whole == LINES[: len(whole)]
    assert len(whole) >= 300_000
    assert content.status == "torn"
    assert content.damage == (
        f"cannot be read on: Input/output error at byte {len(whole)} of the stored stream,"
        f" after {len(whole)} decompressed bytes"
    )
