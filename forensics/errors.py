"""Everything `forensics` raises on purpose, and the exit code each ends a command with.

* ForensicsError        1   something foreseen went wrong
  - UsageError          2   the caller asked for something impossible
  - EvidenceError       3   evidence is missing, unreadable, or changed since intake
  - QueryError          4   a query file is malformed or does not fit the case

Anything else that is raised is a bug: it keeps its traceback and ends with exit code 70.
"""

from __future__ import annotations


class ForensicsError(Exception):
    """Base class: the message says where and what happened, `hint` what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # An exception's own way loses keyword arguments between worker processes.
        return _restore, (type(self), self.message, self.hint)


class UsageError(ForensicsError):
    """The caller asked for something impossible."""

    exit_code = 2


class EvidenceError(ForensicsError):
    """Evidence is missing, unreadable, or changed since intake."""

    exit_code = 3


class QueryError(ForensicsError):
    """A query file is malformed or does not fit the case."""

    exit_code = 4


def _restore(kind: type[ForensicsError], message: str, hint: str) -> ForensicsError:
    return kind(message, hint=hint)
