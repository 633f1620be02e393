"""What limits an answer: what was not there, not read, not whole, or left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import names
from forensics.investigations.library import Query
from forensics.investigations.lists import List
from forensics.investigations.scope import (
    EVENTS,
    LEDGER_NAMES,
    NATIVE_NAMES,
    Narrowing,
    by_services,
)

BEST_EFFORT = frozenset(
    (
        *("vpc_flow", "tgw_flow", "s3_access", "alb", "alb_connection", "alb_health", "nlb", "clb"),
        *("cloudfront", "cloudfront_realtime", "route53_resolver", "route53_public"),
    )
)
"""Logs of which AWS does not promise every record: what is absent may have happened."""

_GAPS_SHOWN = 3
_OVERLAPS = """
    ($from IS NULL OR last_time IS NULL OR last_time >= $from)
    AND ($to IS NULL OR first_time IS NULL OR first_time < $to)
"""
_FAULTS = f"""
    SELECT format, coalesce(sum(rejects), 0)::BIGINT AS rejects,
        coalesce(sum(rows_with_defects), 0)::BIGINT AS defects,
        count(*) FILTER (status IN ('damaged', 'over_limit')) AS broken
    FROM sources WHERE list_contains($formats::VARCHAR[], format) AND {_OVERLAPS}
    GROUP BY format ORDER BY format
"""  # noqa: S608
_GAPS = """
    WITH files AS (
        SELECT s.format, l.account_id, l.region,
            least(l.period_start, s.first_time, l.period_end) AS low,
            greatest(l.period_start, s.last_time, l.period_end - INTERVAL 1 SECOND) AS high
        FROM sources AS s JOIN source_locations AS l USING (source_id)
        WHERE list_contains($formats::VARCHAR[], s.format)
            AND ($account = '' OR l.account_id = $account)
            AND ($region = '' OR l.region = $region)),
    clipped AS (
        SELECT format, account_id, region, greatest(low, $from) AS low, least(high, $to) AS high
        FROM files WHERE low IS NOT NULL AND high >= low),
    hours AS (
        SELECT DISTINCT format, account_id, region,
            unnest(generate_series(
                date_trunc('hour', low), date_trunc('hour', high), INTERVAL 1 HOUR)) AS hour
        FROM clipped WHERE high >= low),
    spans AS (
        SELECT format, account_id, region, count(*) AS present,
            1 + date_diff('hour', min(hour), max(hour)) AS spanned
        FROM hours GROUP BY ALL)
    SELECT format, account_id, region, spanned - present AS missing, spanned FROM spans
    WHERE spanned > present
    ORDER BY missing DESC, format, account_id NULLS LAST, region NULLS LAST
