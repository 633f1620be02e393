"""What CloudTrail signed and what that speaks of, gathered while evidence is read again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forensics.custody.digests import (
    Digest,
    DigestError,
    Log,
    PublicKeys,
    ResultSignature,
    Signature,
    Verdict,
    lake_verdicts,
    load_public_keys,
    merged,
    parse_digest,
    parse_result_signature,
    parse_signatures,
    validate,
)
from forensics.custody.digests.names import digest_named, file_name, log_name
from forensics.custody.places import Place
from forensics.errors import UsageError
from forensics.intake import Content

_LOGS = ("cloudtrail", "cloudtrail_insight")
_DIGEST = "cloudtrail_digest"
_RESULT_SIGNATURE = "result_sign.json"  # beside the saved results of a CloudTrail Lake query
_RESULT = re.compile(r"result_\d+\.csv(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Keyring:
    """What the analyst gives to check digests with; `keys` None where none were exported."""

    keys: PublicKeys | None = None
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def load(cls, keys: Sequence[Path], signatures: Sequence[Path]) -> Keyring:
        """Read exported keys and signatures. Raises DigestError, or UsageError without a file."""
        lists = [load_public_keys(_content(path), str(path)) for path in keys]
        found = [each for path in signatures for each in _signatures(path)]
        return cls(merged(lists) if lists else None, tuple(found))


class Trails:
    """Digests, logs, sidecars and saved results as they are met; `verdicts` once all were."""

    def __init__(self) -> None:
        self._digests: list[Digest] = []
        self._refused: list[DigestError] = []
        self._signatures: list[Signature] = []
        self._logs: list[Log] = []
        self._results: dict[str, dict[str, str]] = defaultdict(dict)  # folder → path → SHA-256
        self._result_signatures: list[ResultSignature] = []

    def see(self, place: Place, content: Content, whole: bytes | None) -> None:
        """A file as it was read just now; `whole` is its content where that is small."""
        named = digest_named(place.path)
        is_digest = named is not None and file_name(place.path) == file_name(named)
        if _RESULT.fullmatch(file_name(place.path)):
            self._results[_folder(place.path)][place.path] = content.stored_sha256
        if file_name(place.path) == _RESULT_SIGNATURE:
            self._see_result_signature(place.path, content, whole)
        elif place.format == _DIGEST or is_digest:
            self._see_digest(place.path, content, whole)
        elif named is not None and whole:
            self._see_sidecar(place.path, whole)
        elif place.format in _LOGS or log_name(place.path):
            self._logs.append(_log(place, content))

    def verdicts(self, keyring: Keyring) -> tuple[Verdict, ...]:
        """What signatures prove; nothing where there are none, for then they prove nothing."""
        found = list(self._lake(keyring))
        if self._digests or self._refused:
            signatures = (*self._signatures, *keyring.signatures)
            found += validate(
                self._digests,
                self._logs,
                keys=keyring.keys,
                signatures=signatures,
                refused=self._refused,
            )
        return tuple(sorted(found))

    def _lake(self, keyring: Keyring) -> Iterator[Verdict]:
        for signed in self._result_signatures:
            beside = self._results.get(_folder(signed.path), {})
            yield from lake_verdicts(signed, beside, keyring.keys)

    def _see_result_signature(self, path: str, content: Content, whole: bytes | None) -> None:
        try:
            found = parse_result_signature(_bytes_of(path, content, whole), path)
            self._result_signatures.append(found)
        except DigestError as error:
            self._refused.append(error)

    def _see_digest(self, path: str, content: Content, whole: bytes | None) -> None:
        try:
            self._digests.append(parse_digest(_bytes_of(path, content, whole), path))
        except DigestError as error:
            self._refused.append(error)

    def _see_sidecar(self, path: str, whole: bytes) -> None:
        """A file beside a digest may be its metadata, or anything else named after it."""
        try:
            self._signatures += parse_signatures(whole, path)
        except DigestError:
            return


def _bytes_of(path: str, content: Content, whole: bytes | None) -> bytes:
    if whole is None or content.status != "whole":
        fact = content.damage or f"has {content.bytes} bytes, too many for a digest"
        raise DigestError(fact, location=path)
    return whole


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _log(place: Place, content: Content) -> Log:
    is_whole = content.status == "whole"
    return Log(
        place.path,
        content.sha256 if is_whole else None,
        place.account_id,
        place.region,
        _utc(place.period_start),
        _utc(place.period_end),
        "" if is_whole else content.damage or "",
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error


def _signatures(path: Path) -> tuple[Signature, ...]:
    return parse_signatures(_content(path), str(path))
