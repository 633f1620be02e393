"""The tables of a case, derived from the registry of formats and the ledger's own declaration.

Native tables take their columns from `parsers.formats`; ledger tables are declared here in the
same words, so one generator writes both, comments included. Evolution is additive: a table, a
column or a member of a STRUCT that a case lacks is added, nothing is ever changed or dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from parsers.contract import (
    CONTEXT,
    EXTRA,
    PROVENANCE,
    Column,
    Format,
    integer,
    json,
    text,
    texts,
    time,
)
from parsers.formats import FORMATS

SCHEMA_VERSION = "1.0"
"""major.minor: a minor adds tables or columns, a major changes the meaning of what is there."""

STATUSES = (
    "complete",
    "damaged",
    "over_limit",
    "unrecognised",
    "unreadable",
    "structure_only",
    "loading",
    "superseded",
    "ignored",
)
RESERVED = frozenset({"vpc_flow.end", "tgw_flow.end", "rejects.offset", "defects.column"})
"""The only columns that SQL must quote ("end") or qualify (v.end): AWS's and the ledger's words."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a case; `check` is a condition every row must meet."""

    name: str
    about: str
    columns: tuple[Column, ...]
    check: str = ""

    def schema(self) -> pa.Schema:
        """Arrow schema of its rows."""
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])


def _blob(name: str, about: str) -> Column:
    return Column(name, pa.binary(), about)


META = Table(
    "meta",
    "What this file is: one row.",
    (
        text("schema_version", "Version of the tables, major.minor."),
        time("created", "When the file was made, by the clock of its file system."),
        text("case_id", "Name of this case, made once and never changed."),
    ),
)
SOURCES = Table(
    "sources",
    "Every content found in the evidence, once, and how each of its units and bytes ended.",
    (
        integer("source_id", "First 63 bits of content_sha256; rows point here."),
        text("content_sha256", "SHA-256 of the content after all decompression."),
        integer("bytes", "Bytes of the content: unit_bytes + structure_bytes."),
        text("format", "Log format: the table its rows are in; mixed where they are in several."),
        text("framing", "Shape in which the units were delivered."),
        texts("layout", "Fields a positional unit carries, in order."),
        text("reason", "Why it was taken for this format, or for none."),
        text("asserted", "What the analyst said of it: the format, or an object of it, log_tz …."),
        integer("units", "Units found by the framing: rows + structure + rejects."),
        integer("rows", "Units that became rows."),
        integer("rows_with_defects", "Rows of which a value did not fit its column."),
        integer("structure", "Units that carry no record: headers, comments, blank lines."),
        integer("rejects", "Units that could not be told to be of the format."),
        integer("unit_bytes", "Bytes taken by units."),
        integer("structure_bytes", "Bytes between units: punctuation, wrappers, white space."),
        time("first_time", "Earliest time of a row."),
        time("last_time", "Latest time of a row."),
        text("status", "How reading it ended."),
        integer("parser_version", "Version of the format's reader."),
        json("document_extra", "What a wrapper says beyond its records, by JSON pointer."),
    ),
    check=f"status IN ({', '.join(repr(status) for status in STATUSES)})",
)
SOURCE_LOCATIONS = Table(
    "source_locations",
    "Every place a content was found at; what its path says is said here only.",
    (
        integer("source_id", "The content: sources.source_id."),
        text("path", "Where it lay, with the members of archives after !/."),
        text("container", "How it was wrapped on the way from the disk."),
        text("stored_sha256", "SHA-256 of the bytes as stored."),
        integer("stored_bytes", "Bytes as stored."),
        time("modified", "Time of last change, as the file system or archive says."),
        text("account_id", "Account, as the key says.", "account"),
        text("region", "Region, as the key says."),
        time("period_start", "Start of the period the key names."),
        time("period_end", "End of the period the key names, exclusive."),
        integer("run_id", "Run that found it: runs.run_id."),
    ),
)
REJECTS = Table(
    "rejects",
    "Units that could not be told to be of their format, verbatim.",
    (
        integer("source_id", "The content: sources.source_id."),
        integer("record_no", "Which unit of it, counted from 1."),
        integer("offset", "Where the unit starts in the decompressed content, in bytes."),
        text("code", "Kind of fault."),
        text("detail", "The fault in a sentence."),
        _blob("raw", "The unit as it stood."),
    ),
)
DEFECTS = Table(
    "defects",
    "Values of rows that did not fit their column, verbatim.",
    (
        integer("source_id", "The content: sources.source_id."),
        integer("record_no", "The row: record_no of the native table."),
        text("column", "The column, with the path inside it."),
        text("code", "Kind of fault."),
        text("detail", "The fault in a sentence."),
        _blob("raw", "The value as it stood."),
    ),
)
RUNS = Table(
    "runs",
    "Every run of a command that changed the case.",
    (
        integer("run_id", "Number of the run, from 1."),
        text("command", "The command."),
        json("options", "Its options, as understood."),
        json("versions", "Versions of the program and of what it is built on."),
        text("host", "Machine it ran on."),
        text("examiner", "Who ran it, as they said."),
        text("evidence_id", "Number of the exhibit, as they said."),
        time("started", "When it started."),
        time("ended", "When it ended; NULL where it was interrupted or still runs."),
        json("result", "Its summary."),
    ),
)
JOURNAL = Table(
    "journal",
    "What was done to the case, in order; each entry seals the one before it.",
    (
        integer("seq", "Number of the entry, from 1, without gaps."),
        time("recorded_at", "When it was written."),
        integer("run_id", "The run that wrote it: runs.run_id."),
        text("action", "What was done."),
        text("subject", "What it was done to."),
        json("detail", "Particulars, as canonical JSON."),
        text("previous_hash", "Hash of the entry before; zeros for the first."),
        text("hash", "SHA-256 over this entry and previous_hash."),
    ),
)
LEDGER = (META, SOURCES, SOURCE_LOCATIONS, REJECTS, DEFECTS, RUNS, JOURNAL)


def native(declared: Format) -> Table:
    """The table of a log format."""
    columns = (*PROVENANCE, *CONTEXT, *declared.columns, EXTRA, *declared.prepared())
    return Table(declared.name, f"{declared.about} {declared.reference}", columns)


NATIVE: tuple[Table, ...] = tuple(native(declared) for declared in FORMATS)
TABLES: tuple[Table, ...] = (*LEDGER, *NATIVE)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
