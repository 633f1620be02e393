"""Records that were delivered more than once (by two trails, or in an export too) count once.

An event delivered twice is the same event where eventID, recipientAccountId, time and name agree: a
call across accounts is meant to appear once in each, and an id that somebody used again, for
another call, hides nothing. The copy of the lowest source_id and record_no counts.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from forensics.evidence.ddl import names

# Grouping numbers is several times as fast as grouping the ids; what agrees only in the hash is
# told apart afterwards.
_SAME = "eventID, recipientAccountId, eventTime, eventName"
_FIND = """
    CREATE OR REPLACE TEMP TABLE copies AS
    WITH calls AS NOT MATERIALIZED (
        SELECT * FROM main.cloudtrail WHERE eventID IS NOT NULL AND {within}),
    suspects AS (
        SELECT hash({same}) AS mark FROM calls
        GROUP BY mark HAVING count(*) > 1)
    SELECT source_id, record_no FROM calls
    WHERE hash({same}) IN (SELECT mark FROM suspects)
    QUALIFY row_number() OVER (
        PARTITION BY {same} ORDER BY source_id, record_no) > 1
"""
# The same event has the same time: copies of what is in a window are in it, too.
_WITHIN = (
    "(eventTime IS NULL OR (($start IS NULL OR eventTime >= $start)"
    " AND ($end IS NULL OR eventTime < $end)))"
)
_NONE = "CREATE OR REPLACE TEMP TABLE copies (source_id BIGINT, record_no BIGINT)"
_REMEMBER = """
    CREATE OR REPLACE TEMP TABLE copies_window AS
    SELECT $start::TIMESTAMP AS first_moment, $end::TIMESTAMP AS end_moment
"""
Bounds = tuple[datetime | None, datetime | None]


def prepare(
    connection: duckdb.DuckDBPyConnection,
    start: datetime | None = None,
    end: datetime | None = None,
) -> int:
    """Find the copies of a window, or of all, once per connection; says how many there are.

    They are in temp.copies. Once those of all are found, they serve every window.

    Args:
        connection: of the case.
        start: first moment of the window; None for no bound.
        end: moment after its last; None for no bound.
    """
    if _found(connection) not in ((None, None), (start, end)):
        values = {"start": start, "end": end}
        if "cloudtrail" not in names(connection):
            connection.execute(_NONE)
        elif start or end:
            connection.execute(_FIND.format(same=_SAME, within=_WITHIN), values)
        else:
            connection.execute(_FIND.format(same=_SAME, within="true"))
        connection.execute(_REMEMBER, values)
    return int(connection.execute("SELECT count(*) FROM temp.copies").fetchall()[0][0])


def _found(connection: duckdb.DuckDBPyConnection) -> Bounds | str:
    """The window whose copies are known: without bounds for all; 'none' for none yet."""
    made = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = 'copies_window'"
    ).fetchall()
    if not made:
        return "none"
    [(start, end)] = connection.execute("FROM temp.copies_window").fetchall()
    return start, end
