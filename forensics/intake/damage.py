"""How reading evidence fails: it cannot be opened, it breaks off, or it exceeds a limit.

All are EvidenceErrors. Every byte that could be had was handed out before one is raised.
"""

from __future__ import annotations

from forensics.errors import EvidenceError

_KEPT = 5


class BrokenStream(EvidenceError):
    """Bytes end, or turn unreadable, before their own format says they may."""

    def __init__(self, message: str, *, hint: str = "", at: int = -1) -> None:
        super().__init__(message, hint=hint)
        self.at = at  # offset in the stream that broke, where it is known better than its end
        self.where = ""  # the same in words, once it is known which stream that is


class Unopened(EvidenceError, OSError):
    """A file cannot be opened; an OSError too, as from anything that opens files."""

    def __init__(self, message: str, *, hint: str = "", strerror: str = "") -> None:
        super().__init__(message, hint=hint)
        self.strerror = strerror


class OverLimit(EvidenceError):
    """A bound of `Limits` was reached."""


class Troubles:
    """What is wrong with one thing, in one sentence however often it was found."""

    __slots__ = ("_first", "count")

    def __init__(self) -> None:
        self._first: list[str] = []
        self.count = 0

    def add(self, trouble: str) -> None:
        """Note one more; the first few are kept in words."""
        self.count += 1
        if self.count <= _KEPT:
            self._first.append(trouble)

    def __str__(self) -> str:
        more = f"; and {self.count - _KEPT} more" if self.count > _KEPT else ""
        return "; ".join(self._first) + more
