"""The words in which the check of digests speaks: one verdict per subject, each with its weight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Weight(StrEnum):
    """What a verdict asks of the reader."""

    SOUND = "sound"  # proven
    LIMITED = "limited"  # not proven, and the verdict says what proof would need
    NOTICE = "notice"  # a circumstance, neither proof nor fault
    DIFFERENCE = "difference"  # evidence is missing, added or changed


class Kind(StrEnum):
    """What a verdict is about."""

    CHAIN = "chain"
    DIGEST = "digest"
    KEY = "key"
    LAKE = "lake"
    LOG = "log"
    SIGNATURE = "signature"


class Code(StrEnum):
    """Everything that can be found about a digest, a chain of digests, a log or a key."""

    VALID = "valid"
    VALID_HASH_ONLY = "valid-hash-only"
    SIGNATURE_UNVERIFIABLE = "signature-unverifiable"
    KEY_NOT_FOUND = "key-not-found"
    NOT_COVERED = "not-covered"
    MOVED = "moved"
    STARTING_DIGEST = "starting-digest"
    BACKFILL = "backfill"
    LOGGING_STOPPED = "logging-stopped"
    CHAIN_BEGINS_EARLIER = "chain-begins-earlier"
    KEY_OUTSIDE_VALIDITY = "key-outside-validity"
    KEY_UNUSABLE = "key-unusable"
    SIGNATURE_UNUSED = "signature-unused"
    HASH_MISMATCH = "hash-mismatch"
    SIGNATURE_INVALID = "signature-invalid"
    LOG_MISSING = "log-missing"
    LOG_EXTRA = "log-extra"
    LOG_UNREADABLE = "log-unreadable"
    DIGEST_MISSING = "digest-missing"
    TWO_DIGESTS_MISSING = "two-digests-missing"
    DIGEST_UNREADABLE = "digest-unreadable"
    GAP = "gap"

    @property
    def weight(self) -> Weight:
        """What this finding asks of the reader."""
        return _WEIGHTS.get(self, Weight.DIFFERENCE)


_WEIGHTS = {
    Code.VALID: Weight.SOUND,
    Code.VALID_HASH_ONLY: Weight.LIMITED,
    Code.SIGNATURE_UNVERIFIABLE: Weight.LIMITED,
    Code.KEY_NOT_FOUND: Weight.LIMITED,
    Code.NOT_COVERED: Weight.LIMITED,
    Code.MOVED: Weight.NOTICE,
    Code.STARTING_DIGEST: Weight.NOTICE,
    Code.BACKFILL: Weight.NOTICE,
    Code.LOGGING_STOPPED: Weight.NOTICE,
    Code.CHAIN_BEGINS_EARLIER: Weight.NOTICE,
    Code.KEY_OUTSIDE_VALIDITY: Weight.NOTICE,
    Code.KEY_UNUSABLE: Weight.NOTICE,
    Code.SIGNATURE_UNUSED: Weight.NOTICE,
}


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """One finding; verdicts sort by their members, in this order.

    `subject` is `s3://bucket/key` for what a digest names, the path for what only the evidence
    has, and `account/region/trail start/end` for a stretch of a chain. `reason` is a stable word
    where a code has several causes, `detail` a sentence, `refs` paths in the evidence, sorted.
    """

    kind: Kind
    subject: str
    code: Code
    reason: str
    detail: str
    refs: tuple[str, ...]

    @property
    def weight(self) -> Weight:
        """What this verdict asks of the reader."""
        return self.code.weight


def shown(time: datetime) -> str:
    """A time in UTC as AWS writes it in digests."""
    return time.isoformat().replace("+00:00", "Z")
