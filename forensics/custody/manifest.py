"""What was read, as a list of hashes that other tools check and a time stamp can be put on."""

from __future__ import annotations

import os

from forensics.custody.hashlist import line
from forensics.custody.places import MEMBER, on_disk
from forensics.evidence import Case, answer


def manifest(case: Case, *, content: bool = False, until_run: int | None = None) -> bytes:
    """One line per place in the form of sha256sum, by path; as stored, or of the content.

    A file on disk is named by its own bytes, so that `sha256sum --check` finds it. With
    `until_run`, what it was when that run had ended: nothing is ever taken out of a case.
    """
    column = "content_sha256" if content else "stored_sha256"
    query = f"""
        WITH gone AS (
            SELECT subject, min(run_id) AS run_id FROM journal
            WHERE action = 'superseded' GROUP BY subject)
        SELECT path, {column} AS sha256 FROM source_locations AS place
        JOIN sources USING (source_id)
        LEFT JOIN gone ON gone.subject = printf('%016x', source_id)
        WHERE {column} IS NOT NULL
          AND ($run IS NULL OR place.run_id <= $run)
          AND (status <> 'superseded' OR coalesce(gone.run_id > $run, false))
        ORDER BY path, sha256
    """  # noqa: S608 -- one of two names
    rows = answer(case.connection, query, {"run": until_run}).to_pylist()
    return b"".join(os.fsencode(line(_named(row["path"]), row["sha256"]) + "\n") for row in rows)


def _named(path: str) -> str:
    return path if MEMBER in path else str(on_disk(path))
