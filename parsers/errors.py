"""What `parsers` raises on purpose.

* ParserError            something foreseen about the evidence or about a declaration
  - TornStream           the byte stream breaks off before its end; what came before stands
  - UnknownLayout        the content does not say which fields its lines have
  - ForeignRecord        a unit is not a record of the format it was given to (it becomes a reject)
"""

from __future__ import annotations


class ParserError(Exception):
    """Base class; `hint` says what the caller can do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class TornStream(ParserError):
    """Raised by an iterator of chunks where its source breaks off, after the last good byte."""


class UnknownLayout(ParserError):
    """Raised when a positional format cannot prove which fields its lines carry."""


class ForeignRecord(ParserError):
    """Raised for one unit that cannot be told to be of its format; `code` is the reject's code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
