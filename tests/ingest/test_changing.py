"""Evidence that changes while it is read: its rows never go by the hash of another content."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from forensics.evidence import Case
from forensics.evidence.sums import check_sums
from forensics.ingest import worker as worker_module
from forensics.intake import Limits, Location
from tests.ingest.conftest import Ingest, flows, hashes, rows, write

LINES = 20_000
Change = Callable[[Path], None]


def content_of(place: Path) -> bytes:
    stored = place.read_bytes()
    return gzip.decompress(stored) if place.suffix == ".gz" else stored


def put(place: Path, content: bytes) -> None:
    place.write_bytes(gzip.compress(content, 1, mtime=0) if place.suffix == ".gz" else content)


def grows(place: Path) -> None:
    put(place, content_of(place) + flows(2000, first=LINES).split(b"\n", 1)[1])


def shrinks(place: Path) -> None:
    put(place, content_of(place)[:-100_000])


def changes(place: Path) -> None:
    """The same length, another content each time."""
    content = content_of(place)
    ports = (b" 443 ", b" 444 ") if b" 443 " in content else (b" 444 ", b" 443 ")
    put(place, content.replace(*ports))


@pytest.fixture(params=["big.log", "big.log.gz"])
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A file that is read in two passes and handed over in parts, next to a small one."""
    monkeypatch.setattr("forensics.ingest.run.MOST_HELD", 1 << 16)
    for name, size in (("PIECE", 1 << 16), ("BLOCK", 1 << 16), ("PART", 1 << 16)):
        monkeypatch.setattr(worker_module, name, size)
    monkeypatch.setattr("parsers.framing.windows.WINDOW", 1 << 16)
    write(tmp_path / "dump/small.log.gz", flows(3, first=90_000))
    found = tmp_path / "dump" / str(request.param)
    put(found, flows(LINES))
    return found


def before_second_passes(
    patch: pytest.MonkeyPatch, place: Path, change: Change, times: int
) -> list[int]:
    """Change the file before its 2nd, 4th, … opening; the list holds how often it was opened."""
    opened = [0]
    open_location = vars(worker_module)["open_location"]

    def opening(location: Location, limits: Limits) -> BinaryIO:
        if location.path == str(place):
            opened[0] += 1
            if opened[0] % 2 == 0 and opened[0] <= 2 * times:
                seen = place.stat().st_mtime_ns
                change(place)
                os.utime(place, ns=(seen, seen))  # discovery noted it, before
        stored: BinaryIO = open_location(location, limits)
        return stored

    patch.setattr(worker_module, "open_location", opening)
    return opened


@pytest.mark.parametrize("change", [grows, shrinks, changes])
def test_what_changes_in_every_try_is_damaged_and_read_by_the_next_run(
    place: Path, take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    case = tmp_path / "case.duckdb"
    with monkeypatch.context() as patch:
        opened = before_second_passes(patch, place, change, times=9)
        summary = take_in(tmp_path / "dump")

    assert opened == [4]
    assert summary.failures == []
    assert rows(
        case,
        "SELECT status, reason, content_sha256, \"rows\" FROM sources WHERE status <> 'complete'",
    ) == [("damaged", "the file changed while it was read", None, 0)]
    assert rows(case, "SELECT path FROM source_locations WHERE path LIKE '%big.log%'") == [
        (str(place),)
    ]
    assert rows(case, "SELECT count(*) FROM vpc_flow") == [(3,)]
    with Case.for_reading(case) as opened_case:
        assert check_sums(opened_case.connection) == []

    take_in(tmp_path / "dump")
    take_in(tmp_path / "dump", db="undisturbed.duckdb")

    assert hashes(case) == hashes(tmp_path / "undisturbed.duckdb")


@pytest.mark.parametrize("change", [grows, shrinks, changes])
def test_what_comes_to_rest_is_read_as_it_is_then(
    place: Path, take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    with monkeypatch.context() as patch:
        before_second_passes(patch, place, change, times=1)
        summary = take_in(tmp_path / "dump")
    take_in(tmp_path / "dump", db="undisturbed.duckdb")

    case = tmp_path / "case.duckdb"
    assert summary.failures == []
    assert hashes(case) == hashes(tmp_path / "undisturbed.duckdb")
    assert rows(
        case,
        "SELECT content_sha256 FROM sources JOIN source_locations USING (source_id)"
        " WHERE path LIKE '%big.log%'",
    ) == [(hashlib.sha256(content_of(place)).hexdigest(),)]
