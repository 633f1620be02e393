"""Tars of every dialect are read to their end, and what is no content is named."""

from __future__ import annotations

import gzip
import tarfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from forensics.intake.damage import BrokenStream
from forensics.intake.streams import Feed
from forensics.intake.tars import TarEntry, tar_content, tar_entries
from tests.intake.build import COMPRESS, LINES, member, take, tar, tar_of

STYLES = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
BLOCK = 512


def entries(stored: bytes) -> list[tuple[TarEntry, bytes]]:
    feed = Feed(iter([stored[at : at + 700] for at in range(0, len(stored), 700)]))
    return [(entry, b"".join(tar_content(feed, entry.size))) for entry in tar_entries(feed)]


def write(folder: Path, stored: bytes, compression: str = "") -> Path:
    path = folder / "dump"
    path.write_bytes(COMPRESS[compression](stored) if compression else stored)
    return path


def header_with(change: dict[int, bytes], header: bytes) -> bytes:
    """The header block with other bytes in it, and the sum they have."""
    block = bytearray(header)
    for offset, value in change.items():
        block[offset : offset + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("compression", ["", *COMPRESS])
def test_members_are_found_and_opened_again(tmp_path: Path, compression: str) -> None:
    write(tmp_path, tar({"AWSLogs/one": b"one\n", "two": LINES, "empty": b""}), compression)

    taken = take(tmp_path)

    assert taken.contents == {
        "dump!/AWSLogs/one": b"one\n",
        "dump!/two": LINES,
        "dump!/empty": b"",
    }
    assert taken.refused == []
    location = taken.locations["dump!/AWSLogs/one"]
    assert location.container == ("tar" if not compression else f"tar+{compression}")
    assert location.key == "AWSLogs/one"
    assert location.stored_bytes == 4
    assert location.modified == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("style", STYLES)
def test_long_names_are_whole_in_every_dialect(style: int) -> None:
    names = ["n" * 100, "p" * 100 + "/" + "n" * 90]
    if style != tarfile.USTAR_FORMAT:
        names += ["n" * 101, "d/" * 600 + "log", "Prüfung/" * 30]

    stored = tar_of(((member(name), b"") for name in names), style=style)

    found = [entry.name.decode() for entry, _ in entries(stored)]
    assert found == [name for name in names if not name.endswith("/")]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    block = header_with({0: b"Pr\xfcfung".ljust(100, b"\0")}, member("x").tobuf())
    write(tmp_path, block + bytes(1024))

    assert list(take(tmp_path).contents) == [r"dump!/Pr\xfcfung"]


NAMES = some.lists(some.text("abcß.", min_size=1, max_size=70), min_size=1, max_size=5)


@given(
    some.lists(some.tuples(NAMES.map("/".join), some.binary(max_size=2_000))),
    some.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_the_standard_library_writes_is_read(
    members: list[tuple[str, bytes]], style: int
) -> None:
    stored = tar_of(((member(name, content), content) for name, content in members), style=style)

    assert [(entry.name.decode(), content) for entry, content in entries(stored)] == members


def test_times_have_decimals_in_pax() -> None:
    header = member("log")
    header.pax_headers = {"mtime": "1714557600.1234567"}

    ((entry, _),) = entries(tar_of([(header, b"")]))

    assert entry.modified == datetime(2024, 5, 1, 10, 0, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize("mtime", ["x", "", "9" * 30, "-", "1e9"])
def test_times_that_are_none_are_null(mtime: str) -> None:
    header = member("log")
    header.pax_headers = {"mtime": mtime}

    ((entry, _),) = entries(tar_of([(header, b"")]))

    assert entry.modified is None


def test_what_is_no_file_is_named_with_its_reason(tmp_path: Path) -> None:
    symbolic = member("latest", kind=tarfile.SYMTYPE)
    symbolic.linkname = "../../etc/passwd"
    hard = member("copy", kind=tarfile.LNKTYPE)
    hard.linkname = "log"
    stored = tar_of(
        [
            (member("folder", kind=tarfile.DIRTYPE), b""),
            (member("log", b"x\n"), b"x\n"),
            (symbolic, b""),
            (hard, b""),
            (member("null", kind=tarfile.CHRTYPE), b""),
            (member("disk", kind=tarfile.BLKTYPE), b""),
            (member("pipe", kind=tarfile.FIFOTYPE), b""),
            (member("after", b"y\n"), b"y\n"),
        ]
    )
    write(tmp_path, stored)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": b"x\n", "dump!/after": b"y\n"}
    assert taken.refused == [
        (
            "dump!/latest",
            "ignored",
            "a symbolic link: its target, if it is in the archive, is read where it lies",
        ),
        ("dump!/copy", "ignored", "a hard link: its content is found under log"),
        ("dump!/null", "ignored", "a character device"),
        ("dump!/disk", "ignored", "a block device"),
        ("dump!/pipe", "ignored", "a named pipe"),
    ]


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../up", "a/../../b", "C:\\log"])
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    dump = tmp_path / "dump"
    dump.mkdir()
    write(dump, tar({name: b"evil\n"}), "gzip")
    before = sorted(tmp_path.rglob("*"))

    taken = take(dump)

    assert list(taken.contents) == [f"dump!/{name}"]
    assert sorted(tmp_path.rglob("*")) == before


def test_repeated_names_stay_apart(tmp_path: Path) -> None:
    contents = [("log", b"1\n"), ("log", b"2\n"), ("log#4", b"3\n"), ("log", b"4\n")]
    write(tmp_path, tar_of((member(name, content), content) for name, content in contents))

    assert take(tmp_path).contents == {
        "dump!/log": b"1\n",
        "dump!/log#2": b"2\n",
        "dump!/log#4": b"3\n",
        "dump!/log#4#4": b"4\n",
    }


def test_tars_one_after_another_are_one(tmp_path: Path) -> None:
    write(tmp_path, tar({"one": b"1\n"}) + tar({"two": b"2\n"}))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n", "dump!/two": b"2\n"}
    assert taken.refused == []


def test_tars_without_any_mark_are_known_by_their_sum(tmp_path: Path) -> None:
    old = header_with({257: bytes(255)}, member("log", b"old\n").tobuf())
    write(tmp_path, old + b"old\n".ljust(BLOCK, b"\0") + bytes(1024))

    assert take(tmp_path).contents == {"dump!/log": b"old\n"}


def test_sizes_beyond_eight_gigabytes_are_read() -> None:
    header = member("log")
    header.size = 9 << 30
    stored = header.tobuf(tarfile.GNU_FORMAT)

    feed = Feed(iter([stored]))
    entry = next(tar_entries(feed))

    assert entry.size == 9 << 30
    with pytest.raises(BrokenStream, match=f"ends after 0 of this member's {9 << 30} bytes"):
        list(tar_content(feed, entry.size))


# ------------------------------------------------------------------------------ damage


@pytest.mark.parametrize("compression", ["", "gzip"])
def test_a_torn_tar_keeps_what_came_before(tmp_path: Path, compression: str) -> None:
    stored = tar({"one": b"1\n", "two": LINES, "three": b"3\n"})
    write(tmp_path, stored[:200_000], compression)

    taken = take(tmp_path)

    start = 3 * BLOCK
    assert taken.contents == {"dump!/one": b"1\n", "dump!/two": LINES[: 200_000 - start]}
    torn = taken.found["dump!/two"]
    assert torn.status == "torn"
    assert f"the archive ends after {200_000 - start} of this member's" in str(torn.damage)
    assert taken.refused == [
        ("dump", "unreadable", "the archive ends inside the member at byte 1024")
    ]


def test_a_torn_gzip_around_a_tar_is_told_once_for_the_archive(tmp_path: Path) -> None:
    stored = gzip.compress(tar({"one": b"1\n", "two": LINES, "three": b"3\n"}))
    write(tmp_path, stored[: len(stored) // 2])

    taken = take(tmp_path)

    assert list(taken.contents) == ["dump!/one", "dump!/two"]
    assert LINES.startswith(taken.contents["dump!/two"])
    assert len(taken.contents["dump!/two"]) > 100_000
    assert taken.found["dump!/two"].status == "torn"
    assert taken.refused == [("dump", "unreadable", "ends inside a deflate stream")]


def test_a_tar_cut_between_members_says_so(tmp_path: Path) -> None:
    write(tmp_path, tar({"one": b"1\n", "two": b"2\n"})[: 2 * BLOCK])

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n"}
    assert taken.refused == [
        (
            "dump",
            "unreadable",
            "the archive has no end mark: it was cut, and members may be missing",
        )
    ]


def test_a_damaged_header_costs_its_member_only(tmp_path: Path) -> None:
    stored = bytearray(tar({"one": b"1\n", "two": b"2\n", "three": b"3\n"}))
    stored[2 * BLOCK + 5] ^= 0xFF
    write(tmp_path, bytes(stored))

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n", "dump!/three": b"3\n"}
    assert taken.refused == [
        ("dump", "unreadable", "bytes 1024 to 2048 hold no readable member header")
    ]


def test_an_archive_is_told_of_once_however_much_is_wrong(tmp_path: Path) -> None:
    stored = b""
    for number in range(8):
        stored += tar({f"{number}": b"x\n"})[: 2 * BLOCK] + b"garbage".ljust(BLOCK, b".")
    write(tmp_path, stored + bytes(1024))

    taken = take(tmp_path)

    assert len(taken.contents) == 8
    gaps = [
        f"bytes {at} to {at + BLOCK} hold no readable member header"
        for at in range(2 * BLOCK, 5 * 3 * BLOCK, 3 * BLOCK)
    ]
    assert taken.refused == [("dump", "unreadable", "; ".join([*gaps, "and 3 more"]))]


def test_garbage_behind_the_end_is_told(tmp_path: Path) -> None:
    stored = tar({"one": b"1\n"})
    write(tmp_path, stored + b"garbage" * 100)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n"}
    assert taken.refused == [
        (
            "dump",
            "unreadable",
            f"bytes {len(stored)} to {len(stored) + 700} hold no readable member header",
        )
    ]


def test_a_wrong_checksum_around_a_tar_is_told(tmp_path: Path) -> None:
    stored = gzip.compress(tar({"one": b"1\n"}))
    (tmp_path / "dump").write_bytes(stored[:-8] + b"\xde\xad\xbe\xef" + stored[-4:] + b"tail")

    taken = take(tmp_path)

    assert taken.contents == {"dump!/one": b"1\n"}
    assert taken.refused == [
        (
            "dump",
            "unreadable",
            (
                "wrong checksum in the gzip member at byte 0; "
                "4 bytes beside the compressed stream are no part of it"
            ),
        )
    ]


@pytest.mark.parametrize("stored", [bytes(10_240), tar({})])
def test_zeros_are_no_tar(tmp_path: Path, stored: bytes) -> None:
    write(tmp_path, stored)

    assert take(tmp_path).contents == {"dump": stored}


def test_a_tar_of_folders_is_named(tmp_path: Path) -> None:
    write(tmp_path, tar_of([(member("folder", kind=tarfile.DIRTYPE), b"")]))

    assert take(tmp_path).refused == [("dump", "ignored", "an archive without files")]


@pytest.mark.parametrize("kind", [b"x", b"L", b"g"])
def test_an_extended_header_of_gigabytes_is_not_held(tmp_path: Path, kind: bytes) -> None:
    bad = member("x", kind=kind)
    bad.size = 3 << 20
    content = bytes(3 << 20)
    stored = bad.tobuf() + content + tar({"log": b"x\n"})
    write(tmp_path, tar({"first": b""})[:BLOCK] + stored)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/first": b"", "dump!/log": b"x\n"}
    assert taken.refused == [
        ("dump", "unreadable", "the extended header at byte 512 is too long to be one")
    ]


@pytest.mark.parametrize(
    "records",
    [b"", b"99999999999999999999999 path=x\n", b"x path=y\n", b"0 path=y\n", b"7 path\n", b"\xff"],
)
def test_broken_extended_headers_do_not_harm(records: bytes) -> None:
    extended = member("x", records, kind=b"x").tobuf() + records.ljust(BLOCK, b"\0")

    ((entry, content),) = entries(extended + tar({"log": b"x\n"}))

    assert (entry.name, content) == (b"log", b"x\n")


def test_sparse_files_are_named_and_passed_over(tmp_path: Path) -> None:
    pax = member("holes", b"1\n0\n5\n")
    pax.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "real-name"}
    gnu = header_with({156: b"S", 482: b"\1"}, member("old", b"x\n").tobuf())
    more = bytes(504) + b"\1" + bytes(7) + bytes(512)
    stored = (
        tar_of([(pax, b"1\n0\n5\n")])[: 4 * BLOCK]
        + gnu
        + more
        + b"x\n".ljust(BLOCK, b"\0")
        + tar({"log": b"y\n"})
    )
    write(tmp_path, stored)

    taken = take(tmp_path)

    assert taken.contents == {"dump!/log": b"y\n"}
    assert taken.statuses == [("dump!/real-name", "unreadable"), ("dump!/old", "unreadable")]
    assert all("unpack the archive" in reason for reason in taken.reasons.values())


@given(some.binary(max_size=3_000), some.integers(0, 4_000))
def test_noise_breaks_a_tar_and_nothing_else(noise: bytes, at: int) -> None:
    stored = bytearray(tar({"a": b"x" * 700, "b" * 200: b"y\n"}))
    stored[at : at + len(noise)] = noise
    feed = Feed(iter([bytes(stored)]))

    with suppress(BrokenStream):
        for entry in tar_entries(feed):
            assert entry.name or entry.unreadable
            list(tar_content(feed, min(entry.size, 100)))
