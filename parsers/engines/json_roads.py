"""The fast roads of typed JSON: strict in runs, strict alone, tolerant; the rest is for plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from parsers import json_text
from parsers.contract import REAL, Column
from parsers.engines.json_shapes import UNREADABLE, Dialect, ForeignSpelling, unknown_members
from parsers.engines.json_suspects import Suspects

Taken = tuple[Any, str | None]
"""A record, and its unknown members as an `extra` object."""

_RUN = 256  # units that are decoded at once, or else one by one
_MANY = 8  # units with unknown members after which the tolerant road is tried first
_FEW = 3  # tokens are counted sooner than a record is encoded
_encoded = msgspec.json.Encoder().encode


def tells_all(suspects: Suspects, columns: Iterable[Column]) -> bool:
    """Whether a record as long as its unit holds all of it, so that no member stood there twice.

    Decoded and encoded again, text only gets shorter, but for numbers with a point.
    """
    return len(suspects.unique) > _FEW and not _has(REAL, columns)


def _has(kind: pa.DataType, columns: Iterable[Column]) -> bool:
    return any(each.type == kind or _has(kind, each.members) for each in columns)


class Roads:
    """The fast roads through one block; each unit is first tried as the one before it was read."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        record: Callable[[bytes], bytes],
        suspects: Suspects,
        *,
        tells_all: bool,
    ) -> None:
        self.dialects = list(dialects)
        self.record = record
        self.suspects, self.tells_all = suspects, tells_all
        self.unknown = 0

    def read(
        self, units: Mapping[int, bytes], indices: Sequence[int]
    ) -> Iterator[tuple[int, Taken | None]]:
        """What each of the units named holds, or None where only the plain reader can tell."""
        for low in range(0, len(indices), _RUN):
            run = indices[low : low + _RUN]
            texts = [units[index] for index in run]
            records = self._at_once(texts)
            if records is None:
                yield from zip(run, map(self._one, texts), strict=True)
            else:
                yield from zip(run, map(self._checked, texts, records), strict=True)

    def _at_once(self, units: Sequence[bytes]) -> list[Any] | None:
        """The records of a run in the dialect of the unit before it; None if one is in no such."""
        try:
            return list(map(self.dialects[0].strict, units))
        except UNREADABLE:
            return None

    def _checked(self, unit: bytes, record: Any) -> Taken | None:
        whole = self.tells_all and len(_encoded(record)) == len(unit)
        return None if not whole and self.suspects.repeats(unit) else (record, None)

    def _one(self, unit: bytes) -> Taken | None:
        if self.suspects.repeats(unit):
            return None
        try:
            return self.take(unit)
        except (*UNREADABLE, ForeignSpelling):
            return None

    def take(self, unit: bytes) -> tuple[Any, str | None]:
        """The record and its unknown members, as an `extra` object.

        Raises:
            one of UNREADABLE or ForeignSpelling: only the plain reader can take it.
        """
        if self.unknown < _MANY and (record := self._strictly(unit)) is not None:
            return record, None
        rewritten = self.record(unit)
        if rewritten is not unit and (record := self._strictly(rewritten)) is not None:
            return record, None
        taken = self._tolerantly(rewritten)
        self.unknown += 1
        return taken

    def _strictly(self, unit: bytes) -> Any:
        for dialect in self.dialects:
            try:
                record = dialect.strict(unit)
            except UNREADABLE:
                continue
            self._prefer(dialect)
            return record
        return None

    def _tolerantly(self, unit: bytes) -> tuple[Any, str | None]:
        found = json_text.raw_members(unit)
        dialect = next(
            (each for each in self.dialects if not found.keys() & each.names.foreign), None
        )
        if dialect is None:
            raise ForeignSpelling
        record = dialect.tolerant(unit)
        extra: dict[str, bytes] = {}
        unknown_members(found, dialect.names, (), extra)
        return record, json_text.pointers(extra)

    def _prefer(self, dialect: Dialect) -> None:
        if dialect is not self.dialects[0]:
            self.dialects.remove(dialect)
            self.dialects.insert(0, dialect)
