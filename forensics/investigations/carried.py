"""Which logs each source feeds, those included that its own format is not named after.

The ledger names one format per source. An envelope of CloudWatch (a subscription, an export) holds
messages of many, and services mix kindred records in one document: what is asked about CloudTrail
concerns these sources too.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from forensics.evidence.ddl import literal, names, quoted
from parsers.formats import BY_NAME, FORMATS

_ANY = "cloudwatch"
_KIN = (
    frozenset(("cloudtrail", "cloudtrail_insight", "cloudtrail_digest")),
    frozenset(("config_item", "config_compliance")),
)
_NONE = """
    SELECT CAST(NULL AS BIGINT) AS source_id, CAST(NULL AS VARCHAR) AS format,
        CAST(NULL AS TIMESTAMP) AS first_time, CAST(NULL AS TIMESTAMP) AS last_time,
        CAST(NULL AS BIGINT) AS n
    WHERE false
"""
# Bytes are divided by rows, the only measure there is.
_FED = """
    CREATE TEMP VIEW fed AS
    WITH away AS (SELECT source_id, sum(n) AS n FROM temp.carried GROUP BY source_id),
    shares AS (
        SELECT s.source_id, s.format, s.first_time, s.last_time,
            coalesce(s."rows", 0) - coalesce(a.n, 0) AS n
        FROM main.sources AS s LEFT JOIN away AS a USING (source_id)
        WHERE s.format IS NOT NULL AND (a.n IS NULL OR s."rows" > a.n)
        UNION ALL
        SELECT source_id, format, first_time, last_time, n FROM temp.carried)
    SELECT f.source_id, f.format, f.first_time, f.last_time, f.n::BIGINT AS n,
        coalesce(s.bytes, 0)::DOUBLE * CASE WHEN s."rows" > 0 THEN f.n / s."rows" ELSE 1 END
            AS bytes,
        coalesce(s.rejects, 0) AS rejects, coalesce(s.rows_with_defects, 0) AS defects, s.status
    FROM shares AS f JOIN main.sources AS s USING (source_id)
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make temp.carried and temp.fed, once per connection.

    `fed` has a row per source and log: source_id, format, first_time, last_time, n (rows), bytes,
    rejects, defects (rows that have some) and status; the last three of the source as a whole.
    """
    made = connection.execute(
        "SELECT 1 FROM duckdb_views() WHERE temporary AND view_name = 'fed'"
    ).fetchall()
    if not made:
        selects = " UNION ALL ".join([_NONE, *_branches(connection)])
        connection.execute(f"CREATE TEMP TABLE carried AS {selects}")
        connection.execute(_FED)


def _branches(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A SELECT for every log that sources of another format may feed."""
    found = connection.execute("SELECT DISTINCT format FROM main.sources").fetchall()
    held, present = {name for (name,) in found if name}, set(names(connection))
    several = {_ANY} | (held - BY_NAME.keys())  # a format without a table is a mixture of others
    for declared in FORMATS:
        name = declared.name
        carriers = sorted((held & (several | _kin(name))) - {name})
        if carriers and name in present:
            listed = ", ".join(map(literal, carriers))
            own = quoted(declared.time_column) if declared.time_column else "log_time"
            moment = f"coalesce(each.{own}, each.log_time)"
            yield (
                f"SELECT source_id, {literal(name)}, min({moment}), max({moment}), count(*)"  # noqa: S608
                f" FROM main.{name} AS each WHERE source_id IN"
                f" (SELECT source_id FROM main.sources WHERE format IN ({listed}))"
                " GROUP BY source_id"
            )


def _kin(name: str) -> frozenset[str]:
    """The formats whose documents may hold records of a log beside their own."""
    return frozenset().union(*(family for family in _KIN if name in family))
