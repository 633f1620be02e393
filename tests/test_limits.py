"""What answers say of their limits, for logs in files of their own and in CloudWatch envelopes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forensics.evidence import Case
from forensics.evidence.answers import answer
from forensics.ingest import Options, ingest
from forensics.investigations import Scope, ask, carried
from forensics.investigations.parameters import moment
from parsers.formats import FORMATS

FIXTURES = Path(__file__).parent.parent / "fixtures"
HIT = FIXTURES / "scenarios" / "api-metrics" / "hit"


def calls() -> list[dict[str, Any]]:
    """The calls of a scenario."""
    (file,) = HIT.iterdir()
    records: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["Records"]
    return records


def envelope(messages: list[str]) -> str:
    """Messages as a subscription delivers them."""
    events = [
        {"id": f"{number:056d}", "timestamp": 1714557660000 + number, "message": message}
        for number, message in enumerate(messages)
    ]
    wrapped: dict[str, Any] = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
    }
    wrapped |= {"logStream": "111122223333_CloudTrail_us-east-1", "subscriptionFilters": ["all"]}
    return json.dumps(wrapped | {"logEvents": events})


def made(folder: Path, *messages: list[str]) -> Path:
    """A case of envelopes, one file each."""
    dump = folder / "dump"
    dump.mkdir()
    for number, held in enumerate(messages):
        (dump / f"{number}.json").write_text(envelope(held) + "\n")
    ingest([dump], folder / "case.duckdb", Options(jobs=0))
    return folder / "case.duckdb"


def test_defects_of_rows_in_envelopes_are_told(tmp_path: Path) -> None:
    records = calls()
    records[0]["readOnly"] = "perhaps"
    db = made(tmp_path, [json.dumps(each) for each in records])
    with Case.for_reading(db) as case:
        notes = ask(case, "api-metrics").notes

    assert "cloudtrail: 1 row with defects in files of this window (`rejects`, `defects`)" in notes


def test_holes_between_envelopes_are_told(tmp_path: Path) -> None:
    early, late = calls()[:2]
    early["eventTime"], late["eventTime"] = "2024-05-01T10:00:00Z", "2024-05-01T15:30:00Z"
    db = made(tmp_path, [json.dumps(early)], [json.dumps(late)])
    with Case.for_reading(db) as case:
        notes = ask(case, "api-metrics").notes

    assert "cloudtrail: no file for 4 of 6 hours (`coverage` tells quiet from missing)" in notes


def test_a_window_beyond_the_evidence_is_told(tmp_path: Path) -> None:
    ingest([HIT], tmp_path / "case.duckdb", Options(jobs=0))
    scope = Scope(moment("2024-06-01T00:00Z"), moment("2024-06-02T00:00Z"))
    with Case.for_reading(tmp_path / "case.duckdb") as case:
        found = ask(case, "api-metrics", scope=scope)

    assert found.rows.num_rows == 0
    assert found.notes[0].startswith("cloudtrail: nothing of this window, its records are from")
    assert (
        "cloudtrail 111122223333 us-east-1: no file for 24 of 24 hours"
        " (`coverage` tells quiet from missing)" in found.notes
    )


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of the fixtures of every format."""
    folder = tmp_path_factory.mktemp("everything")
    dump = folder / "dump"
    for declared in FORMATS:
        shutil.copytree(FIXTURES / declared.name, dump / declared.name)
    ingest([dump], folder / "case.duckdb", Options(jobs=0))
    return folder / "case.duckdb"


def test_every_row_is_fed_by_its_source(everything: Path) -> None:
    with Case.for_reading(everything) as case:
        carried.prepare(case.connection)
        for declared in FORMATS:
            sql = f"""
                SELECT source_id, count(*) AS n FROM {declared.name} GROUP BY source_id
                EXCEPT SELECT source_id, n FROM temp.fed WHERE format = '{declared.name}'
            """
            assert answer(case.connection, sql).to_pylist() == [], declared.name
