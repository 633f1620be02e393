"""A torn file that later comes whole, at the same place: the whole replaces the fragment."""

from __future__ import annotations

from forensics.custody.clock import now
from forensics.evidence import Case, JournalEntry, answer, delete_rows, journal_append

_FRAGMENTS = """
    SELECT DISTINCT old.source_id, fresh.source_id AS by, fresh.path
    FROM sources AS old
    JOIN source_locations AS place ON place.source_id = old.source_id
    JOIN source_locations AS fresh ON fresh.path = place.path AND fresh.run_id = $run
    JOIN sources AS whole ON whole.source_id = fresh.source_id
    WHERE old.status = 'damaged' AND whole.status = 'complete' AND whole.format = old.format
      AND whole.bytes > old.bytes
    ORDER BY ALL
"""


def supersede(case: Case, run_id: int) -> None:
    """Mark fragments whose place holds the whole content since this run, and drop their rows."""
    for found in answer(case.connection, _FRAGMENTS, {"run": run_id}).to_pylist():
        old, by = f"{found['source_id']:016x}", f"{found['by']:016x}"
        with case.transaction() as connection:
            delete_rows(connection, found["source_id"])
            connection.execute(
                "UPDATE sources SET status = 'superseded', reason = reason || $by"
                " WHERE source_id = $id",
                {"id": found["source_id"], "by": f"; superseded by source {by}"},
            )
            detail = f'{{"by": "{by}"}}'
            journal_append(connection, JournalEntry(run_id, "superseded", old, detail), now())
