"""Signatures of digests that were acquired beside them, from the S3 objects' metadata."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from forensics.custody.digests.document import Digest
from forensics.custody.digests.names import digest_named, file_name
from forensics.custody.digests.strict_json import DigestError, Members, decode, moment

_PREFIX = "x-amz-meta-"
_GENERATED = "backfill-generation-timestamp"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of one digest: `value` as written, found at `path`, for the object `of`.

    `of` is where the digest lies or what it is called; `generated` is when AWS made a back-fill.
    """

    path: str
    of: str
    value: str
    generated: datetime | None = None


def parse_signatures(content: bytes, path: str) -> tuple[Signature, ...]:
    """Read a sidecar: `head-object` JSON, an rclone listing with metadata, or header text.

    A sidecar of one digest is named after it (`DIGEST.json.gz.head.json`); a listing names each
    object in `Path`. Raises DigestError where no signature, or no digest's name, is found.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        found = tuple(_from_document(decode(content, path), path))
    else:
        found = tuple(_from_metadata(_headers(content), path, ""))
    if not found:
        raise DigestError("holds no signature of a digest", location=path)
    return found


def _headers(content: bytes) -> dict[str, str]:
    """Header text, as `curl -i` (plain) or `curl -v` (each line after `< `) shows it."""
    lines = (line.lstrip("< ").partition(":") for line in content.decode("latin-1").splitlines())
    return {name.strip(): value.strip() for name, colon, value in lines if colon}


def _from_document(document: object, path: str) -> Iterator[Signature]:
    entries = document if isinstance(document, list) else [document]
    for number, value in enumerate(entries):
        entry = Members.of(value, path, f"/{number}" if entries is document else "")
        named = entry.text_or_none("Path") or entry.text_or_none("Key") or ""
        for metadata in _metadata(entry.values):
            yield from _from_metadata(metadata, path, named)


def _metadata(entry: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The first part of an answer that holds a signature."""
    answer = entry.get("ResponseMetadata")
    headers = answer.get("HTTPHeaders") if isinstance(answer, dict) else None
    for part in (entry.get("Metadata"), entry.get("metadata"), headers, entry):
        if isinstance(part, dict) and "signature" in map(_plain, part):
            yield part
            return


def _plain(name: str) -> str:
    return name.lower().removeprefix(_PREFIX)


def _from_metadata(metadata: Mapping[str, object], path: str, named: str) -> Iterator[Signature]:
    values = {_plain(name): value for name, value in metadata.items()}
    value = values.get("signature")
    if not isinstance(value, str):
        return
    folder, slash, _ = path.rpartition("/")
    beside = digest_named(path)
    if not named and beside is None:
        fact = "neither its name nor its content says which digest it belongs to"
        raise DigestError(fact, location=path, hint="name it like the digest, with .head.json")
    of = named or f"{folder}{slash}{beside}"
    yield Signature(path, of, value, moment(values.get(_GENERATED)))


class Supplied:
    """Supplied signatures, to be found by the digest they belong to."""

    def __init__(self, signatures: Iterable[Signature], digests: Iterable[Digest]) -> None:
        self._by_place: defaultdict[str, set[Signature]] = defaultdict(set)
        self._by_name: defaultdict[str, set[Signature]] = defaultdict(set)
        places = {place for digest in digests for place in _places(digest)}
        for signature in signatures:
            place = signature.of.removesuffix(".gz")
            if place in places:
                self._by_place[place].add(signature)
            else:  # the name alone decides, but never against a place
                self._by_name[file_name(place)].add(signature)

    def of(self, digest: Digest) -> list[Signature]:
        """Those for the digest's path or key, and those of which only the name speaks; sorted."""
        placed = {found for place in _places(digest) for found in self._by_place.get(place, ())}
        named = self._by_name.get(file_name(digest.stored.key), set())
        return sorted(placed | named, key=lambda found: (found.path, found.of, found.value))

    def unused(self, digests: Iterable[Digest]) -> dict[str, int]:
        """Path of a sidecar -> how many of its signatures belong to no digest given."""
        names = {file_name(digest.stored.key) for digest in digests}
        counts: defaultdict[str, int] = defaultdict(int)
        for name in self._by_name.keys() - names:
            for signature in self._by_name[name]:
                counts[signature.path] += 1
        return dict(counts)


def _places(digest: Digest) -> set[str]:
    return {place.removesuffix(".gz") for place in (*digest.paths, digest.stored.key)}
