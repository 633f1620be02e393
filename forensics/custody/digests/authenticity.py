"""Whether each digest is what AWS signed: by its own signature, and by its successor's hash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forensics.custody.digests.document import (
    HASH_ALGORITHM,
    SIGNATURE_ALGORITHM,
    Digest,
    Stored,
    hash_number,
)
from forensics.custody.digests.keys import PublicKey, PublicKeys
from forensics.custody.digests.names import in_place
from forensics.custody.digests.signatures import Supplied
from forensics.custody.digests.verdicts import Code, Kind, Verdict, Weight, shown

MOST_FLAWS = 4  # told in one sentence; a bound on hostile evidence


class Standing(NamedTuple):
    """How far a digest can be trusted, why no further, and the key that proved it."""

    code: Code
    reason: str
    detail: str
    key: PublicKey | None = None


Standings = Mapping[str, Standing]
"""SHA-256 of a digest -> its standing."""


class Links:
    """Digests by the object they are, and by the object they name as their predecessor."""

    def __init__(self, digests: Sequence[Digest]) -> None:
        self.digests = digests
        self._being: defaultdict[Stored, list[Digest]] = defaultdict(list)
        self._naming: defaultdict[Stored, list[Digest]] = defaultdict(list)
        for digest in digests:
            self._being[digest.stored].append(digest)
            if digest.previous:
                self._naming[digest.previous.stored].append(digest)

    def present(self, stored: Stored) -> list[Digest]:
        """The digests that say they are this object: one, unless contents compete."""
        return self._being.get(stored, [])

    def successors(self, digest: Digest) -> list[Digest]:
        """The digests that name this one's object as their predecessor."""
        return self._naming.get(digest.stored, [])


def standings(links: Links, keys: PublicKeys | None, supplied: Supplied) -> Standings:
    """Judge every digest: first each by signature, then by what its successors say of it."""
    proofs = {d.sha256: _by_signature(d, links, keys, supplied) for d in links.digests}
    judged = {d.sha256: _by_successors(d, links, proofs) for d in links.digests}
    for digest in links.digests:
        contradicted = _contradicted(digest, links, judged)
        if contradicted and judged[digest.sha256].code is not Code.VALID:
            judged[digest.sha256] = contradicted
    return judged


def _by_signature(
    digest: Digest, links: Links, keys: PublicKeys | None, supplied: Supplied
) -> Standing:
    successors = [(s.previous, s.paths[0]) for s in links.successors(digest) if s.previous]
    signatures = [
        *((s.value, s.path) for s in supplied.of(digest)),
        *((p.signature, path) for p, path in successors if p.signature is not None),
    ]
    if digest.algorithm != SIGNATURE_ALGORITHM:
        return _unverifiable("algorithm", f"it is signed with {digest.algorithm!r}")
    if not signatures:
        return _unverifiable("no-signature", "no successor and no metadata hold its signature")
    return by_signatures(digest.signed, signatures, digest.fingerprint, keys)


def by_signatures(
    signed: bytes,
    signatures: Sequence[tuple[str, str]],
    fingerprint: str,
    keys: PublicKeys | None,
) -> Standing:
    """The standing of bytes for which signatures, (hex, path of its source), are at hand."""
    if keys is None:
        return _unverifiable("no-public-keys", "no public keys were given")
    found = keys.find(fingerprint)
    if not found:
        return Standing(Code.KEY_NOT_FOUND, "", f"no key given has fingerprint {fingerprint}")
    return _verified(signed, signatures, found)


def _unverifiable(reason: str, detail: str) -> Standing:
    return Standing(Code.SIGNATURE_UNVERIFIABLE, reason, detail)


def _verified(
    signed: bytes, signatures: Sequence[tuple[str, str]], keys: list[PublicKey]
) -> Standing:
    """VALID by the first signature that holds; what others lack is told in either case."""
    flaws: list[str] = []
    proof: tuple[PublicKey, str] | None = None
    for written, path in {written: (written, path) for written, path in signatures}.values():
        found = {key.flaw(written, signed): key for key in keys}
        if "" in found:
            proof = proof or (found[""], path)
        else:
            flaws.append(f"the signature in {path} does not hold: {'; '.join(found)}")
    told = flaws[:MOST_FLAWS]
    if len(flaws) > MOST_FLAWS:
        told.append(f"{len(flaws) - MOST_FLAWS} more signatures do not hold")
    if proof is None:
        return Standing(Code.SIGNATURE_INVALID, "", "; ".join(told))
    key, source = proof
    return Standing(Code.VALID, "", "; ".join([f"signed as stated in {source}", *told]), key)


