"""Archives inside archives end somewhere, and need little memory and no named file."""

from __future__ import annotations

import gzip
import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.errors import ForensicsError
from forensics.intake import (
    Archive,
    Limits,
    Location,
    NotEvidence,
    discover,
    expand,
    open_location,
    read,
)
from forensics.intake import archives as archives_module
from forensics.intake.tars import tar_content
from tests.intake.build import COMPRESS, LINES, member, take, tar, tar_of, zipped

LOG = {"AWSLogs/log.json.gz": gzip.compress(LINES)}


def squeezed(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tar(members), mtime=0)


def nested(depth: int, wrap: Callable[[dict[str, bytes]], bytes]) -> bytes:
    stored = b"deep\n"
    for _ in range(depth):
        stored = wrap({"in": stored})
    return stored


@pytest.mark.parametrize("wrap", [zipped, tar, squeezed])
def test_archives_nest_four_deep_and_no_deeper(
    tmp_path: Path, wrap: Callable[[dict[str, bytes]], bytes]
) -> None:
    (tmp_path / "four").write_bytes(nested(4, wrap))
    (tmp_path / "five").write_bytes(nested(5, wrap))

    taken = take(tmp_path)

    assert taken.contents == {"four!/in!/in!/in!/in": b"deep\n"}
    assert taken.refused == [
        (
            "five!/in!/in!/in!/in",
            "over_limit",
            "an archive inside 4 others: unpack it and ingest the folder",
        )
    ]


def test_zips_of_zips_end_at_the_depth(tmp_path: Path) -> None:
    """As in 42.zip: every level multiplies."""
    stored = zipped({"0": bytes(100_000)})
    for _ in range(5):
        stored = zipped({f"{n}": stored for n in range(3)})
    (tmp_path / "dump").write_bytes(stored)

    taken = take(tmp_path)

    assert taken.contents == {}
    assert taken.statuses == [
        (f"dump!/{a}!/{b}!/{c}!/{d}", "over_limit")
        for a in range(3)
        for b in range(3)
        for c in range(3)
        for d in range(3)
    ]


