"""The walk names everything once, in one order, follows nothing out, and goes on past trouble."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.errors import UsageError
from forensics.intake import Location, NotEvidence, discover, open_location, read
from tests.intake.build import MODIFIED, take, tar

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


def test_a_walk_goes_depth_first_in_byte_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a.b", "a/x", "B", "b.txt", "ä", "z/y/x/w"):
        put(tmp_path / name)

    assert names(tmp_path) == ["B", "a/x", "a.b", "b/10", "b/2", "b.txt", "z/y/x/w", "ä"]


def test_a_file_is_described(tmp_path: Path) -> None:
    path = put(tmp_path / "AWSLogs" / "log.json", b"{}")
    os.utime(path, ns=(0, MODIFIED * 1_000_000_000 + 123_456_789))

    (found,) = discover([tmp_path])

    assert isinstance(found, Location)
    assert found.path == str(path.resolve())
    assert found.key == path.resolve().as_posix()
    assert (found.container, found.stored_bytes, found.steps) == ("", 2, ())
    assert found.modified == datetime(2024, 5, 1, 10, 0, 0, 123_456, tzinfo=UTC)
    assert found.file == os.fsencode(path.resolve())


def test_many_paths_come_in_byte_order_whatever_order_they_are_given_in(tmp_path: Path) -> None:
    one, two, three = (put(tmp_path / name) for name in ("one", "two/x", "three"))

    assert names(tmp_path, two.parent, three, one) == ["one", "three", "two/x"]
    assert names(tmp_path, three, one, two.parent) == ["one", "three", "two/x"]


def test_a_file_reached_twice_is_found_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b" / "log")
    put(tmp_path / "ab")
    (tmp_path / "link").symlink_to(tmp_path / "a")

    found = names(
        tmp_path,
        tmp_path / "a" / "b" / "log",
        tmp_path / "a",
        tmp_path / "a" / ".." / "a" / "b",
        tmp_path / "link",
        tmp_path / "ab",
        tmp_path / "ab",
    )

    assert found == ["a/b/log", "ab"]


def test_a_relative_path_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "dump" / "log")
    monkeypatch.chdir(tmp_path)

    assert names(tmp_path, Path("dump")) == ["dump/log"]
    assert [item.path for item in discover(["dump"]) if isinstance(item, Location)] == [
        str((tmp_path / "dump" / "log").resolve())
    ]


def test_a_missing_path_is_an_error_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "log")
    monkeypatch.setattr(os, "listdir", lambda path: pytest.fail("something was read"))

    with pytest.raises(UsageError, match="gone: No such file or directory"):
        discover([tmp_path, tmp_path / "gone"])


@pytest.mark.parametrize("path", ["", "nul\0byte"])
def test_a_path_that_is_none_is_an_error(path: str) -> None:
    with pytest.raises(UsageError):
        discover([path])


def test_no_path_is_an_error() -> None:
    with pytest.raises(UsageError, match="no evidence was named"):
        discover([])


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert names(tmp_path) == []


def test_an_empty_file_is_evidence(tmp_path: Path) -> None:
    put(tmp_path / "log.gz", b"")

    taken = take(tmp_path)

    assert taken.contents == {"log.gz": b""}
    assert taken.refused == []


def test_equal_files_are_two_places(tmp_path: Path) -> None:
    first = put(tmp_path / "a", b"same\n")
    shutil.copy(first, tmp_path / "copy")
    os.link(first, tmp_path / "hard")

    taken = take(tmp_path)

    assert list(taken.contents) == ["a", "copy", "hard"]
    assert len({content.sha256 for content in taken.found.values()}) == 1


@pytest.mark.parametrize("suffix", [".json.gz", ".json", "", ".zst", ".tar.gz", ".txt"])
def test_content_decides_and_not_the_name(tmp_path: Path, suffix: str) -> None:
    put(tmp_path / f"plain{suffix}", b"plain\n")
    put(tmp_path / f"squeezed{suffix}", gzip.compress(b"squeezed\n"))
    put(tmp_path / f"tarred{suffix}", tar({"log": b"in a tar\n"}))

    assert take(tmp_path).contents == {
        f"plain{suffix}": b"plain\n",
        f"squeezed{suffix}": b"squeezed\n",
        f"tarred{suffix}!/log": b"in a tar\n",
    }


# ------------------------------------------------------------------------------ rules


def test_what_is_no_evidence_is_named_with_its_rule(tmp_path: Path) -> None:
    put(tmp_path / "log")
    put(tmp_path / ".DS_Store", bytes(10))
    put(tmp_path / "._log", b"\x00\x05\x16\x07AppleDouble")
    put(tmp_path / "._real.json", b"{}")
    put(tmp_path / ".git" / "objects" / "log")
    put(tmp_path / "log.sha256")

    taken = take(tmp_path)

    assert list(taken.contents) == ["._real.json", "log"]
    assert taken.refused == [
        (".DS_Store", "ignored", "rule ds-store: folder settings of the macOS Finder"),
        ("._log", "ignored", "rule apple-double: macOS attributes of another file"),
        (".git", "ignored", "rule version-control: history kept by a version control system"),
        ("log.sha256", "ignored", "rule hash-list: hashes made at acquisition"),
    ]


def test_rules_do_not_look_above_the_path_given(tmp_path: Path) -> None:
    dump = tmp_path / ".Trash-1000" / "files" / "2024-05-01T00-00Z"
    put(dump / "log")

    assert names(dump, dump) == ["log"]


def test_what_is_given_as_a_path_is_taken_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path / "dump" / "$RECYCLE.BIN" / "log")
    put(tmp_path / "dump" / "kept")
    named = put(tmp_path / "dump" / "x.md5")

    found = take(tmp_path, tmp_path / "dump", tmp_path / "dump" / "$RECYCLE.BIN", named)

    assert list(found.contents) == ["dump/$RECYCLE.BIN/log", "dump/kept", "dump/x.md5"]
    assert found.refused == []


def test_a_path_given_below_a_folder_left_out_is_taken_once(tmp_path: Path) -> None:
    named = put(tmp_path / "dump" / ".git" / "a" / "log")
    put(tmp_path / "dump" / ".git" / "other")

    assert names(tmp_path, tmp_path / "dump", named) == ["dump/.git", "dump/.git/a/log"]
    assert names(tmp_path, tmp_path / "dump", tmp_path / "dump" / ".git", named) == [
        "dump/.git/a/log",
        "dump/.git/other",
    ]


def test_what_is_excluded_is_named_and_not_opened(tmp_path: Path) -> None:
    put(tmp_path / "log")
    case = put(tmp_path / "case.duckdb")
    put(tmp_path / "out" / "report")

    found = list(discover([tmp_path], exclude=[case, tmp_path / "out"]))

    assert [(type(item), getattr(item, "status", "")) for item in found] == [
        (NotEvidence, "ignored"),
        (Location, ""),
        (NotEvidence, "ignored"),
    ]


# ------------------------------------------------------------------------------ links and kinds


@unix_only
def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "dump" / "folder" / "log")
    outside = put(tmp_path / "secret")
    (tmp_path / "dump" / "out").symlink_to(outside)
    (tmp_path / "dump" / "up").symlink_to(tmp_path)
    (tmp_path / "dump" / "in").symlink_to("folder")
    (tmp_path / "dump" / "dangling").symlink_to("nowhere")
    (tmp_path / "dump" / "loop").symlink_to("loop")
    root = tmp_path.resolve()

    taken = take(tmp_path, tmp_path / "dump")

    assert list(taken.contents) == ["dump/folder/log"]
    assert {status for _, status in taken.statuses} == {"ignored"}
    assert taken.reasons == {
        "dump/dangling": "a link that leads nowhere (No such file or directory)",
        "dump/in": f"a link to {root}/dump/folder, which is read where it lies",
        "dump/loop": "a link that leads nowhere (Too many levels of symbolic links)",
        "dump/out": f"a link out of the evidence, to {root}/secret: name that to ingest it",
        "dump/up": f"a link out of the evidence, to {root}: name that to ingest it",
    }


@unix_only
def test_a_link_given_as_a_path_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "disk" / "log")
    (tmp_path / "dump").symlink_to(tmp_path / "disk")

    assert names(tmp_path, tmp_path / "dump") == ["disk/log"]


def test_a_folder_that_lies_in_itself_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a bind mount: the same folder again, without any link."""
    put(tmp_path / "a" / "log")
    (tmp_path / "a" / "again").mkdir()
    real, outer = os.lstat, os.lstat(tmp_path / "a")

    def mounted(path: bytes) -> os.stat_result:
        return outer if os.fsencode(path).endswith(b"again") else real(path)

    monkeypatch.setattr(os, "lstat", mounted)

    assert reasons(tmp_path) == {"a/again": ("ignored", "a loop: this folder lies in itself")}


@unix_only
def test_pipes_and_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")

        assert reasons(tmp_path) == {
            "pipe": ("ignored", "a named pipe"),
            "socket": ("ignored", "a socket"),
        }


@unix_only
def test_a_pipe_given_as_a_path_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match="neither a file nor a folder"):
        discover([tmp_path / "pipe"])


@unix_only
def test_a_pipe_that_took_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    path = put(tmp_path / "log")
    (found,) = discover([tmp_path])
    path.unlink()
    os.mkfifo(path)

    assert isinstance(found, Location)
    with open_location(found) as stored:
        assert list(read(found, stored)) == []
