"""Queries in the style AWS documents for Athena, one file each, run as they stand.

    -- reads: FIXTURE …        what the case holds
    -- row: JSON               what the query answers, in order; written by `pytest --update`

The names of tables are ours, those of columns are AWS's. Columns that Athena has from partitions
(`date`, `region`) do not exist; times are times and numbers are numbers; 1 / 2 is 0.5.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forensics.evidence import Case, answer
from tests.evidence.evidence_case import fill, fixtures

QUERIES = sorted(Path(__file__).parent.glob("*.sql"))
LOGS = {
    *("cloudtrail", "vpc_flow", "alb", "nlb", "s3_access", "cloudfront", "waf"),
    "route53_resolver",
}


def marked(text: str, mark: str) -> list[str]:
    start = f"-- {mark}: "
    return [line.removeprefix(start) for line in text.splitlines() if line.startswith(start)]


def answered(query: str, path: Path, names: list[str]) -> list[Any]:
    """The rows of a query over some fixtures, as JSON has them."""
    with Case.for_ingest(path) as case:
        chosen = [each for each in fixtures() if each.name in names]
        assert sorted(each.name for each in chosen) == sorted(names)
        fill(case, chosen)
    with Case.for_reading(path) as case:
        rows = answer(case.connection, query).to_pylist()
    return [json.loads(json.dumps(list(row.values()), default=str)) for row in rows]


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("blank") / "case.duckdb"
    with Case.for_ingest(made):
        return made


@pytest.fixture
def path(blank: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(blank, tmp_path / "case.duckdb"))


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_query(file: Path, path: Path, update: bool) -> None:
    text = file.read_text("utf-8")

    rows = answered(text, path, " ".join(marked(text, "reads")).split())

    if update:
        kept = [line for line in text.splitlines() if not line.startswith("-- row: ")]
        said = [f"-- row: {json.dumps(row, ensure_ascii=False)}" for row in rows]
        file.write_text("\n".join([kept[0], *said, *kept[1:]]) + "\n", "utf-8", newline="\n")
        text = file.read_text("utf-8")
    assert rows == [json.loads(row) for row in marked(text, "row")]
    assert rows, "a query that finds nothing proves nothing"


def test_every_log_has_queries() -> None:
    assert {log for log in LOGS if any(f.stem.startswith(log) for f in QUERIES)} == LOGS
