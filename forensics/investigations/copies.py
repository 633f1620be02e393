"""Records that were delivered more than once (by two trails, or in an export too) count once.

An event delivered twice is the same event where eventID and recipientAccountId agree: a call across
accounts is meant to appear once in each. The copy of the lowest source_id and record_no counts.
"""

from __future__ import annotations

import duckdb

from forensics.evidence.ddl import names

# Grouping numbers is several times as fast as grouping the ids; what agrees only in the hash is
# told apart afterwards.
_FIND = """
    CREATE TEMP TABLE copies AS
    WITH suspects AS (
        SELECT hash(eventID, recipientAccountId) AS mark FROM main.cloudtrail
        WHERE eventID IS NOT NULL GROUP BY mark HAVING count(*) > 1)
    SELECT source_id, record_no FROM main.cloudtrail
    WHERE eventID IS NOT NULL
        AND hash(eventID, recipientAccountId) IN (SELECT mark FROM suspects)
    QUALIFY row_number() OVER (
        PARTITION BY eventID, recipientAccountId ORDER BY source_id, record_no) > 1
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> int:
    """Find the copies once per connection, as table temp.copies; says how many there are."""
    made = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = 'copies'"
    ).fetchall()
    if not made:
        has_calls = "cloudtrail" in names(connection)
        connection.execute(_FIND if has_calls else _NONE)
    return int(connection.execute("SELECT count(*) FROM temp.copies").fetchall()[0][0])


_NONE = "CREATE TEMP TABLE copies (source_id BIGINT, record_no BIGINT)"
