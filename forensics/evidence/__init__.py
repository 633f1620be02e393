"""The evidence database: one DuckDB file, its tables, its ledger, and what proves it whole."""

from forensics.evidence.case import Case
from forensics.evidence.schema import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "Case"]
