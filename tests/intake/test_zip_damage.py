"""Zips that are torn, that lie, or that are bombs."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from forensics.intake import Limits
from tests.intake.build import LINES, patched, take, zipped

LOST = "the zip breaks off or is damaged before byte"


def write(folder: Path, stored: bytes) -> Path:
    path = folder / "dump"
    path.write_bytes(stored)
    return path


def streamed(members: dict[str, bytes]) -> bytes:
    """A zip written without seeking: sizes follow the content."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, content: bytes) -> int:  # type: ignore[override]
            self.written += content
            return len(content)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return bytes(pipe.written)


def test_a_torn_zip_gives_the_members_it_has(tmp_path: Path) -> None:
    stored = zipped({"one": b"1\n", "two": LINES, "three": b"3\n"})
    cut = stored.index(b"three") - 1_000
    write(tmp_path, stored[:cut])

    taken = take(tmp_path)

    assert list(taken.contents) == ["dump!/one", "dump!/two"]
    assert taken.contents["dump!/one"] == b"1\n"
    assert LINES.startswith(taken.contents["dump!/two"])
    assert len(taken.contents["dump!/two"]) > 100_000
    assert taken.found["dump!/two"].status == "torn"
    ((name, status, reason),) = taken.refused
    assert (name, status) == ("dump", "unreadable")
    assert reason.startswith(LOST)


def test_a_zip_without_directory_gives_all_members(tmp_path: Path) -> None:
    members = {"one": b"1\n", "two": LINES, "three": b"3\n"}
    for name, stored in (("seeked", zipped(members)), ("streamed", streamed(members))):
        (tmp_path / name).write_bytes(stored[: stored.index(b"PK\x01\x02")])

    taken = take(tmp_path)

    for name in ("seeked", "streamed"):
        for inner, content in members.items():
            assert taken.contents[f"{name}!/{inner}"] == content
            assert taken.found[f"{name}!/{inner}"].status == "whole"
    assert taken.statuses == [("seeked", "unreadable"), ("streamed", "unreadable")]
    assert taken.locations["streamed!/two"].stored_bytes == -1


def test_the_first_part_of_a_split_zip_gives_what_it_has(tmp_path: Path) -> None:
    stored = b"PK\x07\x08" + zipped({"one": b"1\n", "two": LINES})
    write(tmp_path, stored[: len(stored) // 2])

    taken = take(tmp_path)

    assert taken.contents["dump!/one"] == b"1\n"
    assert taken.found["dump!/two"].status == "torn"
    assert taken.statuses == [("dump", "unreadable")]


def test_a_damaged_directory_gives_the_members_before(tmp_path: Path) -> None:
    stored = zipped({"one": b"1\n", "two": b"2\n", "three": b"3\n"})
    second = stored.index(b"PK\x01\x02", stored.index(b"PK\x01\x02") + 4)
    write(tmp_path, stored[:second] + b"XXXX" + stored[second + 4 :])

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n"}
    assert taken.refused == [("dump", "unreadable", "the directory names 3 members and lists 1")]


def test_a_wrong_checksum_keeps_everything_and_is_told(tmp_path: Path) -> None:
    write(tmp_path, patched(zipped({"log": LINES}), 16, b"\xde\xad\xbe\xef"))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": LINES}
    assert taken.found["dump!/log"].status == "torn"
    assert "wrong checksum in the zip member" in str(taken.found["dump!/log"].damage)


def test_damaged_content_keeps_what_came_before(tmp_path: Path) -> None:
    stored = bytearray(zipped({"log": LINES, "next": b"x\n"}))
    stored[30_000:30_050] = b"\xff" * 50
    write(tmp_path, bytes(stored))

    taken = take(tmp_path)

    whole = taken.contents["dump!/log"]
    assert LINES[:50_000] == whole[:50_000]
    assert taken.found["dump!/log"].status == "torn"
    assert taken.contents["dump!/next"] == b"x\n"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (len(LINES) - 1, f"is larger than the {len(LINES) - 1} bytes the archive says it has"),
        (len(LINES) + 1, f"has {len(LINES)} of the {len(LINES) + 1} bytes"),
    ],
)
def test_a_lie_about_the_size_is_told(tmp_path: Path, size: int, words: str) -> None:
    write(tmp_path, patched(zipped({"log": LINES}), 24, struct.pack("<I", size)))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": LINES[:size]}
    assert taken.found["dump!/log"].status == "torn"
    assert words in str(taken.found["dump!/log"].damage)


