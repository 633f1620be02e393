"""What is odd, gone, locked or not to be opened is named, and the walk goes on."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest

from forensics.intake import Archive, Location, NotEvidence, Unopened, discover, open_location
from forensics.intake import walk as walk_module
from tests.intake.build import take, tar, zipped

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="names and kinds of Unix")


unix_only = pytest.mark.skipif(sys.platform == "win32", reason="names and kinds of Unix")


def put(path: Path, content: bytes = b"x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(folder: Path, *paths: Path) -> list[str]:
    found = []
    for item in discover(paths or [folder]):
        location = item if isinstance(item, Location) else item.location
        found.append(location.path.removeprefix(f"{folder.resolve()}/"))
    return found


def reasons(folder: Path, *paths: Path) -> dict[str, tuple[str, str]]:
    return {
        item.location.path.removeprefix(f"{folder.resolve()}/"): (item.status, item.reason)
        for item in discover(paths or [folder])
        if isinstance(item, NotEvidence)
    }


def test_what_cannot_be_read_is_named_and_the_walk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions do not bind root, so the system is made to refuse."""
    for name in ("a/log", "locked/log", "secret", "z"):
        put(tmp_path / name)
    listdir, opened = os.listdir, os.open

    def list_folder(path: bytes) -> list[bytes]:
        if path.endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    def open_file(path: bytes, flags: int) -> int:
        if path.endswith(b"secret"):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags)

    monkeypatch.setattr(os, "listdir", list_folder)
    monkeypatch.setattr(os, "open", open_file)

    assert names(tmp_path) == ["a/log", "locked", "secret", "z"]
    assert reasons(tmp_path) == {
        "locked": ("unreadable", "cannot be read: Permission denied"),
        "secret": ("unreadable", "cannot be opened: Permission denied"),
    }


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root"
)
def test_permissions_of_the_disk_are_told(tmp_path: Path) -> None:
    put(tmp_path / "secret").chmod(0)

    assert reasons(tmp_path) == {"secret": ("unreadable", "cannot be opened: Permission denied")}


def test_a_file_that_vanishes_while_walking_is_named(tmp_path: Path) -> None:
    put(tmp_path / "a")
    put(tmp_path / "b")
    found = discover([tmp_path])

    assert isinstance(next(found), Location)
    (tmp_path / "b").unlink()

    (item,) = found
    assert isinstance(item, NotEvidence)
    assert (item.status, item.reason) == ("unreadable", "cannot be read: No such file or directory")


def test_a_file_that_vanishes_before_it_is_read_is_an_error_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / "log")
    (found,) = discover([tmp_path])
    (tmp_path / "log").unlink()

    assert isinstance(found, Location)
    with pytest.raises(Unopened) as caught:
        open_location(found)
    assert caught.value.strerror == "No such file or directory"
    assert isinstance(caught.value, OSError)
    assert caught.value.exit_code == 3


@unix_only
def test_names_that_are_no_text_are_shown_and_opened(tmp_path: Path) -> None:
    for name in (b"Pr\xfcfung", b"two\nlines", b"back\\xff", b"\xe2\x80\xae"):
        try:
            (tmp_path / os.fsdecode(name)).write_bytes(name)
        except OSError:
            pytest.skip("this file system takes no such names")

    taken = take(tmp_path)

    assert taken.contents == {
        r"Pr\xfcfung": b"Pr\xfcfung",
        r"back\x5cxff": b"back\\xff",
        r"two\x0alines": b"two\nlines",
        "\u202e": b"\xe2\x80\xae",
    }


@unix_only
def test_a_path_too_long_for_the_system_is_named(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    depth = 4_096 // 200 + 1
    for _ in range(depth):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    put(tmp_path / "log")

    found = reasons(tmp_path)

    assert [reason for _, reason in found.values()] == ["cannot be read: File name too long"]
    assert names(tmp_path)[-1] == "log"


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        (rb"C:\dump\log", rb"\\?\C:\dump\log"),
        (rb"\\server\share\log", rb"\\?\UNC\server\share\log"),
        (rb"\\?\C:\dump\log", rb"\\?\C:\dump\log"),
    ],
)
def test_windows_is_asked_for_long_paths(path: bytes, opened: bytes) -> None:
    assert walk_module._unbounded(path, windows=True) == opened
    assert walk_module._unbounded(path, windows=False) == path


@pytest.mark.parametrize(
    ("magic", "what"),
    [
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7-Zip archive"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
        (b"\x1f\x9d\x90ab", "a file of Unix compress (.Z)"),
        (b"\x04\x22\x4d\x18ab", "an LZ4 file"),
        (b"Salted__12345678", "encrypted with openssl"),
    ],
)
def test_what_this_program_does_not_open_is_named_with_a_way_out(
    tmp_path: Path, magic: bytes, what: str
) -> None:
    put(tmp_path / "a.json.gz", magic)
    put(tmp_path / "b.gz", gzip.compress(magic))
    put(tmp_path / "c.zip", zipped({"inner": magic}))

    found = reasons(tmp_path)

    assert list(found) == ["a.json.gz", "b.gz", "c.zip!/inner"]
    for status, reason in found.values():
        assert status == "unreadable"
        assert reason.startswith(f"{what}: ")
        assert "ingest" in reason


def test_random_access_containers_come_member_by_member(tmp_path: Path) -> None:
    members = {"log": b"x\n", "more.tgz": gzip.compress(tar({"deep": b"y\n"}))}
    put(tmp_path / "a.tar", tar(members))
    put(tmp_path / "b.zip", zipped(members))
    put(tmp_path / "c.tar.gz", gzip.compress(tar(members)))

    found = [
        (type(item), getattr(item, "location", item).path.rpartition(f"{tmp_path.resolve()}/")[2])  # type: ignore[union-attr]
        for item in discover([tmp_path])
    ]

    assert found == [
        (Location, "a.tar!/log"),
        (Archive, "a.tar!/more.tgz"),
        (Location, "b.zip!/log"),
        (Archive, "b.zip!/more.tgz"),
        (Archive, "c.tar.gz"),
    ]
