"""How a stream of evidence can end before its end: broken, or stopped by a limit.

Both are EvidenceErrors. Every byte that could be had was handed out before one is raised.
"""

from __future__ import annotations

from forensics.errors import EvidenceError


class BrokenStream(EvidenceError):
    """Bytes end, or turn unreadable, before their own format says they may."""

    def __init__(self, message: str, *, hint: str = "", at: int = -1) -> None:
        super().__init__(message, hint=hint)
        self.at = at  # offset in the stream that broke, where it is known better than its end
        self.where = ""  # the same in words, once it is known which stream that is


class OverLimit(EvidenceError):
    """A bound of `Limits` was reached."""