def test_a_directory_that_points_nowhere_is_told(tmp_path: Path) -> None:
    write(tmp_path, patched(zipped({"log": LINES}), 42, struct.pack("<I", 5)))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": b""}
    assert "no member stands at byte 5 of the archive" in str(taken.found["dump!/log"].damage)


# ------------------------------------------------------------------------------ bombs


def test_members_that_overlap_are_over_the_limit(tmp_path: Path) -> None:
    """Many directory entries, one content: as in a bomb that needs no nesting."""
    stored = zipped({"log": bytes(100_000)})
    start = stored.index(b"PK\x01\x02")
    end = stored.index(b"PK\x05\x06")
    entry, count = stored[start:end], 2_000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    write(tmp_path, stored[:start] + entry * count + tail)

    taken = take(tmp_path)

    assert len(taken.contents) < 1_000
    name, status, reason = taken.refused[-1]
    assert (name, status) == ("dump", "over_limit")
    assert reason.startswith("members overlap: after")


def test_a_member_that_says_it_is_a_bomb_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, zipped({"bomb": bytes(10 << 20), "log": b"x\n"}))

    taken = take(tmp_path, limits=Limits(ratio_floor=1 << 20))

    assert taken.contents == {"dump!/log": b"x\n"}
    assert taken.refused == [
        (
            "dump!/bomb",
            "over_limit",
            "says it decompresses to more than 200 times its compressed size",
        )
    ]


def test_a_bomb_that_lies_ends_at_its_lie(tmp_path: Path) -> None:
    stored = zipped({"bomb": bytes(10 << 20), "log": b"x\n"})
    write(tmp_path, patched(stored, 24, struct.pack("<I", 1_000)))

    taken = take(tmp_path, limits=Limits(ratio_floor=1 << 20))

    assert taken.contents == {"dump!/bomb": bytes(1_000), "dump!/log": b"x\n"}
    assert taken.found["dump!/bomb"].status == "torn"


def test_many_small_bombs_are_one(tmp_path: Path) -> None:
    write(tmp_path, zipped({f"bomb{n}": bytes(900_000) for n in range(20)}))

    taken = take(tmp_path, limits=Limits(ratio_floor=1 << 20))

    assert 0 < len(taken.contents) < 20
    assert taken.statuses == [("dump", "over_limit")]


@pytest.mark.parametrize("cut", [True, False], ids=["no directory", "directory"])
def test_members_are_counted(tmp_path: Path, cut: bool) -> None:
    stored = zipped({f"{n}": b"" for n in range(50)})
    write(tmp_path, stored[: stored.index(b"PK\x01\x02")] if cut else stored)

    taken = take(tmp_path, limits=Limits(members=20))

    assert len(taken.contents) == 20
    assert taken.refused == [("dump", "over_limit", "holds more than 20 members")]


@given(some.binary(min_size=1, max_size=60), some.integers(0, 600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_damages_a_zip_and_nothing_else(tmp_path: Path, noise: bytes, at: int) -> None:
    stored = bytearray(zipped({"a": b"x" * 300, "b": b"y\n", "c": b"z\n"}))
    stored[at : at + len(noise)] = noise
    write(tmp_path, bytes(stored))

    taken = take(tmp_path)

    assert taken.contents or taken.refused
