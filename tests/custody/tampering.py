"""A whole trail, and every way of tampering with what was acquired of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forensics.custody.digests import PublicKeys
from tests.custody.trail import Evidence, Trail, log_key, sha256

LOGS = {
    name: log_key(minutes, name) for name, minutes in zip("abce", (75, 135, 150, 260), strict=True)
}
EXTRA = log_key(140, "x")


def five_hours(key: RSAPrivateKey) -> Trail:
    """d0 (starting, empty), d1 (a), d2 (b, c), d3 (empty), d4 (e, newest); all of it acquired."""
    trail = Trail(key)
    for hour, logs in enumerate(("", "a", "bc", "", "e")):
        trail.digest(hour * 60, [LOGS[name] for name in logs])
    return trail


Tamper = Callable[[Evidence, Trail], None]


def d(trail: Trail, number: int) -> str:
    return trail.delivered[number]


def untouched(evidence: Evidence, trail: Trail) -> None:
    pass


def newest_with_signature(evidence: Evidence, trail: Trail) -> None:
    evidence.signatures = [trail.sidecar(d(trail, 4))]


def newest_with_foreign_signature(evidence: Evidence, trail: Trail) -> None:
    evidence.signatures = [replace(trail.sidecar(d(trail, 4)), value=trail.signatures[d(trail, 3)])]


def newest_with_short_signature(evidence: Evidence, trail: Trail) -> None:
    evidence.signatures = [replace(trail.sidecar(d(trail, 4)), value="00" * 255)]


def newest_with_no_hex(evidence: Evidence, trail: Trail) -> None:
    evidence.signatures = [replace(trail.sidecar(d(trail, 4)), value="not hexadecimal")]


def one_good_one_bad_signature(evidence: Evidence, trail: Trail) -> None:
    newest_with_short_signature(evidence, trail)
    evidence.signatures.append(replace(trail.sidecar(d(trail, 4)), path="other.head.json"))


def log_altered(evidence: Evidence, trail: Trail) -> None:
    evidence.logs[f"dump/{LOGS['a']}"] = b'{"Records":[]}'


def log_deleted(evidence: Evidence, trail: Trail) -> None:
    del evidence.logs[f"dump/{LOGS['b']}"]


def log_torn(evidence: Evidence, trail: Trail) -> None:
    evidence.logs[f"dump/{LOGS['b']}"] = None


def log_added(evidence: Evidence, trail: Trail) -> None:
    evidence.logs[f"dump/{EXTRA}"] = b'{"Records":["x"]}'


def log_moved(evidence: Evidence, trail: Trail) -> None:
    content = evidence.logs.pop(f"dump/{LOGS['a']}")
    evidence.logs[f"flat/{LOGS['a'].rpartition('/')[2]}"] = content


def log_renamed(evidence: Evidence, trail: Trail) -> None:
    evidence.logs["dump/renamed.json"] = evidence.logs.pop(f"dump/{LOGS['a']}")


def log_copied(evidence: Evidence, trail: Trail) -> None:
    name = LOGS["a"].rpartition("/")[2]
    evidence.logs[f"copies/{name}"] = evidence.logs[f"dump/{LOGS['a']}"]


def log_copied_and_altered(evidence: Evidence, trail: Trail) -> None:
    evidence.logs[f"copies/{LOGS['a'].rpartition('/')[2]}"] = b"{}"


def log_exchanged(evidence: Evidence, trail: Trail) -> None:
    b, c = (f"dump/{LOGS[name]}" for name in "bc")
    evidence.logs[b], evidence.logs[c] = evidence.logs[c], evidence.logs[b]


def log_decompressed(evidence: Evidence, trail: Trail) -> None:
    for path in list(evidence.logs):
        evidence.logs[path.removesuffix(".gz")] = evidence.logs.pop(path)
    for path in list(evidence.digests):
        evidence.digests[path.removesuffix(".gz")] = evidence.digests.pop(path)


def digest_copied(evidence: Evidence, trail: Trail) -> None:
    evidence.digests["copies/one.json"] = evidence.digests[d(trail, 1)]


def digest_moved(evidence: Evidence, trail: Trail) -> None:
    evidence.digests["flat/one.json"] = evidence.digests.pop(d(trail, 1))


def digest_altered(evidence: Evidence, trail: Trail) -> None:
    evidence.edit(d(trail, 2), logFiles=[])


def newest_altered(evidence: Evidence, trail: Trail) -> None:
    newest_with_signature(evidence, trail)
    evidence.edit(d(trail, 4), logFiles=[])


def digest_altered_and_successor_fitted(evidence: Evidence, trail: Trail) -> None:
    """What someone without the key does: d2 without b, d3 with the new hash of d2."""
    listed = [trail._listed(LOGS["c"])]
    evidence.edit(d(trail, 2), logFiles=listed)
    evidence.edit(d(trail, 3), previousDigestHashValue=sha256(evidence.digests[d(trail, 2)]))


def newest_states_wrong_hash(evidence: Evidence, trail: Trail) -> None:
    evidence.edit(d(trail, 4), previousDigestHashValue="0" * 64)


def newest_with_wrong_previous_signature(evidence: Evidence, trail: Trail) -> None:
    evidence.edit(d(trail, 4), previousDigestSignature="zz")


def hash_without_leading_zeros(evidence: Evidence, trail: Trail) -> None:
    written = sha256(evidence.digests[d(trail, 3)]).upper().lstrip("0")
    evidence.edit(d(trail, 4), previousDigestHashValue=written)


def one_digest_deleted(evidence: Evidence, trail: Trail) -> None:
    del evidence.digests[d(trail, 3)]


def two_digests_deleted(evidence: Evidence, trail: Trail) -> None:
    del evidence.digests[d(trail, 2)], evidence.digests[d(trail, 3)]


def two_digests_deleted_and_bridged(evidence: Evidence, trail: Trail) -> None:
    """The successor made to name the digest before the hole: only the hours betray it."""
    two_digests_deleted(evidence, trail)
    evidence.edit(
        d(trail, 4),
        previousDigestS3Object=d(trail, 1).removeprefix("dump/"),
        previousDigestHashValue=sha256(evidence.digests[d(trail, 1)]),
        previousDigestSignature=trail.signatures[d(trail, 1)],
    )


def oldest_deleted(evidence: Evidence, trail: Trail) -> None:
    del evidence.digests[d(trail, 0)]


def newest_deleted(evidence: Evidence, trail: Trail) -> None:
    del evidence.digests[d(trail, 4)]


def digest_unreadable(evidence: Evidence, trail: Trail) -> None:
    evidence.digests[d(trail, 4)] = b"{}"


def no_keys(evidence: Evidence, trail: Trail) -> None:
    evidence.keys = None


def no_keys_with_signature(evidence: Evidence, trail: Trail) -> None:
    newest_with_signature(evidence, trail)
    evidence.keys = None


def no_keys_and_digest_altered(evidence: Evidence, trail: Trail) -> None:
    digest_altered(evidence, trail)
    evidence.keys = None


def other_keys(evidence: Evidence, trail: Trail) -> None:
    evidence.keys = PublicKeys()


def forged_rival(evidence: Evidence, trail: Trail) -> None:
    evidence.digests["other/d1.json"] = evidence.digests[d(trail, 1)] + b" "


def previous_named_in_part(evidence: Evidence, trail: Trail) -> None:
    evidence.edit(d(trail, 4), previousDigestS3Object=None, previousDigestSignature=None)


def no_logs_and_no_digests(evidence: Evidence, trail: Trail) -> None:
    evidence.logs.clear()
    evidence.digests.clear()
