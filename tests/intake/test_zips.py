"""Zips are read by their directory, which may lie, or be lost."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.intake.build import COMPRESS, LINES, patched, take, zipped

UNPACK = "unpack the archive with another tool and ingest the folder"
LOST = "the zip breaks off or is damaged before byte"


def write(folder: Path, stored: bytes) -> Path:
    path = folder / "dump"
    path.write_bytes(stored)
    return path


def made(*members: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for header, content in members:
            archive.writestr(header, content)
    return target.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_found_and_opened_again(tmp_path: Path, method: int) -> None:
    members = {"AWSLogs/one": b"one\n", "two.gz": gzip.compress(LINES), "empty": b""}
    write(tmp_path, zipped(members, method))

    taken = take(tmp_path)

    assert taken.contents == {
        "dump!/AWSLogs/one": b"one\n",
        "dump!/two.gz": LINES,
        "dump!/empty": b"",
    }
    assert taken.refused == []
    location = taken.locations["dump!/two.gz"]
    assert (location.container, location.key) == ("zip", "two.gz")
    assert location.stored_bytes == len(members["two.gz"])
    assert taken.found["dump!/two.gz"].layers == ("gzip",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.dictionaries(some.text("abß./", min_size=1, max_size=9), some.binary(), max_size=9))
def test_what_the_standard_library_writes_is_read(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    plain = {name: b"{" + content for name, content in members.items()}
    files = {name: content for name, content in plain.items() if not name.endswith("/")}
    write(tmp_path, zipped(plain))

    taken = take(tmp_path)

    shown = {name.partition("!/")[2]: content for name, content in taken.contents.items()}
    assert shown == files


@pytest.mark.parametrize(
    ("method", "compression"),
    [
        (93, "zstd"),
        (95, "xz"),
    ],
)
def test_newer_methods_are_read(tmp_path: Path, method: int, compression: str) -> None:
    stored = zipped({"log": COMPRESS[compression](LINES)}, zipfile.ZIP_STORED)
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        stored = patched(stored, at, struct.pack("<H", method), mark=mark)
        stored = patched(stored, at + 6, struct.pack("<I", zlib.crc32(LINES)), mark=mark)
        stored = patched(stored, at + 14, struct.pack("<I", len(LINES)), mark=mark)
    write(tmp_path, stored)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": LINES}
    assert taken.found["dump!/log"].status == "whole"


def test_only_times_with_a_zone_are_kept(tmp_path: Path) -> None:
    plain = zipfile.ZipInfo("plain", (2024, 5, 1, 12, 0, 0))
    unix = zipfile.ZipInfo("unix", (2024, 5, 1, 12, 0, 0))
    unix.extra = struct.pack("<2HBi", 0x5455, 5, 1, 1_714_557_600)
    windows = zipfile.ZipInfo("windows", (2024, 5, 1, 12, 0, 0))
    ticks = (1_714_557_600 + 11_644_473_600) * 10_000_000 + 1_234_567
    windows.extra = struct.pack("<2H", 0x000A, 32) + struct.pack("<I2H3Q", 0, 1, 24, ticks, 0, 0)
    write(tmp_path, made((plain, b""), (unix, b""), (windows, b"")))

    locations = take(tmp_path).locations

    assert locations["dump!/plain"].modified is None
    assert locations["dump!/unix"].modified == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert locations["dump!/windows"].modified == datetime(
        2024, 5, 1, 10, 0, 0, 123_456, tzinfo=UTC
    )


def test_names_of_windows_are_keys_with_slashes(tmp_path: Path) -> None:
    stored = zipped({"AWSLogs/111122223333/log": b"x"})
    write(tmp_path, stored.replace(b"AWSLogs/111122223333/log", b"AWSLogs\\111122223333\\log"))

    (location,) = take(tmp_path).locations.values()

    assert location.key == "AWSLogs/111122223333/log"
    assert location.path.endswith("dump!/AWSLogs\\111122223333\\log")


def test_repeated_names_stay_apart(tmp_path: Path) -> None:
    one, two = zipfile.ZipInfo("log"), zipfile.ZipInfo("log")
    with pytest.warns(UserWarning, match="Duplicate name"):
        stored = made((one, b"1\n"), (two, b"2\n"))
    write(tmp_path, stored)

    assert take(tmp_path).contents == {"dump!/log": b"1\n", "dump!/log#2": b"2\n"}


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("latest")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    pipe = zipfile.ZipInfo("pipe")
    pipe.create_system, pipe.external_attr = 3, (stat.S_IFIFO | 0o600) << 16
    folder = zipfile.ZipInfo("folder/")
    write(
        tmp_path,
        made((link, b"../../etc/passwd"), (pipe, b""), (folder, b""), (zipfile.ZipInfo("x"), b"x")),
    )

    taken = take(tmp_path)

    assert taken.contents == {"dump!/x": b"x"}
    assert taken.reasons == {
        "dump!/latest": (
            "a symbolic link: its target, if it is in the archive, is read where it lies"
        ),
        "dump!/pipe": "a device, pipe or socket",
    }


def test_rules_hold_inside_archives(tmp_path: Path) -> None:
    write(tmp_path, zipped({"__MACOSX/._log": b"x", "a/.DS_Store": b"x", "a/log": b"x\n"}))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/a/log": b"x\n"}
    assert taken.reasons == {
        "dump!/__MACOSX/._log": (
            "rule macosx-folder: macOS attributes of the other members of a zip"
        ),
        "dump!/a/.DS_Store": "rule ds-store: folder settings of the macOS Finder",
    }


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (8, b"\x01", f"encrypted: {UNPACK}"),
        (10, b"\x09", f"compressed with method 9, which is not read here: {UNPACK}"),
        (10, b"\x63", f"compressed with method 99, which is not read here: {UNPACK}"),
    ],
)
def test_what_cannot_be_unpacked_is_named(
    tmp_path: Path, offset: int, value: bytes, reason: str
) -> None:
    write(tmp_path, patched(zipped({"secret": b"x", "log": b"y\n"}), offset, value))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": b"y\n"}
    assert taken.refused == [("dump!/secret", "unreadable", reason)]


def test_an_empty_zip_is_named(tmp_path: Path) -> None:
    write(tmp_path, zipped({}))

    assert take(tmp_path).refused == [("dump", "ignored", "an archive without files")]


def test_bytes_before_and_behind_a_zip_do_not_hide_it(tmp_path: Path) -> None:
    inner = zipped({"log": b"x\n"})
    with_comment = inner[:-2] + struct.pack("<H", 30) + b"PK\x05\x06 is no end in a comment" + b"."
    write(tmp_path, with_comment)
    (tmp_path / "shifted").write_bytes(b"PK\x03\x04" + bytes(96) + inner)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": b"x\n", "shifted!/log": b"x\n"}


def test_a_zip_of_the_large_kind_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    stored = zipped({"one": LINES, "two": b"two\n"})
    assert b"PK\x06\x06" in stored
    write(tmp_path, stored)

    assert take(tmp_path).contents == {"dump!/one": LINES, "dump!/two": b"two\n"}
