"""Whether the digests at hand cover the time in which a log file was delivered."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from forensics.custody.digests.continuity import chains
from forensics.custody.digests.document import Digest

EARLY = timedelta(minutes=5)  # a name's minute is a multiple of five
LATE = timedelta(minutes=15)  # a file may be delivered this much after the minute in its name


class Coverage:
    """The hours covered by hourly digests, by account and region; back-fill covers none."""

    def __init__(self, digests: Iterable[Digest]) -> None:
        self._stretches: defaultdict[tuple[str, str], list[_Stretches]] = defaultdict(list)
        for chain, members in chains(digests).items():
            if not chain.backfill:
                self._stretches[chain.account, chain.region].append(_Stretches(members))

    def lacks(self, account: str, region: str, start: datetime, end: datetime) -> str:
        """Why a file delivered from `start` to `end` may be in no digest; "" if it must be.

        A file's name does not tell its trail: every chain of its account and region whose time
        it falls in has to be whole around it.
        """
        reasons = [chain.lacks(start, end) for chain in self._stretches.get((account, region), [])]
        if not reasons:
            return "no-digest"
        for reason in ("digest-missing", "", "after-last-digest"):
            if reason in reasons:
                return reason
        return "before-first-digest"


class _Stretches:
    """Disjoint stretches of time, ascending, from a chain in the order of time."""

    def __init__(self, digests: Iterable[Digest]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for digest in digests:
            if self._ends and digest.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], digest.end)
            else:
                self._starts.append(digest.start)
                self._ends.append(digest.end)

    def lacks(self, start: datetime, end: datetime) -> str:
        # Differences, as a time near the edge of the calendar cannot be moved.
        if start - self._starts[0] < EARLY:
            return "before-first-digest"
        if self._ends[-1] - end < LATE:
            return "after-last-digest"
        at = bisect_right(self._starts, start) - 1
        whole = start - self._starts[at] >= EARLY and self._ends[at] - end >= LATE
        return "" if whole else "digest-missing"
