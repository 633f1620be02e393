"""How long questions take over a large case, on two cores: `make bench ARGS="-k questions"`.

Set BENCH_EVENTS for the number of events (400,000 by default), BENCH_CASE to keep and use one
file: it is made where it is missing. `python -m benchmarks.test_questions` prints a table of
seconds, rows and peak memory instead, each question in a process of its own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.large_case import make
from forensics.evidence import Case
from forensics.evidence.finding import find, find_events
from forensics.investigations import Scope, ask, catalogue
from forensics.investigations.covering import coverage
from forensics.investigations.parameters import moment
from forensics.investigations.records import located

EVENTS = int(os.environ.get("BENCH_EVENTS", "400000"))
Asked = Callable[[Case], int]
CORES = 2


_FOUND: dict[tuple[Path, str], Any] = {}


def _few(case: Case, sql: str) -> Any:
    """What a question is about is looked up once: that is no part of the figure."""
    if (case.path, sql) not in _FOUND:
        _FOUND[case.path, sql] = case.connection.execute(sql).fetchall()[0][0]
    return _FOUND[case.path, sql]


def ref_of(case: Case) -> str:
    """The REF of some call in the middle of the case."""
    sql = "SELECT ref(source_id, record_no) FROM cloudtrail WHERE eventName = 'GetCallerIdentity'"
    return str(_few(case, f"{sql} ORDER BY eventTime OFFSET 50 LIMIT 1"))


def address_of(case: Case) -> str:
    """An address that several logs know."""
    return str(
        _few(case, "SELECT mode(sourceIPAddress) FROM cloudtrail WHERE _sourceIPAddress > 0")
    )


def params_of(case: Case, name: str) -> dict[str, Any]:
    """What a question needs to be asked at all."""
    if name == "around-event":
        return {"event": ref_of(case)}
    if name == "ip-story":
        return {"ip": address_of(case)}
    if name == "resource-history":
        return {"resource": "example-app-7"}
    if name == "what-happened":
        return {"value": str(_few(case, "SELECT mode(userIdentity.arn) FROM cloudtrail"))}
    return {}


def of_catalogue(name: str) -> Asked:
    """A question of the catalogue, over all of the case, as `query` asks it."""

    def asked(case: Case) -> int:
        scope = Scope(start=moment("2025-02-16T00:00Z"), limit=100)
        if name != "first-seen-actions":
            scope = Scope(limit=100)
        return ask(case, name, params_of(case, name), scope).rows.num_rows

    return asked


def around(case: Case) -> int:
    """Ten minutes around a record, as the command asks."""
    event = ref_of(case)
    at, span = located(case, event)["time"], timedelta(minutes=10)
    scope = Scope(at - span, at + span, limit=100)
    params = {"event": event, "same": "", "itself": True}
    return ask(case, "around-event", params, scope).rows.num_rows


QUESTIONS: dict[str, Asked] = {
    query.id: of_catalogue(query.id) for query in catalogue() if query.header.tier == "must"
} | {
    "find an address": lambda case: find(case, address_of(case)).num_rows,
    "find a network": lambda case: find(case, "203.0.113.0/24").num_rows,
    "find a key": lambda case: find(case, "AKIAEXAMPLE000000001").num_rows,
    "find a text": lambda case: find(case, "example-app-7").num_rows,
    "find a domain": lambda case: find(case, "example.com").num_rows,
    "find rows of an address": lambda case: find_events(case, address_of(case), limit=100).num_rows,
    "around": around,
    "coverage, all parts": lambda case: coverage(case, Scope()).hours.num_rows,
}


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The large case."""
    kept = os.environ.get("BENCH_CASE")
    path = Path(kept) if kept else tmp_path_factory.mktemp("large") / "case.duckdb"
    if not path.exists():
        make(path, EVENTS)
    return path


def opened(path: Path) -> Case:
    """The case for reading, on as many cores as the figures are for; DuckDB starts as many threads.

    Not portable, and not needed where there are no more cores.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    return Case.for_reading(path)


@pytest.mark.parametrize("name", QUESTIONS)
def test_question(benchmark: Any, large: Path, name: str) -> None:
    """One question, on a connection that was just opened."""

    def run() -> int:
        with opened(large) as case:
            return QUESTIONS[name](case)

    benchmark.pedantic(run, rounds=2, warmup_rounds=1)


def measured(path: Path, name: str) -> None:
    """Ask once to warm the file, once for the figure, and print both with rows and peak memory."""
    seconds = []
    rows = 0
    for _ in range(2):
        with opened(path) as case:
            params_of(case, name)
            address_of(case)
            ref_of(case)
            started = time.perf_counter()
            used = time.process_time()
            rows = QUESTIONS[name](case)
            seconds.append((time.perf_counter() - started, time.process_time() - used))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    (cold, _), (wall, cpu) = seconds
    print(f"{name:28} {cold:7.2f} {wall:7.2f} {cpu:7.2f} {rows:8,} {peak:7,}", flush=True)


def main() -> None:
    """A table over BENCH_CASE: all questions, or those named."""
    path = Path(os.environ["BENCH_CASE"])
    names = sys.argv[1:]
    if len(names) == 1 and names[0] in QUESTIONS:
        measured(path, names[0])
        return
    load = os.getloadavg()[0]
    print(f"load {load:.1f} on {os.cpu_count()} cores; s first, s again, s of CPU, rows, MiB peak")
    for name in names or QUESTIONS:
        done = subprocess.run([sys.executable, "-m", __name__, name], check=False)
        if done.returncode:
            print(f"{name:28} failed: {done.returncode}")


if __name__ == "__main__":
    __name__ = "benchmarks.test_questions"
    main()
