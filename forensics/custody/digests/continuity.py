"""Whether each chain of digests is whole: named predecessors present, hours without holes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from forensics.custody.digests.authenticity import Links
from forensics.custody.digests.document import Digest
from forensics.custody.digests.names import Chain
from forensics.custody.digests.verdicts import Code, Kind, Verdict, shown

HOUR = timedelta(hours=1)  # what one digest covers
SLACK = timedelta(minutes=10)  # what a digest may cover beyond its hour, and more


def chains(digests: Iterable[Digest]) -> dict[Chain, list[Digest]]:
    """Digests by chain, each chain in the order of time."""
    found: defaultdict[Chain, list[Digest]] = defaultdict(list)
    for digest in sorted(digests, key=lambda digest: digest.order):
        found[digest.chain].append(digest)
    return dict(found)


def chain_verdicts(links: Links) -> Iterator[Verdict]:
    """What is missing from the chains, and where they were begun anew."""
    for chain, digests in chains(links.digests).items():
        yield from _Walk(chain, links).verdicts(digests)


class _Walk:
    """One way along a chain, from the oldest digest to the newest."""

    def __init__(self, chain: Chain, links: Links) -> None:
        self._chain = chain
        self._links = links
        self._covered: datetime | None = None  # up to here, by what was walked so far
        self._last: tuple[str, ...] = ()  # where the digest lies that covers up to there

    def verdicts(self, digests: Iterable[Digest]) -> Iterator[Verdict]:
        # Digests of equal start compete for one place: none of them comes after another.
        for _, rivals in groupby(digests, key=lambda digest: digest.start):
            place = list(rivals)
            for digest in place:
                yield from self._before(digest)
            newest = max(place, key=lambda digest: digest.end)
            if self._covered is None or newest.end > self._covered:
                self._covered, self._last = newest.end, newest.paths

    def _before(self, digest: Digest) -> Iterator[Verdict]:
        """What stands, or should, between `digest` and those before it."""
        # Back-fill follows no clock: only its links can be checked.
        covered = None if self._chain.backfill else self._covered
        if digest.previous and not self._links.present(digest.previous.stored):
            yield self._without_predecessor(digest)
        elif covered and digest.previous is None:
            yield self._restarted(digest, covered)
        elif covered and digest.start > covered:
            yield self._unlisted_hours(digest, covered)

    def _restarted(self, digest: Digest, covered: datetime) -> Verdict:
        detail = (
            "logging or validation stopped and was started again; digests removed from the end "
            "of the older part would look the same: see StopLogging, UpdateTrail, DeleteTrail"
        )
        return self._stretch(Code.LOGGING_STOPPED, covered, digest, detail)

    def _unlisted_hours(self, digest: Digest, covered: datetime) -> Verdict:
        detail = "the digest after these hours names the one before them as its predecessor"
        return self._stretch(Code.GAP, covered, digest, detail)

    def _without_predecessor(self, digest: Digest) -> Verdict:
        assert digest.previous is not None
        named = digest.previous.stored.uri
        if self._covered is None:
            detail = "the evidence begins inside the chain: the digest before it is not here"
            return self._about(Code.CHAIN_BEGINS_EARLIER, named, detail, digest)
        hole = digest.start - self._covered
        fewest = 1 if self._chain.backfill else -((SLACK - hole) // HOUR)
        if fewest < 2:
            return self._about(Code.DIGEST_MISSING, named, "its successor names it", digest)
        detail = f"at least {fewest} digests in a row are missing, the last of them {named}"
        return self._stretch(Code.TWO_DIGESTS_MISSING, self._covered, digest, detail)

    def _stretch(self, code: Code, since: datetime, digest: Digest, detail: str) -> Verdict:
        subject = f"{self._chain.label} {shown(since)}/{shown(digest.start)}"
        return self._about(code, subject, detail, digest)

    def _about(self, code: Code, subject: str, detail: str, digest: Digest) -> Verdict:
        refs = tuple(sorted({*self._last, *digest.paths}))
        return Verdict(Kind.CHAIN, subject, code, "", detail, refs)
