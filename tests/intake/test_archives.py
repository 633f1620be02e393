"""Archives inside archives, gone through in order, and opened again by location alone."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import pickle
import sys
import zipfile
from pathlib import Path

import pytest

from forensics.intake import (
    Archive,
    NotEvidence,
    Unopened,
    discover,
    expand,
    open_location,
)
from tests.intake.build import COMPRESS, LINES, again, take, tar, zipped

LOG = {"AWSLogs/log.json.gz": gzip.compress(LINES)}


def squeezed(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tar(members), mtime=0)


NESTED: dict[str, tuple[bytes, str]] = {
    "zip > tar+gzip": (zipped({"in.tgz": squeezed(LOG)}), "in.tgz"),
    "zip > tar": (zipped({"in.tar": tar(LOG)}, zipfile.ZIP_STORED), "in.tar"),
    "zip > zip": (zipped({"in.zip": zipped(LOG)}), "in.zip"),
    "tar > tar": (tar({"in.tar": tar(LOG)}), "in.tar"),
    "tar > zip": (tar({"in.zip": zipped(LOG)}), "in.zip"),
    "tar+gzip > zip": (squeezed({"in.zip": zipped(LOG)}), "in.zip"),
    "tar+gzip > tar+gzip": (squeezed({"in.tgz": squeezed(LOG)}), "in.tgz"),
    "tar+zstd > tar+xz": (
        COMPRESS["zstd"](tar({"in.txz": COMPRESS["xz"](tar(LOG))})),
        "in.txz",
    ),
    "zip+gzip > tar+bzip2+gzip": (
        gzip.compress(zipped({"in": gzip.compress(COMPRESS["bzip2"](tar(LOG)))})),
        "in",
    ),
}


@pytest.mark.parametrize("container", NESTED)
def test_nested_archives_are_gone_through(tmp_path: Path, container: str) -> None:
    stored, inner = NESTED[container]
    (tmp_path / "dump").write_bytes(stored)

    taken = take(tmp_path)

    path = f"dump!/{inner}!/AWSLogs/log.json.gz"
    assert taken.contents == {path: LINES}
    assert taken.refused == []
    assert taken.locations[path].container == container
    assert taken.locations[path].key == "AWSLogs/log.json.gz"
    assert taken.found[path].layers == ("gzip",)


def test_members_come_in_the_order_of_the_archive_nested_ones_in_their_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "dump").write_bytes(
        squeezed({"z": b"1", "m.zip": zipped({"y": b"2", "b": b"3"}), "a": b"4"})
    )
    (archive,) = discover([tmp_path])
    assert isinstance(archive, Archive)

    found = [
        (item[0].key, item[1].read())
        for item in expand(archive)
        if not isinstance(item, NotEvidence)
    ]

    assert found == [("z", b"1"), ("y", b"2"), ("b", b"3"), ("a", b"4")]


def test_a_member_is_usable_until_the_next_is_asked_for(tmp_path: Path) -> None:
    contents = {f"{n}": bytes([n]) * n * 100_000 for n in range(1, 6)}
    (tmp_path / "dump").write_bytes(squeezed(contents))
    (archive,) = discover([tmp_path])
    assert isinstance(archive, Archive)

    before = None
    for number, item in enumerate(expand(archive), 1):
        assert not isinstance(item, NotEvidence)
        location, stored = item
        wanted = number * 50_000 if number % 2 else 0  # some are left half read, some untouched
        read_so_far = b""
        while len(read_so_far) < wanted:
            read_so_far += stored.read(wanted - len(read_so_far))
        assert read_so_far == contents[location.key][:wanted]
        if before:
            with pytest.raises(ValueError, match="closed"):
                before.read(1)
        before = stored


def read_elsewhere(pickled: bytes) -> tuple[bytes, str]:
    content, whole = again(pickle.loads(pickled))
    return whole, content.stored_sha256


def test_a_location_is_opened_in_another_process(tmp_path: Path) -> None:
    stored, _ = NESTED["tar+gzip > zip"]
    (tmp_path / "dump").write_bytes(stored)
    taken = take(tmp_path)
    ((name, location),) = taken.locations.items()

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        whole, stored_hash = pool.apply(read_elsewhere, (pickle.dumps(location),))

    assert whole == LINES
    assert stored_hash == taken.found[name].stored_sha256


@pytest.mark.skipif(sys.platform == "win32", reason="counts open files in /proc")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_files_are_closed(tmp_path: Path) -> None:
    for number, (stored, _) in enumerate(NESTED.values()):
        (tmp_path / f"{number}").write_bytes(stored)
    before = len(list(Path("/proc/self/fd").iterdir()))

    take(tmp_path)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_archive_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(squeezed(LOG))
    (archive,) = discover([tmp_path])
    assert isinstance(archive, Archive)
    (tmp_path / "dump").unlink()

    (item,) = expand(archive)

    assert isinstance(item, NotEvidence)
    assert (item.location, item.status) == (archive.location, "unreadable")
    assert item.reason == "cannot be opened: No such file or directory"


def test_an_archive_that_is_none_any_more_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(squeezed(LOG))
    (archive,) = discover([tmp_path])
    assert isinstance(archive, Archive)
    (tmp_path / "dump").write_bytes(b"{}")

    (item,) = expand(archive)

    assert isinstance(item, NotEvidence)
    assert (item.status, item.reason) == ("unreadable", "it was an archive, and is none now")


def test_a_member_whose_archive_is_gone_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(squeezed(LOG))
    (location,) = take(tmp_path).locations.values()
    (tmp_path / "dump").unlink()

    with pytest.raises(Unopened, match="cannot be opened: No such file or directory"):
        open_location(location)


def test_an_archive_that_changed_is_damage(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(squeezed(LOG))
    (location,) = take(tmp_path).locations.values()
    (tmp_path / "dump").write_bytes(squeezed({"other": b"x"})[:60])

    content, whole = again(location)

    assert (whole, content.status) == (b"", "torn")


def test_damage_inside_is_named_where_it_is(tmp_path: Path) -> None:
    torn = zipped(LOG)
    torn = torn[: torn.index(b"PK\x01\x02")]
    (tmp_path / "dump").write_bytes(squeezed({"torn.zip": torn, "after": b"x\n"}))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/torn.zip!/AWSLogs/log.json.gz": LINES, "dump!/after": b"x\n"}
    assert taken.statuses == [("dump!/torn.zip", "unreadable")]


def test_a_nested_zip_cut_off_with_its_archive_gives_what_it_has(tmp_path: Path) -> None:
    noise = os.urandom(200_000)
    stored = squeezed({"in.zip": zipped({"one": b"1\n", "two": noise}), "after": b"x"})
    (tmp_path / "dump").write_bytes(stored[:100_000])

    taken = take(tmp_path)

    assert taken.contents["dump!/in.zip!/one"] == b"1\n"
    assert noise.startswith(taken.contents["dump!/in.zip!/two"])
    assert taken.found["dump!/in.zip!/two"].status == "torn"
    assert {status for _, status in taken.statuses} == {"unreadable"}
    assert {name for name, _ in taken.statuses} == {"dump!/in.zip", "dump"}
