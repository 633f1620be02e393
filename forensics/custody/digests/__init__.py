"""CloudTrail digests checked offline: from parsed digests, logs and keys to sorted verdicts.

A pure library: no file is opened, nothing is asked of AWS, and the order of what is given does
not matter. A digest proves its logs; its successor, or metadata acquired beside it, holds its
signature. Without public keys everything but the signatures is checked, which shows changes
only by those who did not rewrite every later digest as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forensics.custody.digests.authenticity import Links, digest_verdicts, standings
from forensics.custody.digests.continuity import chain_verdicts
from forensics.custody.digests.document import Digest, gathered, parse_digest
from forensics.custody.digests.keys import PublicKeys, load_public_keys, merged
from forensics.custody.digests.lake import ResultSignature, lake_verdicts, parse_result_signature
from forensics.custody.digests.logs import Log, log_verdicts
from forensics.custody.digests.signatures import Signature, Supplied, parse_signatures
from forensics.custody.digests.strict_json import DigestError
from forensics.custody.digests.verdicts import Code, Kind, Verdict, Weight

__all__ = [
    "Code",
    "Digest",
    "DigestError",
    "Kind",
    "Log",
    "PublicKeys",
    "ResultSignature",
    "Signature",
    "Verdict",
    "Weight",
    "lake_verdicts",
    "load_public_keys",
    "merged",
    "parse_digest",
    "parse_result_signature",
    "parse_signatures",
    "validate",
]


def validate(
    digests: Iterable[Digest],
    logs: Iterable[Log],
    *,
    keys: PublicKeys | None = None,
    signatures: Iterable[Signature] = (),
    refused: Iterable[DigestError] = (),
) -> tuple[Verdict, ...]:
    """Check digests against each other and logs against digests; verdicts, sorted.

    `keys` None means that none were exported. `refused` are the errors of `parse_digest`, so
    that a digest which does not read is a finding beside the others.
    """
    links = Links(gathered(digests))
    supplied = Supplied(signatures, links.digests)
    judged = standings(links, keys, supplied)
    found = {
        *map(_refused, refused),
        *_unusable(keys),
        *_unused(supplied, links),
        *digest_verdicts(links, judged, supplied),
        *chain_verdicts(links),
        *log_verdicts(links.digests, logs, judged),
    }
    return tuple(sorted(found))


def _refused(error: DigestError) -> Verdict:
    refs = (error.location,)
    return Verdict(Kind.DIGEST, error.location, Code.DIGEST_UNREADABLE, "", error.fact, refs)


def _unusable(keys: PublicKeys | None) -> Iterator[Verdict]:
    for place, fact in keys.unusable if keys else ():
        yield Verdict(Kind.KEY, place, Code.KEY_UNUSABLE, "", fact, (place,))


def _unused(supplied: Supplied, links: Links) -> Iterator[Verdict]:
    for path, count in supplied.unused(links.digests).items():
        detail = f"{count} of its signatures belong to no digest here"
        yield Verdict(Kind.SIGNATURE, path, Code.SIGNATURE_UNUSED, "", detail, (path,))
