"""What the codes of rejects and defects mean: the only place where each is explained."""

from __future__ import annotations

REJECTS: dict[str, str] = {
    "bad-payload": "What should be base64, perhaps compressed, is none, or breaks off at once.",
    "bad-quoting": "The line cannot be divided into fields: a quote never ends.",
    "bad-row": "A row of a table has other fields than its header names, or broken quotes.",
    "empty-envelope": "The envelope does not hold the message it should.",
    "no-anchor": "A JSON object without any member that records of this format have.",
    "no-message": "A log event that has no message, or one that is no string.",
    "not-an-object": "A JSON value of another kind, or no JSON, where an object should stand.",
    "not-json": "The members of the object cannot be told apart.",
    "other-format": "The line does not begin as the lines of this format do.",
    "too-few-fields": "The line has fewer fields than any era of this format.",
    "too-long": "A single unit longer than any that is read into memory.",
    "too-many-fields": "The line has more fields than are read: not what AWS writes.",
    "torn": "The source ends within this unit.",
}
"""Units that cannot be told to be of their format, kept as raw bytes."""

DEFECTS: dict[str, str] = {
    "ambiguous": "A quoted value holds what looks like further fields: the line reads in two ways.",
    "cut-at-limit": "The message is as long as CloudWatch lets one be, or JSON that ends there.",
    "duplicate-member": "The member occurs more than once; the last one stands in the row.",
    "encrypted": "What the record says is encrypted, and no copy of the data has the key.",
    "finer-than-microsecond": "The time has more digits than a TIMESTAMP holds.",
    "not-a-list": "Another kind of value, where the column holds a list.",
    "not-a-time": "The value is no time in the spelling of this format.",
    "not-an-object": "Another kind of value, where the column holds an object.",
    "not-json": "The value is no JSON that the database could read.",
    "not-of-type": "The value is not of the type of its column.",
    "not-text": "Another kind of value, where the column holds a string.",
    "not-utf8": r"Bytes that are no UTF-8, shown as \\xNN.",
    "odd-quoting": "Quotes or spaces are amiss; the line was divided by what its fields look like.",
    "too-deep": "Brackets nest deeper than is read.",
    "width": "The line has another number of fields than its header declares.",
}
"""Values of a row that do not fit their column: the row stands, the value is in `extra`."""
