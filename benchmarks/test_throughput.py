"""Evidence into a case, against the SQL an expert would write by hand, over the same files.

Both write a file database and end with a checkpoint. Of most logs there are two peers: one writes
the columns AWS delivers, and no more; one (`whole`) all columns of our table that SQL can make,
with the file of each row and the prepared ones. Ours also hashes, numbers, accounts for every byte
and keeps unknown members. Compare within a group: machines may be slow, the ratio is what counts.

    make bench ARGS="-k cloudtrail"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import SCALE, Logs
from benchmarks.peers import SCRIPTS, load
from forensics.ingest import Options, ingest

ROUNDS = 3
CASES: dict[str, dict[str, Any]] = {
    "cloudtrail": {"name": "cloudtrail", "rows": 200_000, "files": 200},
    "cloudtrail-few-big": {"name": "cloudtrail", "rows": 200_000, "files": 6},
    "cloudtrail-many-small": {"name": "cloudtrail", "rows": 75_000, "files": 5_000},
    "vpc_flow": {"name": "vpc_flow", "rows": 4_000_000, "files": 40},
    "alb": {"name": "alb", "rows": 400_000, "files": 20},
    "s3_access": {"name": "s3_access", "rows": 400_000, "files": 20},
    "cloudfront": {"name": "cloudfront", "rows": 400_000, "files": 20},
    "waf": {"name": "waf", "rows": 100_000, "files": 20},
    "route53_resolver": {"name": "route53_resolver", "rows": 400_000, "files": 20},
}
ODD: dict[str, dict[str, Any]] = {
    "cloudtrail-unknown-key": {
        "name": "cloudtrail",
        "rows": 200_000,
        "files": 200,
        "unknown_key": True,
    },
    "vpc_flow-odd": {"name": "vpc_flow", "rows": 4_000_000, "files": 40, "odd": 0.1},
    "alb-odd": {"name": "alb", "rows": 400_000, "files": 20, "odd": 0.1},
    "s3_access-odd": {"name": "s3_access", "rows": 400_000, "files": 20, "odd": 0.1},
}


def fresh(folder: Path) -> Callable[[], tuple[tuple[Path], dict[str, Any]]]:
    """A new database file for every round."""
    made = iter(range(1000))
    return lambda: ((folder / f"{next(made)}.duckdb",), {})


PEERS = [
    (case, script)
    for case, wanted in CASES.items()
    for script in (wanted["name"], f"{wanted['name']}_whole")
    if script in SCRIPTS
]


@pytest.mark.parametrize(("case", "script"), PEERS)
def test_peer(benchmark: Any, logs: Logs, tmp_path: Path, case: str, script: str) -> None:
    """DuckDB's own readers."""
    wanted = CASES[case]
    files = sorted(path for path in logs(**wanted).rglob("*") if path.is_file())
    benchmark.group = case

    def run(db: Path) -> int:
        return load(script, files, db)

    found = benchmark.pedantic(run, setup=fresh(tmp_path), rounds=ROUNDS, warmup_rounds=1)

    assert found == _rows(wanted)


@pytest.mark.parametrize("case", [*CASES, *ODD])
def test_ours(benchmark: Any, logs: Logs, tmp_path: Path, case: str) -> None:
    """Our own ingest."""
    wanted = CASES.get(case) or ODD[case]
    folder = logs(**wanted)
    benchmark.group = case if case in CASES else f"{wanted['name']}: odd lines"

    def run(db: Path) -> int:
        totals = ingest([folder], db, Options()).totals
        return sum(count.rows + count.rejects for count in totals.formats.values())

    found = benchmark.pedantic(run, setup=fresh(tmp_path), rounds=ROUNDS, warmup_rounds=1)

    assert found == _rows(wanted)


def _rows(wanted: dict[str, Any]) -> int:
    return int(wanted["rows"] * SCALE)
