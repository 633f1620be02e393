"""A large case in minutes: one day of five logs is ingested, then repeated inside DuckDB.

    python -m benchmarks.large_case case.duckdb --events 10000000

Every repetition is a day of its own: times, ids and sources differ, so nothing counts as delivered
twice, and zone maps see days as an ingest in order of time would leave them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.generators import FORMATS, Plan, deliver
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from forensics.investigations.scope import FORMATS as DECLARED

DAY = {
    "cloudtrail": 25_000,
    "vpc_flow": 40_000,
    "alb": 15_000,
    "s3_access": 10_000,
    "route53_resolver": 10_000,
}
"""Records of each log in one day."""

FILES = 24
_IDS = {
    "cloudtrail": ("eventID", "requestID", "sharedEventID"),
    "s3_access": ("requestid",),
    "alb": ("trace_id", "conn_trace_id"),
}
_TIMES = {"vpc_flow": ("start", "end")}
_SOURCE = "((hash({column}, day) >> 1)::BIGINT)"


def make(path: Path, events: int) -> int:
    """Write a case of about that many events; says how many it has."""
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder)
        for name, rows in DAY.items():
            deliver(FORMATS[name], Plan(rows, FILES, 7), dump / name)
        ingest([dump], path, Options(jobs=2))
    days = max(1, round(events / sum(DAY.values())))
    with Case.for_ingest(path, threads=2, memory_limit="2GB") as case:
        for day in range(1, days):
            with case.transaction() as connection:
                for statement in _repeated():
                    connection.execute(statement.replace("$day", str(day)))
        return sum(_count(case, name) for name in DAY)


def _count(case: Case, name: str) -> int:
    [(number,)] = case.connection.execute(f"SELECT count(*) FROM {name}").fetchall()
    return int(number)


def _repeated() -> list[str]:
    """What adds one more day; the first day is told by the sources the ingest wrote."""
    first = "(SELECT source_id FROM sources WHERE reason NOT LIKE 'repeated%')"
    source = _SOURCE.format(column="source_id").replace("day", "$day")
    statements = []
    for name in DAY:
        times = _TIMES.get(name, (DECLARED[name].time_column,))
        changed = [f'"{each}" + INTERVAL 1 DAY * $day AS "{each}"' for each in times]
        changed += [_new_id(each) for each in _IDS.get(name, ())]
        changed += [f"{source} AS source_id"]
        statements.append(
            f"INSERT INTO stored.{name} BY NAME SELECT * REPLACE ({', '.join(changed)})"
            f" FROM stored.{name} WHERE source_id IN {first}"
        )
    later = "{0} + INTERVAL 1 DAY * $day AS {0}"
    statements.append(
        f"INSERT INTO source_locations SELECT * REPLACE ({source} AS source_id,"
        f" replace(path, '2025', 'day-$day-2025') AS path, {later.format('period_start')},"
        f" {later.format('period_end')}) FROM source_locations WHERE source_id IN {first}"
    )
    statements.append(
        f"INSERT INTO sources SELECT * REPLACE ({source} AS source_id, 'repeated' AS reason,"
        f" sha256(content_sha256 || $day) AS content_sha256, {later.format('first_time')},"
        f" {later.format('last_time')}) FROM sources WHERE source_id IN {first}"
    )
    return statements


def _new_id(column: str) -> str:
    """An id of the same looks, another one each day; NULL stays NULL."""
    mixed = f"md5({column} || $day)"
    guid = f"regexp_replace({mixed}, '(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.*)', '\\1-\\2-\\3-\\4-\\5')"
    return f"CASE WHEN length({column}) = 36 THEN {guid} ELSE {mixed} END AS {column}"


def main(
    path: Path,
    events: Annotated[int, typer.Option(min=1)] = 10_000_000,
) -> None:
    """Write a large case."""
    if shutil.disk_usage(path.parent).free < events * 400:
        raise typer.BadParameter("too little room on the disk")
    print(f"{make(path, events):,} events in {path}")


if __name__ == "__main__":
    typer.run(main)
