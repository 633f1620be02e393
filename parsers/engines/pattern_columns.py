"""From the texts of units to the values of columns: one by one, or all of one shape at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import clocks, json_text, scalars
from parsers.contract import BOOLEAN, EXTRA, JSON, TEXT, TIME, Assumed, Column, Flags, text
from parsers.engines import rows
from parsers.engines.line_values import value
from parsers.engines.rows import Flaw

MOMENT = "time"
BASIS = text(
    "time_basis",
    "How the time was told: stated, utc-by-default, zone-asserted, year-inferred, envelope ….",
)
"""Column, code, sentence and the raw value of what is amiss."""
_BOOLEANS = {"true": True, "false": False}


class Unit:
    """Reads the texts of one unit into column values, keeping what does not fit."""

    def __init__(self, unit: bytes, seen: int | None, assumed: Assumed) -> None:
        self.unit, self.seen, self.assumed = unit, seen, assumed
        self.extra: dict[str, bytes] = {}
        self.flaws: list[Flaw] = []

    def not_utf8(self) -> list[Flaw]:
        """The flaw of a unit that is no UTF-8."""
        if json_text.is_utf8(self.unit):
            return []
        return [("", "not-utf8", r"bytes shown as \xNN", self.unit)]

    def row(
        self, columns: Mapping[str, Column], texts: Mapping[str, str], clock: clocks.Clock | None
    ) -> dict[str, Any]:
        """Values by column name; NULL ones are left out."""
        row: dict[str, Any] = {}
        for name, said in texts.items():
            if name != MOMENT or clock is None:
                self._column(row, columns[name], said)
        if MOMENT in columns:
            self._moment(row, texts.get(MOMENT) if clock else None, clock)
        row[EXTRA.name] = json_text.pointers(self.extra)
        return row

    def _column(self, row: dict[str, Any], column: Column, said: str) -> None:
        try:
            row[column.name] = _value(column, said)
        except scalars.FinerThanMicrosecond as error:
            row[column.name] = error.microseconds
            self._unfit(column.name, said, "finer-than-microsecond", str(error))
        except ValueError as error:
            self._unfit(column.name, said, "not-of-type", str(error))

    def _moment(self, row: dict[str, Any], said: str | None, clock: clocks.Clock | None) -> None:
        told = told_by_envelope(self.seen)
        if said is not None and clock is not None:
            try:
                told = clock(said, self.seen, self.assumed)
            except scalars.FinerThanMicrosecond as error:
                told = error.microseconds, clocks.STATED
                self._unfit(MOMENT, said, "finer-than-microsecond", str(error))
            except ValueError as error:
                told = None, ""
                self._unfit(MOMENT, said, "not-a-time", str(error))
        row[MOMENT] = told[0]
        row[BASIS.name] = told[1] or None

    def _unfit(self, name: str, said: str, code: str, detail: str) -> None:
        self.extra[json_text.pointer(name)] = json_text.quoted(said)
        self.flaws.append((name, code, detail, said.encode("utf-8", "surrogatepass")))


class Moments:
    """Reads times by one clock, each spelling once."""

    def __init__(self, clock: clocks.Clock | None, assumed: Assumed) -> None:
        self._clock, self._assumed = clock, assumed
        self._told: dict[tuple[str, int | None], clocks.Told | None] = {}
        self._by_envelope = clock is clocks.yearless

    def tell(self, text: str | None, seen: int | None) -> clocks.Told | None:
        """The moment and its basis; None where the plain reader must judge."""
        if text is None or self._clock is None:
            return told_by_envelope(seen)
        key = text, seen if self._by_envelope else None
        if key in self._told:
            return self._told[key]
        try:
            told: clocks.Told | None = self._clock(text, seen, self._assumed)
        except ValueError:
            told = None
        self._told[key] = told
        return told

    def column(self, texts: pa.Array, seen: pa.Array, doubtful: Flags) -> dict[str, pa.Array]:
        """The moments of many texts and their bases; where plain must judge is doubtful."""
        said = clocks.at_once(self._clock, texts, seen, self._assumed) if self._clock else None
        left = np.arange(len(texts)) if said is None else np.flatnonzero(~said.told)
        if said is not None and not len(left):
            return {MOMENT: said.times, BASIS.name: said.bases}
        chosen = pa.array(left)
        pairs = zip(texts.take(chosen).to_pylist(), _numbers(seen.take(chosen)), strict=True)
        told = [self.tell(*pair) for pair in pairs]
        doubtful[left] |= np.fromiter((each is None for each in told), bool, len(told))
        times = pa.array([each and each[0] for each in told], TIME)
        bases = pa.array([(each and each[1]) or None for each in told], TEXT)
        if said is not None:
            times = pc.replace_with_mask(said.times, pa.array(~said.told), times)
            bases = pc.replace_with_mask(said.bases, pa.array(~said.told), bases)
        return {MOMENT: times, BASIS.name: bases}


def _numbers(times: pa.Array) -> list[int | None]:
    """Microseconds of every time."""
    return times.cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]


def by_envelopes(seen: pa.Array) -> dict[str, pa.Array]:
    """The moments of units that do not say any."""
    return {MOMENT: seen, BASIS.name: pc.if_else(seen.is_valid(), clocks.ENVELOPE, None)}


def is_one_of(texts: pa.Array, words: Iterable[str]) -> pa.Array:
    """Whether each text is one of a few words; Arrow's own means look for pandas each time."""
    found = pa.repeat(pa.scalar(value=False), len(texts))
    for word in words:
        found = pc.or_(found, pc.equal(texts, word).fill_null(fill_value=False))
    return found


def told_by_envelope(seen: int | None) -> clocks.Told:
    """The time of a unit that does not say any."""
    return (None, "") if seen is None else (seen, clocks.ENVELOPE)


def _value(column: Column, said: str) -> Any:
    if column.type == BOOLEAN:
        if said not in _BOOLEANS:
            raise ValueError("neither true nor false")
        return _BOOLEANS[said]
    if column.type == JSON:
        flaw = json_text.flaw(said.encode("utf-8"))
        if flaw:
            raise ValueError(f"no JSON that can be stored: {flaw}")
        return said
    return value(column, said)


def typed(column: Column, texts: pa.Array, doubtful: Flags) -> pa.Array:
    """Texts as the column's type; what does not fit is doubtful."""
    if column.type == TEXT:
        return texts
    if column.type == TIME:
        read = scalars.times(texts, column.time)
    elif column.type == pa.int64():
        read = scalars.integers(texts, column.digits)
    elif column.type == pa.float64():
        read = scalars.reals(texts)
    else:
        return _one_by_one(column, texts, doubtful)
    if read.null_count > texts.null_count:
        doubtful |= np.asarray(texts.is_valid()) & np.asarray(read.is_null())
    return read


def _one_by_one(column: Column, texts: pa.Array, doubtful: Flags) -> pa.Array:
    values: list[Any] = []
    for at, said in enumerate(texts.to_pylist()):
        try:
            values.append(None if said is None else _value(column, said))
        except ValueError:
            doubtful[at] = True
            values.append(None)
    return rows.array_of(column, values)
