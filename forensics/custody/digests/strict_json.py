"""JSON documents of the chain of custody, read strictly: one meaning, or a located error."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from forensics.errors import ForensicsError

LARGEST = 64 << 20  # bytes; a digest of 100,000 log files has about 60 MB
_SURROGATE = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DigestError(ForensicsError):
    """A digest, key list, signature or result signature does not say what such a document says.

    `location` is the path of the document, `fact` the message without it.
    """

    def __init__(self, fact: str, *, location: str, hint: str = "") -> None:
        super().__init__(f"{location}: {fact}", hint=hint)
        self.fact = fact
        self.location = location

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.fact, self.location, self.hint)


def _restore(fact: str, location: str, hint: str) -> DigestError:
    return DigestError(fact, location=location, hint=hint)


def decode(content: bytes, path: str) -> object:
    """The JSON value of a whole document; a byte order mark before it is skipped.

    Raises DigestError where the document is too large, is no JSON or names a member twice:
    readers disagree about which of two members counts, so such a document has no one meaning.
    """
    if len(content) > LARGEST:
        raise DigestError(f"has {len(content)} bytes, more than {LARGEST}", location=path)
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_single_members,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise DigestError("nests too deeply", location=path) from None
    except ValueError as error:
        raise DigestError(f"is not JSON as defined: {error}", location=path) from None


def _single_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one JSON object, read by name and type; errors say where it stands."""

    values: Mapping[str, object]
    path: str
    place: str = ""  # JSON pointer of the object, "" for the document

    @classmethod
    def of(cls, value: object, path: str, place: str = "") -> Members:
        """`value` as an object; DigestError where it is none."""
        if not isinstance(value, dict):
            where = f"member {place}" if place else "the document"
            raise DigestError(f"{where} is {_named(value)}, not an object", location=path)
        return cls(value, path, place)

    def text_or_none(self, name: str) -> str | None:
        """The text of a member that may be null or absent."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self._refuse(name, f"is {_named(value)}, not text")
        if _SURROGATE.search(value):
            self._refuse(name, "is no Unicode text")
        return value

    def text(self, name: str, longest: int = 4096) -> str:
        """The text of a member that must be there."""
        value = self.text_or_none(name)
        if value is None:
            self._refuse(name, "is missing")
        if len(value) > longest:
            self._refuse(name, f"has {len(value)} characters, more than {longest}")
        return value

    def objects(self, name: str) -> list[Members]:
        """The objects of a list that must be there."""
        value = self.values.get(name)
        if not isinstance(value, list):
            self._refuse(name, f"is {_named(value)}, not a list")
        place = f"{self.place}/{name}"
        return [Members.of(item, self.path, f"{place}/{i}") for i, item in enumerate(value)]

    def _refuse(self, name: str, fact: str) -> NoReturn:
        raise DigestError(f"member {self.place}/{name} {fact}", location=self.path)


def _named(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


def moment(value: object) -> datetime | None:
    """A time as key lists and metadata write it (ISO 8601, or seconds since 1970), or None."""
    if isinstance(value, str):
        try:
            return _from_seconds(float(value))
        except ValueError:
            return _from_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_seconds(value)
    return None


def _from_seconds(seconds: float) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=seconds) if math.isfinite(seconds) else None
    except OverflowError:
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
