"""The forms in which rows are printed, by name: what `--format` takes."""

from enum import StrEnum


class Form(StrEnum):
    """How rows are printed."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    markdown = "markdown"
