"""The only clock, and the only chance: for what is done to a case, never for what is read."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present, in UTC without a zone, as the ledger stores it."""
    return datetime.now(UTC).replace(tzinfo=None)  # noqa: TID251 -- the one place


def salt() -> str:
    """128 bits that nobody could know beforehand, in hex: no row can be made to fit a sum."""
    return secrets.token_hex(16)


def elapsed() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()
