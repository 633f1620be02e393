"""The evidence database: one DuckDB file, its tables, its ledger, and what proves it whole."""

from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.journal import JournalEntry, journal_append, journal_check, journal_head
from forensics.evidence.ledger import (
    ROW_GROUP,
    KnownSource,
    LocationRow,
    SourceRow,
    begin_run,
    delete_rows,
    delete_source,
    duplicates,
    end_run,
    insert_batches,
    insert_defects,
    insert_locations,
    insert_rejects,
    insert_sources,
    known_sources,
)
from forensics.evidence.schema import SCHEMA_VERSION
from forensics.evidence.sums import unlisted_rows

__all__ = [
    "ROW_GROUP",
    "SCHEMA_VERSION",
    "Case",
    "JournalEntry",
    "KnownSource",
    "LocationRow",
    "SourceRow",
    "answer",
    "begin_run",
    "delete_rows",
    "delete_source",
    "duplicates",
    "end_run",
    "insert_batches",
    "insert_defects",
    "insert_locations",
    "insert_rejects",
    "insert_sources",
    "journal_append",
    "journal_check",
    "journal_head",
    "known_sources",
    "unlisted_rows",
]
