"""Saved results of CloudTrail Lake queries against the `result_sign.json` beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from forensics.custody.digests.authenticity import Standing, by_signatures
from forensics.custody.digests.document import (
    HASH_ALGORITHM,
    SIGNATURE_ALGORITHM,
    hash_number,
)
from forensics.custody.digests.keys import PublicKeys
from forensics.custody.digests.strict_json import DigestError, Members, decode, moment
from forensics.custody.digests.verdicts import Code, Kind, Verdict, shown


@dataclass(frozen=True, slots=True)
class ResultSignature:
    """One `result_sign.json`; `files` are (name, SHA-256 of the stored bytes), in its order."""

    path: str
    files: tuple[tuple[str, str], ...]
    signature: str
    fingerprint: str
    hash_algorithm: str
    signature_algorithm: str
    completed: datetime | None

    @property
    def signed(self) -> bytes:
        """The bytes that AWS signed."""
        return " ".join(sha256 for _, sha256 in self.files).encode()


def parse_result_signature(content: bytes, path: str) -> ResultSignature:
    """Read the bytes of a `result_sign.json` found at `path`; DigestError where it does not read.

    Raises it, too, for two files of one name: nothing says which of the hashes would count.
    """
    members = Members.of(decode(content, path), path)
    listed = members.objects("files")
    files = tuple((file.text("fileName"), file.text("fileHashValue")) for file in listed)
    if len({name for name, _ in files}) < len(files):
        raise DigestError("a file is listed twice", location=path)
    return ResultSignature(
        path=path,
        files=files,
        signature=members.text("hashSignature"),
        fingerprint=members.text("publicKeyFingerprint"),
        hash_algorithm=members.text_or_none("hashAlgorithm") or HASH_ALGORITHM,
        signature_algorithm=members.text_or_none("signatureAlgorithm") or SIGNATURE_ALGORITHM,
        completed=moment(members.values.get("queryCompleteTime")),
    )


def lake_verdicts(
    signed: ResultSignature, stored: Mapping[str, str], keys: PublicKeys | None = None
) -> tuple[Verdict, ...]:
    """Check one saved query result; verdicts, sorted.

    `stored` are the files beside it: path -> SHA-256 of the bytes as stored (still compressed).
    """
    standing = _standing(signed, keys)
    whole = _Verdict(signed)
    found = [whole.say(signed.path, standing.code, standing.detail, standing.reason)]
    if standing.key and signed.completed and standing.key.outside_validity(signed.completed):
        detail = f"{shown(signed.completed)} is outside the validity of key {signed.fingerprint}"
        found.append(whole.say(signed.path, Code.KEY_OUTSIDE_VALIDITY, detail))
    return tuple(sorted([*found, *_files(signed, stored, standing)]))


def _standing(signed: ResultSignature, keys: PublicKeys | None) -> Standing:
    algorithms = (signed.hash_algorithm, signed.signature_algorithm)
    if algorithms != (HASH_ALGORITHM, SIGNATURE_ALGORITHM):
        detail = f"it is signed with {' and '.join(map(repr, algorithms))}"
        return Standing(Code.SIGNATURE_UNVERIFIABLE, "algorithm", detail)
    return by_signatures(signed.signed, [(signed.signature, signed.path)], signed.fingerprint, keys)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Verdicts about one saved result."""

    signed: ResultSignature

    def say(
        self, subject: str, code: Code, detail: str, reason: str = "", path: str = ""
    ) -> Verdict:
        refs = tuple(sorted({self.signed.path, path} - {""}))
        return Verdict(Kind.LAKE, subject, code, reason, detail, refs)


def _files(
    signed: ResultSignature, stored: Mapping[str, str], standing: Standing
) -> Iterator[Verdict]:
    verdict = _Verdict(signed)
    listed = dict(signed.files)
    here = {path.replace("\\", "/").rpartition("/")[2]: path for path in sorted(stored)}
    for name in listed.keys() - here.keys():
        yield verdict.say(name, Code.LOG_MISSING, "it is listed and not here")
    for name, path in here.items():
        if name not in listed:
            yield verdict.say(path, Code.LOG_EXTRA, "it is here and not listed", path=path)
            continue
        code, detail = _compared(signed, listed[name], stored[path], standing)
        yield verdict.say(path, code, detail, path=path)


def _compared(
    signed: ResultSignature, written: str, sha256: str, standing: Standing
) -> tuple[Code, str]:
    if signed.hash_algorithm != HASH_ALGORITHM:
        return Code.SIGNATURE_UNVERIFIABLE, f"listed with a hash by {signed.hash_algorithm!r}"
    if hash_number(written) != hash_number(sha256):
        return Code.HASH_MISMATCH, f"listed with SHA-256 {written}, here with {sha256}"
    if standing.code is Code.VALID:
        return Code.VALID, "a list proven by signature has this hash"
    return Code.VALID_HASH_ONLY, f"the list has this hash; the list itself is {standing.code}"
