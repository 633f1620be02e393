"""Bombs stop near their bound, in little memory, and are hashed as stored all the same."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as some

from forensics.intake import Limits, Location, read
from tests.intake.build import COMPRESS, LINES, content_of

SMALL = Limits(ratio_floor=1 << 20)


def bomb(size: int, compress: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    return compress(bytes(size))


@pytest.mark.parametrize("name", COMPRESS)
def test_a_bomb_stops_soon_after_the_ratio(name: str) -> None:
    stored = bomb(64 << 20, COMPRESS[name])

    whole, content = content_of(stored, SMALL)

    assert content.status == "over_limit"
    assert "decompresses to more than 200 times its" in str(content.damage)
    bound = max(SMALL.ratio_floor, SMALL.ratio * len(stored))
    assert len(whole) <= bound + (1 << 20)
    assert content.stored_sha256 == hashlib.sha256(stored).hexdigest()
    assert content.sha256 == hashlib.sha256(whole).hexdigest()


def test_what_is_small_may_have_any_ratio() -> None:
    whole, content = content_of(bomb(200_000), SMALL)

    assert (len(whole), content.status) == (200_000, "whole")


def test_a_bomb_between_layers_is_stopped() -> None:
    nothing = gzip.compress(b"", mtime=0) * 400_000

    whole, content = content_of(gzip.compress(nothing, 9), SMALL)

    assert (whole, content.status) == (b"", "over_limit")


@pytest.mark.parametrize("compress", [gzip.compress, lambda plain: plain], ids=["gzip", "plain"])
def test_content_has_an_absolute_bound(compress: Callable[[bytes], bytes]) -> None:
    noise = hashlib.shake_256(b"seed").digest(3_000_000)
    stored = compress(noise)

    whole, content = content_of(stored, Limits(content_bytes=1_000_000))

    assert content.status == "over_limit"
    assert "decompresses to more than 1000000 bytes" in str(content.damage)
    assert noise.startswith(whole)
    assert 700_000 < len(whole) < 1_500_000
    assert content.sha256 == hashlib.sha256(whole).hexdigest()
    assert content.stored_sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("name", COMPRESS)
def test_memory_stays_bounded_in_front_of_a_bomb(name: str) -> None:
    stored = bomb(64 << 20, COMPRESS[name])
    here = Location("/log", "", "/log", 0, None, b"/log")

    tracemalloc.start()
    size = sum(len(piece) for piece in read(here, io.BytesIO(stored)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 64 << 20
    assert peak < 16 << 20


def test_a_zstd_frame_that_wants_gigabytes_is_over_the_limit() -> None:
    header = b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3])

    whole, content = content_of(header + b"\x01\x00\x00")

    assert (whole, content.status) == (b"", "over_limit")
    assert "needs a window of 2147483648 bytes" in str(content.damage)


def test_an_xz_stream_that_wants_gigabytes_is_over_the_limit() -> None:
    filters = [
        {
            "id": lzma.FILTER_LZMA2,
            "dict_size": 512 << 20,
            "mode": lzma.MODE_FAST,
            "mf": lzma.MF_HC3,
            "nice_len": 4,
        }
    ]
    block = bytearray(lzma.compress(b"x" * 100, filters=[{**filters[0], "dict_size": 1 << 20}]))
    at = block.index(b"\x21\x01", 12) + 2
    block[at] = 34  # a dictionary of 512 MiB
    start = 12
    size = (block[start] + 1) * 4
    block[start + size - 4 : start + size] = zlib.crc32(
        bytes(block[start : start + size - 4])
    ).to_bytes(4, "little")

    whole, content = content_of(bytes(block))

    assert (whole, content.status) == (b"", "over_limit")
    assert "xz stream needs more than" in str(content.damage)


def test_skippable_zstd_frames_are_skipped() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0note"

    whole, content = content_of(skippable + zstandard.compress(LINES) + skippable)

    assert (whole, content.layers, content.status) == (LINES, ("zstd",), "whole")


@given(
    plain=some.binary(max_size=300_000).map(b"{".__add__),
    level=some.integers(-5, 12),
    checksum=some.booleans(),
)
def test_zstd_frames_of_any_making(plain: bytes, level: int, checksum: bool) -> None:
    known = zstandard.ZstdCompressor(level=level, write_checksum=checksum)
    unknown = zstandard.ZstdCompressor(level=level, write_content_size=False).compressobj()

    stored = known.compress(plain) + unknown.compress(plain) + unknown.flush()

    assert content_of(stored)[0] == plain * 2


@pytest.mark.torture
def test_a_bomb_of_four_gigabytes_stops_at_the_ratio_by_default() -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    stored = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(4 << 10)) + squeeze.flush()
    here = Location("/log", "", "/log", 0, None, b"/log")

    content = read(here, io.BytesIO(stored))
    size = sum(len(piece) for piece in content)

    assert content.status == "over_limit"
    assert size + (2 << 20) >= 256 << 20
    assert size <= max(256 << 20, 200 * len(stored))
