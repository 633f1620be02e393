"""What was read, as a list of hashes that other tools check and a time stamp can be put on."""

from __future__ import annotations

import os

from forensics.custody.hashlist import line
from forensics.custody.places import MEMBER, on_disk
from forensics.evidence import Case, answer


def manifest(case: Case, *, content: bool = False) -> bytes:
    """One line per place in the form of sha256sum, by path; as stored, or of the content.

    A file on disk is named by its own bytes, so that `sha256sum --check` finds it.
    """
    column = "content_sha256" if content else "stored_sha256"
    query = f"""
        SELECT path, {column} AS sha256 FROM source_locations JOIN sources USING (source_id)
        WHERE {column} IS NOT NULL AND status <> 'superseded' ORDER BY path, sha256
    """  # noqa: S608 -- one of two names
    rows = answer(case.connection, query).to_pylist()
    return b"".join(os.fsencode(line(_named(row["path"]), row["sha256"]) + "\n") for row in rows)


def _named(path: str) -> str:
    return path if MEMBER in path else str(on_disk(path))
