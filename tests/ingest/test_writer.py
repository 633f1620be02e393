"""The writer of a case: what is lost on the way to a table is seen, and copies come once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from forensics.evidence import Case, insert_batches, known_sources
from forensics.ingest.parts import AccountingError, Settings, Task
from forensics.ingest.pool import Duty
from forensics.ingest.writer import Writer
from forensics.intake import DEFAULT_LIMITS, Location, discover
from tests.ingest.conftest import Ingest, flows, rows, write


@pytest.mark.parametrize("change", [-1, 1])
def test_a_row_lost_or_doubled_on_its_way_is_not_committed(
    take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: int
) -> None:
    write(tmp_path / "dump/a.log.gz", flows(100))

    def hurt(connection: Any, name: str, batches: Any, **more: Any) -> int:
        more_rows = [batches[0].slice(0, 1)] if change > 0 else []
        kept = batches if change > 0 else [batches[0].slice(1), *batches[1:]]
        return insert_batches(connection, name, [*kept, *more_rows], **more)

    monkeypatch.setattr("forensics.ingest.writer.insert_batches", hurt)

    with pytest.raises(AccountingError, match=re.escape(f"have {change:+} rows")):
        take_in(tmp_path / "dump")

    assert rows(tmp_path / "case.duckdb", "SELECT count(*) FROM vpc_flow") == [(0,)]
    assert rows(tmp_path / "case.duckdb", "SELECT count(*) FROM sources") == [(0,)]


def test_copies_that_two_workers_read_again_come_once(take_in: Ingest, tmp_path: Path) -> None:
    places = [write(tmp_path / f"dump/{name}.log", flows(50), packed=False) for name in "ab"]
    take_in(tmp_path / "dump")
    found = [each for each in discover(places, DEFAULT_LIMITS) if isinstance(each, Location)]

    with Case.for_ingest(tmp_path / "case.duckdb") as case:
        known = known_sources(case.connection)
        finished = {source_id: each.fingerprint for source_id, each in known.items()}
        duty = Duty(Settings(asserted="cloudwatch"), finished, 1)
        parts = [
            part
            for number, location in enumerate(found)
            for part in duty.reader().run(Task(number, (location,)))
        ]
        assert [part.replaced for part in parts] == [list(known)] * 2
        writer = Writer(case, set(known))
        for part in parts:
            writer.take(part)
        writer.flush()

    counts = "SELECT (SELECT count(*) FROM vpc_flow), (SELECT count(*) FROM cloudwatch)"
    assert rows(tmp_path / "case.duckdb", counts) == [(0, 51)]
    assert rows(tmp_path / "case.duckdb", "SELECT format, units FROM sources") == [
        ("cloudwatch", 51)
    ]
