"""What limits an answer: what was not there, not read, not whole, or left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.evidence import views
from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import names
from forensics.investigations import carried
from forensics.investigations.lists import List
from forensics.investigations.questions import Query
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

CONTINUOUS = (
    *("cloudtrail", "vpc_flow", "tgw_flow", "route53_resolver", "alb", "nlb", "clb"),
    *("cloudfront", "s3_access", "waf"),
)
"""Logs delivered all the time: an hour without a file is worth a word."""

_GAPS_SHOWN = 3
_OVERLAPS = """
    ($from IS NULL OR last_time IS NULL OR last_time >= $from)
    AND ($to IS NULL OR first_time IS NULL OR first_time < $to)
"""
_FAULTS = f"""
    SELECT format, sum(rejects)::BIGINT AS rejects, sum(defects)::BIGINT AS defects,
        count(*) FILTER (status IN ('damaged', 'over_limit')) AS broken
    FROM temp.fed WHERE list_contains($formats::VARCHAR[], format) AND {_OVERLAPS}
    GROUP BY format ORDER BY format
"""  # noqa: S608
_REACH = """
    SELECT format, min(first_time) AS oldest, max(last_time) AS newest FROM temp.fed
    WHERE list_contains($formats::VARCHAR[], format) AND n > 0
    GROUP BY format HAVING max(last_time) < $from OR min(first_time) >= $to
    ORDER BY format
"""
# Between the first and the last file of each log, or over the whole window where one is asked for.
_GAPS = """
    WITH files AS (
        SELECT s.format, l.account_id, l.region,
            least(l.period_start, s.first_time, l.period_end) AS low,
            greatest(l.period_start, s.last_time, l.period_end - INTERVAL 1 SECOND) AS high
        FROM temp.fed AS s JOIN main.source_locations AS l USING (source_id)
        WHERE list_contains($formats::VARCHAR[], s.format)
            AND ($account = '' OR l.account_id = $account)
            AND ($region = '' OR l.region = $region)),
    bounds AS (
        SELECT format, account_id, region,
            date_trunc('hour', coalesce($first::TIMESTAMP, min(low))) AS first_hour,
            date_trunc('hour', coalesce(
                $last::TIMESTAMP - INTERVAL 1 MICROSECOND, max(high))) AS last_hour
        FROM files WHERE low IS NOT NULL AND high >= low GROUP BY ALL),
    hours AS (
        SELECT DISTINCT f.format, f.account_id, f.region,
            unnest(generate_series(
                greatest(date_trunc('hour', f.low), b.first_hour),
                least(date_trunc('hour', f.high), b.last_hour), INTERVAL 1 HOUR)) AS hour
        FROM files AS f
        JOIN bounds AS b ON b.format = f.format AND b.account_id IS NOT DISTINCT FROM f.account_id
            AND b.region IS NOT DISTINCT FROM f.region
        WHERE f.low IS NOT NULL AND f.high >= f.low),
    present AS (SELECT format, account_id, region, count(*) AS n FROM hours GROUP BY ALL),
    spans AS (
        SELECT b.format, b.account_id, b.region, coalesce(p.n, 0) AS present,
            1 + date_diff('hour', b.first_hour, b.last_hour) AS spanned
        FROM bounds AS b
        LEFT JOIN present AS p
            ON p.format = b.format AND p.account_id IS NOT DISTINCT FROM b.account_id
            AND p.region IS NOT DISTINCT FROM b.region)
    SELECT format, account_id, region, spanned - present AS missing, spanned FROM spans
    WHERE spanned > present
    ORDER BY missing DESC, format, account_id NULLS LAST, region NULLS LAST
"""


def about(
    case: Case, query: Query, narrowing: Narrowing, joined: Sequence[List], *, found: int
) -> list[str]:
    """The limits of one answer, a sentence each, the gravest first."""
    logs = [name for name in query.header.tables if name not in LEDGER_NAMES]
    return [
        *of_logs(case, logs, narrowing, found=found),
        *_lists(joined),
        *(query.header.limits if not found else ()),
    ]


def of_logs(case: Case, logs: Sequence[str], narrowing: Narrowing, *, found: int) -> list[str]:
    """What limits any answer from these logs: faults, holes, what was left out, what is loose."""
    carried.prepare(case.connection)
    present = set(names(case.connection))
    held = [name for name in logs if name in present and not _is_empty(case, name)]
    formats = [name for name in held if name in NATIVE_NAMES] or _all_formats(case, held)
    return [
        *_empty(logs, held),
        *_out_of_reach(case, formats, narrowing),
        *_faults(case, formats, narrowing),
        *_gaps(case, formats, narrowing),
        *_placeless(formats, narrowing),
        *_left_out(case, held, narrowing),
        *_best_effort(formats, found),
    ]


def _is_empty(case: Case, name: str) -> bool:
    where = views.held(case.connection) if name == EVENTS else f"main.{name}"
    return not case.connection.execute(f"SELECT 1 FROM {where} LIMIT 1").fetchall()  # noqa: S608


def _all_formats(case: Case, held: list[str]) -> list[str]:
    """`events` is every log there is."""
    if EVENTS not in held:
        return []
    sql = "SELECT DISTINCT format FROM temp.fed WHERE n > 0 ORDER BY format"
    return [row["format"] for row in answer(case.connection, sql).to_pylist()]


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


def _out_of_reach(case: Case, formats: list[str], narrowing: Narrowing) -> list[str]:
    """Logs that hold nothing of the window, and from when to when they reach."""
    scope = narrowing.scope
    if not scope.start and not scope.end:
        return []
    values = scope.values()
    asked = {"formats": formats, "from": values["from"], "to": values["to"]}
    return [
        f"{row['format']}: nothing of this window, its records are from"
        f" {row['oldest']:%Y-%m-%d %H:%M} to {row['newest']:%Y-%m-%d %H:%M} UTC"
        for row in answer(case.connection, _REACH, asked).to_pylist()
    ]


def _gaps(case: Case, formats: list[str], narrowing: Narrowing) -> list[str]:
    scope = narrowing.scope
    asked = {
        "formats": [name for name in formats if name in CONTINUOUS],
        "first": scope.start,
        "last": scope.end,
        "account": scope.account,
        "region": scope.region,
    }
    rows = answer(case.connection, _GAPS, asked).to_pylist()
    said = []
    for row in rows[:_GAPS_SHOWN]:
        where = " ".join(filter(None, (row["format"], row["account_id"], row["region"])))
        said.append(
            f"{where}: no file for {row['missing']:,} of {row['spanned']:,} hours"
            " (`coverage` tells quiet from missing)"
        )
    if len(rows) > _GAPS_SHOWN:
        said.append(f"and gaps in {len(rows) - _GAPS_SHOWN} more logs (`coverage`)")
    return said


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
        services = narrowing.services if "cloudtrail" in held else EVENTS
        conditions = [*narrowing.place_and_time("cloudtrail"), by_services(services)]
        hidden = _counted(case, conditions, narrowing)
        if hidden:
            whose = "of their own or for others" if services == "none" else "of their own"
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
