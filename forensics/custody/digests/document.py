"""One digest: what CloudTrail says it delivered in an hour, and the bytes AWS signed."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from forensics.custody.digests.names import Chain, chain_of
from forensics.custody.digests.strict_json import DigestError, Members, decode

HASH_ALGORITHM = "SHA-256"
SIGNATURE_ALGORITHM = "SHA256withRSA"
LONGEST_KEY = 1024  # S3's own limit, in bytes
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_HEX = re.compile(r"[0-9a-fA-F]{1,64}")


class Stored(NamedTuple):
    """Where an object lay in S3."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


class Listed(NamedTuple):
    """A log file as a digest lists it; `sha256` of its decompressed bytes, as written."""

    stored: Stored
    sha256: str
    algorithm: str


class Previous(NamedTuple):
    """What a digest says of the one before it; None where it does not say."""

    stored: Stored
    sha256: str | None
    algorithm: str | None
    signature: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest document; `paths` are all places where these bytes were found, sorted.

    `start` and `end` bound the delivery of the listed logs. `previous` is None in a starting
    digest. `sha256` is of the document's decompressed bytes.
    """

    paths: tuple[str, ...]
    sha256: str
    stored: Stored
    chain: Chain
    start: datetime
    end: datetime
    end_written: str
    fingerprint: str
    algorithm: str
    previous: Previous | None
    logs: tuple[Listed, ...]

    @property
    def signed(self) -> bytes:
        """The bytes that AWS signed."""
        before = self.previous.signature if self.previous else None
        lines = (
            self.end_written,
            f"{self.stored.bucket}/{self.stored.key}",
            self.sha256,
            "null" if before is None else before,
        )
        return "\n".join(lines).encode()

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Sorts the digests of a chain; no two contents are equal in it."""
        return self.start, self.end, self.sha256


def parse_digest(content: bytes, path: str) -> Digest:
    """Read the decompressed bytes of a digest found at `path`.

    Raises DigestError, located at `path`, where a member that the check needs is missing, has
    the wrong type or does not read; members that AWS may add are passed over.
    """
    members = Members.of(decode(content, path), path)
    stored = Stored(
        members.text("digestS3Bucket"), members.text("digestS3Object", longest=LONGEST_KEY)
    )
    chain = chain_of(stored.key)
    if chain is None:
        raise DigestError("member /digestS3Object is not the key of a digest", location=path)
    named = "digestPublicKeyFingerprint"
    return Digest(
        paths=(path,),
        sha256=hashlib.sha256(content).hexdigest(),
        stored=stored,
        chain=chain,
        start=_time(members, "digestStartTime"),
        end=_time(members, "digestEndTime"),
        end_written=members.text("digestEndTime"),
        fingerprint=members.text(named if named in members.values else "publicKeyFingerprint"),
        algorithm=members.text_or_none("digestSignatureAlgorithm") or SIGNATURE_ALGORITHM,
        previous=_previous(members),
        logs=tuple(_listed(log) for log in members.objects("logFiles")),
    )


def _time(members: Members, name: str) -> datetime:
    text = members.text(name)
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # such as a 30th of February: refused below
        pass
    raise DigestError(f"member /{name} is not a time: {text!r}", location=members.path)


def _previous(members: Members) -> Previous | None:
    if "previousDigestSignature" not in members.values:
        raise DigestError("member /previousDigestSignature is missing", location=members.path)
    bucket, key, sha256, algorithm, signature = (
        members.text_or_none(f"previousDigest{part}")
        for part in ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
    )
    if bucket is key is sha256 is algorithm is signature is None:
        return None
    return Previous(Stored(bucket or "", key or ""), sha256, algorithm, signature)


def _listed(log: Members) -> Listed:
    return Listed(
        Stored(log.text("s3Bucket"), log.text("s3Object", longest=LONGEST_KEY)),
        log.text("hashValue"),
        log.text_or_none("hashAlgorithm") or HASH_ALGORITHM,
    )


def hash_number(written: str | None) -> int:
    """A SHA-256 as a number, so that lost leading zeros do not matter; -1 where it is none."""
    return int(written, 16) if written and _HEX.fullmatch(written) else -1


def gathered(digests: Iterable[Digest]) -> list[Digest]:
    """Equal contents as one digest with all its paths, in the order of `Digest.order`."""
    paths: defaultdict[str, set[str]] = defaultdict(set)
    found: dict[str, Digest] = {}
    for digest in digests:
        found[digest.sha256] = digest
        paths[digest.sha256].update(digest.paths)
    merged = (replace(d, paths=tuple(sorted(paths[sha256]))) for sha256, d in found.items())
    return sorted(merged, key=lambda digest: digest.order)
