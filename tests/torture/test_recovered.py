"""What could not be read once and can be now leaves no trace but in the journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.evidence import Case, answer
from forensics.ingest import Options, ingest
from tests.ingest.conftest import flows
from tests.intake.build import COMPRESS, tar, zipped

LOGS = {f"logs/{part}.log": flows(50, first=part * 50) for part in range(3)}
PACKED = COMPRESS["gzip"](tar(LOGS))
WHOLE = {
    "tar+gzip": PACKED,
    "zip": zipped(LOGS),
    "tar in zip": zipped({"in.tgz": PACKED, "note": b"x\n"}),
}


def unread(db: Path) -> list[str]:
    """Places of which the ledger says that they could not be read."""
    query = """
        SELECT path FROM sources JOIN source_locations USING (source_id)
        WHERE status = 'unreadable' ORDER BY path
    """
    with Case.for_reading(db) as case:
        return [row["path"] for row in answer(case.connection, query).to_pylist()]


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("part", [0.1, 0.6, 0.95])
def test_an_archive_that_was_torn_and_is_whole(tmp_path: Path, name: str, part: float) -> None:
    dump, db, whole = tmp_path / "dump", tmp_path / "case.duckdb", WHOLE[name]
    dump.mkdir()
    (dump / "packed").write_bytes(whole[: int(len(whole) * part)])
    ingest([dump], db, Options(jobs=0))
    torn = unread(db)
    ingest([dump], db, Options(jobs=0))
    assert unread(db) == torn, "still torn, still told"
    (dump / "packed").write_bytes(whole)
    ingest([dump], db, Options(jobs=0))

    assert torn
    assert unread(db) == []
    ingest([dump], db, Options(jobs=0))
    assert unread(db) == []