"""


def about(
    case: Case, query: Query, narrowing: Narrowing, joined: Sequence[List], *, found: int
) -> list[str]:
    """The limits of one answer, a sentence each, the gravest first."""
    present = set(names(case.connection))
    logs = [name for name in query.header.tables if name not in LEDGER_NAMES]
    held = [name for name in logs if name in present and not _is_empty(case, name)]
    formats = [name for name in held if name in NATIVE_NAMES] or _all_formats(case, held)
    return [
        *_empty(logs, held),
        *_faults(case, formats, narrowing),
        *_gaps(case, formats, narrowing),
        *_placeless(formats, narrowing),
        *_left_out(case, held, narrowing),
        *_best_effort(formats, found),
        *_lists(joined),
        *(query.header.limits if not found else ()),
    ]


def _is_empty(case: Case, name: str) -> bool:
    return not case.connection.execute(f"SELECT 1 FROM main.{name} LIMIT 1").fetchall()  # noqa: S608


def _all_formats(case: Case, held: list[str]) -> list[str]:
    """`events` is every log there is."""
    if EVENTS not in held:
        return []
    sql = 'SELECT DISTINCT format FROM sources WHERE "rows" > 0 ORDER BY format'
    return [row["format"] for row in answer(case.connection, sql).to_pylist() if row["format"]]


def _empty(logs: Iterable[str], held: Iterable[str]) -> list[str]:
    missing = [name for name in logs if name not in held]
    if not missing:
        return []
    return [f"not in this case, so not asked: {', '.join(missing)}"]


def _faults(case: Case, formats: list[str], narrowing: Narrowing) -> list[str]:
    scope = narrowing.scope
    values = {"formats": formats, "from": scope.start, "to": scope.end}
    said = []
    for row in answer(case.connection, _FAULTS, values).to_pylist():
        parts = [
            _count(row["broken"], "file broken off", "files broken off"),
            _count(row["rejects"], "record not readable", "records not readable"),
            _count(row["defects"], "row with defects", "rows with defects"),
        ]
        told = ", ".join(part for part in parts if part)
        if told:
            said.append(f"{row['format']}: {told} in files of this window (`rejects`, `defects`)")
    return said


def _gaps(case: Case, formats: list[str], narrowing: Narrowing) -> list[str]:
    rows = answer(case.connection, _GAPS, _timed(formats, narrowing)).to_pylist()
    said = []
    for row in rows[:_GAPS_SHOWN]:
        where = " ".join(filter(None, (row["format"], row["account_id"], row["region"])))
        said.append(
            f"{where}: no file for {row['missing']:,} of {row['spanned']:,} hours"
            " (`query coverage` tells quiet from missing)"
        )
    if len(rows) > _GAPS_SHOWN:
        said.append(f"and gaps in {len(rows) - _GAPS_SHOWN} more logs (`query coverage`)")
    return said


def _timed(formats: list[str], narrowing: Narrowing) -> dict[str, Any]:
    values = narrowing.scope.values()
    return {name: values[name] for name in ("from", "to", "account", "region")} | {
        "formats": formats
    }


def _placeless(formats: list[str], narrowing: Narrowing) -> list[str]:
    """Logs whose lines name no account or region are narrowed by the paths of their files."""
    scope = narrowing.scope
    asked = [word for word in ("account", "region") if getattr(scope, word)]
    return [
        f"{name}: lines do not name their {word}; only files whose path does were asked"
        for word in asked
        for name in formats
        if narrowing.is_placeless(name, word)
    ]


def _left_out(case: Case, held: list[str], narrowing: Narrowing) -> list[str]:
    if "cloudtrail" not in held and EVENTS not in held:
        return []
    said = []
    if narrowing.services != "all":
        conditions = [*narrowing.place_and_time("cloudtrail"), by_services(narrowing.services)]
        hidden = _counted(case, conditions, narrowing)
        if hidden:
            whose = (
                "of their own" if narrowing.services == "acting" else "of their own or for others"
            )
            said.append(f"{hidden:,} calls by AWS services {whose} left out (--include-services)")
    if narrowing.has_copies:
        count = case.connection.execute("SELECT count(*) FROM temp.copies").fetchall()[0][0]
        said.append(f"{count:,} records were delivered more than once and count once")
    return said


def _counted(case: Case, conditions: Sequence[str], narrowing: Narrowing) -> int:
    sql = f"SELECT count(*) AS n FROM main.cloudtrail WHERE {' AND '.join(conditions)}"  # noqa: S608
    used = case.connection.extract_statements(sql)[0].named_parameters
    values = narrowing.scope.values()
    rows = answer(case.connection, sql, {name: values[name] for name in used})
    return int(rows.to_pylist()[0]["n"])


def _best_effort(formats: Iterable[str], found: int) -> list[str]:
    loose = [name for name in formats if name in BEST_EFFORT]
    if not loose:
        return []
    absent = "that nothing was found proves nothing" if not found else "more may have happened"
    return [f"delivered best effort, {absent}: {', '.join(loose)}"]


def _lists(joined: Iterable[List]) -> list[str]:
    return [
        f"list {each.name}: {len(each.rows):,} rows from {each.origin}"
        for each in joined
        if each.origin
    ]


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}" if number else ""