def test_an_archive_that_holds_itself_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quine: whatever is taken out of it is the archive again."""
    stored = squeezed({"r": b"x"})
    (tmp_path / "dump").write_bytes(stored)
    monkeypatch.setattr(
        archives_module,
        "tar_content",
        lambda feed, size: iter([b"".join(tar_content(feed, size)), stored][1:]),
    )

    (archive,) = discover([tmp_path])
    assert isinstance(archive, Archive)
    (item,) = expand(archive)

    assert isinstance(item, NotEvidence)
    assert item.location.path.endswith("dump!/r!/r!/r!/r")
    assert item.status == "over_limit"


@pytest.mark.parametrize("wrap", [tar, zipped], ids=["tar", "zip"])
def test_a_bomb_around_an_archive_is_stopped(
    tmp_path: Path, wrap: Callable[[dict[str, bytes]], bytes]
) -> None:
    inner = wrap({"first": b"1\n", "zeros": bytes(10 << 20), "last": b"2\n"})
    if wrap is zipped:
        inner = zipped({"first": b"1\n", "zeros": bytes(10 << 20)}, zipfile.ZIP_STORED)
    (tmp_path / "dump").write_bytes(gzip.compress(inner, 9))

    taken = take(tmp_path, limits=Limits(ratio_floor=1 << 20))

    assert taken.refused == [
        (
            "dump",
            "over_limit",
            f"decompresses to more than 200 times its {len(gzip.compress(inner, 9))} stored bytes",
        )
    ]
    assert all(len(content) < 12 << 20 for content in taken.contents.values())


def test_a_bomb_stops_its_archive_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(squeezed({"zeros": bytes(10 << 20)}))
    (tmp_path / "b").write_bytes(b"x\n")

    taken = take(tmp_path, limits=Limits(ratio_floor=1 << 20))

    assert taken.contents["b"] == b"x\n"
    assert taken.found["a!/zeros"].status == "over_limit"
    assert taken.statuses == [("a", "over_limit")]


@pytest.mark.parametrize("compression", ["", "gzip"])
def test_members_of_tars_are_counted_nested_ones_too(tmp_path: Path, compression: str) -> None:
    inner = tar({f"{n}": b"" for n in range(15)})
    stored = tar({"one.tar": inner, "two.tar": inner})
    (tmp_path / "dump").write_bytes(COMPRESS[compression](stored) if compression else stored)

    taken = take(tmp_path, limits=Limits(members=20))

    if compression:
        assert len(taken.contents) == 18  # and two archives
        assert taken.statuses == [("dump!/two.tar", "over_limit")]
    else:
        assert len(taken.contents) == 30  # each is its own task, and within the bound
        assert taken.refused == []


def test_names_stay_apart_beyond_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives_module, "_NAMES_KEPT", 2)
    names = ["a", "b", "c", "a", "c"]
    (tmp_path / "dump").write_bytes(
        tar_of((member(name, name.encode()), name.encode()) for name in names)
    )

    assert list(take(tmp_path).contents) == [
        "dump!/a", "dump!/b", "dump!/c#3", "dump!/a#4", "dump!/c#5",
    ]  # fmt: skip


def test_an_archive_of_very_many_members_needs_little_memory(tmp_path: Path) -> None:
    (tmp_path / "t.tgz").write_bytes(gzip.compress(tar({f"{n:0100}": b"" for n in range(10_000)})))
    (tmp_path / "z.zip").write_bytes(zipped({f"{n:0100}": b"" for n in range(10_000)}))

    tracemalloc.start()
    found = 0
    for item in discover([tmp_path]):
        found += sum(1 for _ in expand(item)) if isinstance(item, Archive) else 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == 20_000
    assert peak < 8 << 20


def test_a_nested_zip_larger_than_its_copy_may_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(squeezed({"in.zip": zipped(LOG), "after": b"x\n"}))

    taken = take(tmp_path, limits=Limits(spool_bytes=1_000))

    assert taken.contents == {"dump!/after": b"x\n"}
    assert taken.refused == [
        (
            "dump!/in.zip",
            "over_limit",
            "a nested zip of more than 1000 bytes: unpack what it lies in",
        )
    ]


def test_no_room_for_a_copy_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, content: object, /) -> int:
            raise OSError(28, "No space left on device")

    (tmp_path / "dump").write_bytes(squeezed({"in.zip": zipped(LOG)}))
    (archive,) = discover([tmp_path])
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda size: Full())

    assert isinstance(archive, Archive)
    with pytest.raises(ForensicsError, match="No space left on device") as caught:
        list(expand(archive))
    assert "TMPDIR" in caught.value.hint


def test_nothing_is_written_for_small_nested_zips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: pytest.fail("a file was made"))
    (tmp_path / "dump").write_bytes(squeezed({"in.zip": zipped(LOG)}))

    assert list(take(tmp_path).contents.values()) == [LINES]


def test_large_nested_zips_go_through_a_file_that_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives_module, "_IN_MEMORY", 1_000)
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "x").write_bytes(squeezed({"in.zip": zipped(LOG)}))

    taken = take(dump)

    assert list(taken.contents.values()) == [LINES]
    assert list(spool.iterdir()) == []


def test_reading_a_torn_member_again_tells_the_same(tmp_path: Path) -> None:
    stored = tar({"log": LINES})
    (tmp_path / "dump").write_bytes(stored[:10_000])
    (found, trouble) = discover([tmp_path])

    assert isinstance(found, Location)
    assert isinstance(trouble, NotEvidence)
    with open_location(found) as opened:
        content = read(found, opened)
        assert b"".join(content) == LINES[: 10_000 - 512]
    assert content.damage == (
        f"the archive ends after 9488 of this member's {len(LINES)} at byte 9488"
        " of the stored stream, after 9488 decompressed bytes"
    )