def _by_successors(digest: Digest, links: Links, proofs: Standings) -> Standing:
    """The standing by signature, changed where successors know better.

    A successor that states another hash accuses the digest, unless the digest is proven by
    signature and the successor is not: then the successor is the one that was changed.
    """
    proof = proofs[digest.sha256]
    stated = [(s, _states(s, digest)) for s in links.successors(digest)]
    linked = [s for s, equal in stated if equal]
    accusers = [s for s, equal in stated if equal is False]
    if accusers and not linked:
        believed = [s for s in accusers if proofs[s.sha256].code is Code.VALID]
        if believed or proof.code is not Code.VALID:
            return _accused(digest, (believed or accusers)[0], proof, proofs)
    if linked and proof.code is Code.SIGNATURE_UNVERIFIABLE:
        detail = f"{linked[0].paths[0]} states this hash; {proof.detail}"
        return Standing(Code.VALID_HASH_ONLY, proof.reason, detail)
    return proof


def _states(successor: Digest, digest: Digest) -> bool | None:
    """Whether a successor's hash is the digest's; None where it states none that we know."""
    previous = successor.previous
    if previous is None or previous.sha256 is None:
        return None
    if previous.algorithm not in (HASH_ALGORITHM, None):
        return None
    return hash_number(previous.sha256) == hash_number(digest.sha256)


def _accused(digest: Digest, accuser: Digest, proof: Standing, proofs: Standings) -> Standing:
    stated = accuser.previous.sha256 if accuser.previous else ""
    detail = f"it has SHA-256 {digest.sha256}, but {accuser.paths[0]} states {stated}"
    if proof.code is Code.SIGNATURE_INVALID:
        detail += f"; {proof.detail}"
    if proofs[accuser.sha256].code.weight is Weight.DIFFERENCE:
        detail += f"; {accuser.paths[0]} itself is {proofs[accuser.sha256].code}"
    return Standing(Code.HASH_MISMATCH, "successor", detail)


def _contradicted(digest: Digest, links: Links, judged: Standings) -> Standing | None:
    """A finding against a digest that states a wrong hash for a predecessor proven by signature."""
    if digest.previous is None:
        return None
    candidates = links.present(digest.previous.stored)
    if any(_states(digest, c) is not False for c in candidates):
        return None
    proven = [c for c in candidates if judged[c.sha256].code is Code.VALID]
    if not proven:
        return None
    detail = (
        f"it states SHA-256 {digest.previous.sha256} for its predecessor, but "
        f"{proven[0].paths[0]}, proven by signature, has {proven[0].sha256}"
    )
    return Standing(Code.HASH_MISMATCH, "predecessor", detail)


@dataclass(frozen=True, slots=True)
class _Sayer:
    """Verdicts about one digest."""

    digest: Digest

    def say(self, code: Code, detail: str, reason: str = "", refs: Sequence[str] = ()) -> Verdict:
        paths = tuple(sorted({*self.digest.paths, *refs}))
        return Verdict(Kind.DIGEST, self.digest.stored.uri, code, reason, detail, paths)


def digest_verdicts(links: Links, judged: Standings, supplied: Supplied) -> Iterator[Verdict]:
    """For each digest its standing, then its circumstances."""
    for digest in links.digests:
        standing = judged[digest.sha256]
        sayer = _Sayer(digest)
        yield sayer.say(standing.code, standing.detail, standing.reason)
        yield from _circumstances(sayer, standing, supplied)


def _circumstances(sayer: _Sayer, standing: Standing, supplied: Supplied) -> Iterator[Verdict]:
    digest = sayer.digest
    if digest.previous is None:
        yield sayer.say(Code.STARTING_DIGEST, "it names no predecessor: validation starts here")
    if digest.chain.backfill:
        yield sayer.say(Code.BACKFILL, "it lists logs that the hourly digests had left out")
    if not in_place(digest.stored.key, digest.paths):
        yield sayer.say(Code.MOVED, "it does not lie where its own key says")
    times = [digest.end]
    if digest.chain.backfill:  # made and signed later than the hour it covers
        times = [s.generated for s in supplied.of(digest) if s.generated]
    for time in times:
        if standing.key and standing.key.outside_validity(time):
            detail = f"{shown(time)} is outside the validity of key {digest.fingerprint}"
            yield sayer.say(Code.KEY_OUTSIDE_VALIDITY, detail)
