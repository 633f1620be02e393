"""What is read better this time: the whole replaces a fragment, a reading replaces a failure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from forensics.custody.clock import now
from forensics.evidence import Case, JournalEntry, answer, delete_rows, journal_append
from forensics.intake import begins_with, found_again
from parsers.framing import MESSAGE_FRAMINGS

_FRAGMENTS = """
    SELECT DISTINCT old.source_id, old.bytes, old.content_sha256, fresh.source_id AS by, fresh.path
    FROM sources AS old
    JOIN source_locations AS place ON place.source_id = old.source_id
    JOIN source_locations AS fresh ON fresh.path = place.path AND fresh.run_id = $run
    JOIN sources AS whole ON whole.source_id = fresh.source_id
    WHERE old.status = 'damaged' AND whole.status = 'complete'
      AND (whole.format = old.format OR whole.framing = old.framing
           AND list_contains($messages, whole.framing))
      AND whole.bytes > old.bytes
    ORDER BY ALL
"""
_FAILURES = """
    SELECT DISTINCT old.source_id, old.reason, fresh.path
    FROM sources AS old
    JOIN source_locations AS place ON place.source_id = old.source_id
    JOIN source_locations AS fresh ON fresh.path = place.path AND fresh.run_id = $run
    JOIN sources AS read ON read.source_id = fresh.source_id
    WHERE old.content_sha256 IS NULL AND read.content_sha256 IS NOT NULL
    ORDER BY ALL
"""
_ARCHIVES = """
    SELECT DISTINCT old.source_id, old.reason, place.path
    FROM sources AS old JOIN source_locations AS place USING (source_id)
    WHERE old.content_sha256 IS NULL AND old.status IN ('unreadable', 'over_limit')
      AND place.path IN (SELECT unnest($archives::VARCHAR[]))
      AND old.source_id NOT IN (SELECT unnest($still::BIGINT[]))
    ORDER BY ALL
"""


def forget_failures(
    case: Case, run_id: int, archives: Collection[str], still: Collection[int]
) -> None:
    """Drop the lines of files that nothing could be read from before this run; the journal stays.

    An archive that was given up has such a line of its own, and no content of its own ever: it is
    dropped if this run has gone through the archive (one of `archives`) and found nothing wrong
    with it (its line is none of `still`, those told again).
    """
    failures = answer(case.connection, _FAILURES, {"run": run_id}).to_pylist()
    told = {"archives": sorted(archives), "still": sorted(still)}
    failures += answer(case.connection, _ARCHIVES, told).to_pylist() if archives else []
    for found in failures:
        with case.transaction() as connection:
            for table in ("sources", "source_locations"):
                query = f"DELETE FROM {table} WHERE source_id = ?"  # noqa: S608 -- declared names
                connection.execute(query, [found["source_id"]])
            detail = json.dumps({"before": found["reason"]})
            entry = JournalEntry(run_id, "read after all", found["path"], detail)
            journal_append(connection, entry, now())


def supersede(case: Case, run_id: int) -> None:
    """Mark fragments whose place holds the whole content since this run, and drop their rows.

    The whole begins with the very bytes of the fragment: what else lies there now, of another disk
    perhaps, is other evidence.
    """
    asked = {"run": run_id, "messages": list(MESSAGE_FRAMINGS)}
    for found in answer(case.connection, _FRAGMENTS, asked).to_pylist():
        if not _is_whole_of(found):
            continue
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


def _is_whole_of(found: Mapping[str, Any]) -> bool:
    return any(
        begins_with(location, found["bytes"], found["content_sha256"])
        for location in found_again(found["path"])
    )
