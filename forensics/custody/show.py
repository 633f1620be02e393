"""One record as it stood: found again in its evidence, with the hash of its source checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forensics.errors import EvidenceError, UsageError
from forensics.evidence import Case
from forensics.evidence.asking import asked
from forensics.evidence.ddl import quoted
from forensics.intake import Limits, Location, found_again, open_location, read
from parsers.errors import TornStream
from parsers.formats import BY_NAME
from parsers.framing import named

REF = re.compile(r"([0-9a-f]{16}):([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A record, where it was read from just now, and the row it became (None for a reject)."""

    ref: str
    path: str
    content_sha256: str
    framing: str
    format: str
    raw: bytes
    row: dict[str, Any] | None


def parse_ref(ref: str) -> tuple[int, int]:
    """source_id and record_no of a REF; UsageError where it is none."""
    match = REF.fullmatch(ref.strip().lower())
    if not match:
        raise UsageError(
            f"{ref}: not a REF",
            hint="a REF is 16 hex digits, a colon and a number: every row has one",
        )
    return int(match[1], 16), int(match[2])


def show(case: Case, ref: str) -> Shown:
    """Re-read the source of a record and find the record in it.

    Raises UsageError for a REF that is none or names nothing, and EvidenceError where no copy of
    the source can be read with the hash it had at ingest.
    """
    source_id, number = parse_ref(ref)
    source = _source(case, ref, source_id)
    location = _verified(case, source_id, source["content_sha256"])
    raw = _found(location, source["framing"], number)
    if raw is None:
        raise UsageError(
            f"{ref}: its source has no record {number}", hint="`sources` tells how many"
        )
    table, row = _row(case, source, number)
    return Shown(ref, location.path, source["content_sha256"], source["framing"], table, raw, row)


def _source(case: Case, ref: str, source_id: int) -> dict[str, Any]:
    query = "SELECT * FROM sources WHERE source_id = $id"
    rows = asked(case, query, {"id": source_id}).to_pylist()
    if not rows:
        raise UsageError(f"{ref}: no such source in this case", hint="`sources` lists them")
    source: dict[str, Any] = rows[0]
    if not source["framing"]:
        raise UsageError(f"{ref}: its source is {source['status']}, it has no records")
    return source


def _row(case: Case, source: dict[str, Any], number: int) -> tuple[str, dict[str, Any] | None]:
    """The table that holds the record, and its row; records of one source may be in several."""
    home: str = source["format"]
    query = "SELECT table_name FROM duckdb_tables() ORDER BY table_name = $home DESC, table_name"
    tables = [row["table_name"] for row in asked(case, query, {"home": home}).to_pylist()]
    for table in (each for each in tables if each in BY_NAME):
        query = f"SELECT * FROM {quoted(table)} WHERE source_id = $id AND record_no = $number"  # noqa: S608
        rows = asked(case, query, {"id": source["source_id"], "number": number}).to_pylist()
        if rows:
            return table, rows[0]
    return home, None


def _verified(case: Case, source_id: int, sha256: str) -> Location:
    """A place where the source lies unchanged."""
    query = "SELECT DISTINCT path FROM source_locations WHERE source_id = $id ORDER BY path"
    paths = [row["path"] for row in asked(case, query, {"id": source_id}).to_pylist()]
    faults = []
    for path in paths:
        fault = "not found"
        for location in found_again(path):
            if _hash(location) == sha256:
                return location
            fault = "changed since ingest: another SHA-256"
        faults.append(f"{path}: {fault}")
    raise EvidenceError("; ".join(faults), hint="`verify` says what else has changed")


def _hash(location: Location) -> str:
    with open_location(location) as stored:
        content = read(location, stored, Limits())
        for _ in content:
            pass
    return content.sha256


def _found(location: Location, framing: str, number: int) -> bytes | None:
    """The text of one unit, or the bytes of one reject."""
    with open_location(location) as stored:
        for units in named(framing)(_chunks(location, stored)):
            at = np.flatnonzero(units.numbers == number)
            if len(at):
                return units.text(int(at[0]))
            for reject in units.rejects:
                if reject.record_no == number:
                    return reject.raw
    return None


def _chunks(location: Location, stored: Any) -> Iterator[bytes]:
    content = read(location, stored, Limits())
    yield from content
    if content.status == "torn":
        raise TornStream(content.damage or "the stream breaks off")
