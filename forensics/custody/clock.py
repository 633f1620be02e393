"""The only clock: it stamps what is done to a case, never what is read from evidence."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present, in UTC without a zone, as the ledger stores it."""
    return datetime.now(UTC).replace(tzinfo=None)  # noqa: TID251 -- the one place


def elapsed() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()
