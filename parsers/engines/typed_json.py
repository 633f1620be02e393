"""Formats whose unit is one JSON object with members of known types.

Four roads lead to the same row. *Kernel*: compiled loops find every member of units that can be
read in one way only. *Strict*: msgspec decodes the unit into a Struct made from the declaration; an
unknown or ill-typed member sends it on. *Tolerant*: the same without the ban on unknown members,
which it collects into `extra`. *Plain*: member by member, the specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text
from parsers.contract import (
    EXTRA,
    Block,
    Claim,
    Column,
    Decoded,
    Flags,
    Format,
    Integers,
    Misfit,
    Prepared,
    Sample,
)
from parsers.engines import json_plain, rows
from parsers.engines.flat import Flat
from parsers.engines.json_columns import Columns
from parsers.engines.json_kernel import KernelRoad
from parsers.engines.json_roads import Roads, tells_all
from parsers.engines.json_shapes import (
    dialects_of,
    series,
)
from parsers.engines.json_suspects import Suspects
from parsers.errors import ForeignRecord

MOST_UNITS = 1 << 16
"""Units that are decoded at once: whatever is looked up for each, tiny ones could be millions."""


class TypedJson(Format):
    """A format of JSON objects, whole from its declaration.

    Args:
        anchors: a unit without any of these members is not of this format.
        unique: members of which a second occurrence is a defect (parsers disagree on duplicates).
        requires: member sets that recognise a record; `excludes`: members that rule it out.
        preparations: further prepared columns; see `json_derived`.
        when: the column that says when, if not the first TIME.
        flats: how records look as rows of exported tables.
    """

    shape = "json"

    def __init__(  # noqa: PLR0913 - a declaration has as many words as it needs
        self,
        *,
        name: str,
        about: str,
        reference: str,
        columns: Sequence[Column],
        anchors: Iterable[str],
        requires: Iterable[frozenset[str]],
        excludes: frozenset[str] = frozenset(),
        unique: Iterable[str] = (),
        preparations: Sequence[Prepared] = (),
        when: str = "",
        flats: Sequence[Flat] = (),
        version: int = 1,
    ) -> None:
        self.name, self.about, self.reference, self.version = name, about, reference, version
        self.columns = tuple(columns)
        self.anchors = frozenset(anchors)
        self.requires, self.excludes = tuple(requires), excludes
        self._preparations = (*super().preparations(), *preparations)
        self._when, self._flats = when, tuple(flats)
        self._known = json_plain.known(self.columns)
        self._anchor_columns = {
            slot.column.name for key in self.anchors for slot in self._known.get(key, ())
        }
        self._dialects = dialects_of(name, self.columns)
        self._suspects = Suspects(unique)
        self._tells_all = tells_all(self._suspects, self.columns)
        marks = (mark for flat in self._flats for mark in flat.marks)
        self._kernel = KernelRoad(self.columns, foreign=marks)

    def preparations(self) -> tuple[Prepared, ...]:
        """Numbers of addresses, and what is derived."""
        return self._preparations

    @property
    def time_column(self) -> str:
        """The column that says when a record happened."""
        return self._when or super().time_column

    # ------------------------------------------------------------------ recognition
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Every record of the sample must carry one of the required sets of members.

        A unit that shows no members (it is broken) tells nothing; half of them must tell.
        """
        told = [keys for keys in sample.kinds if keys]
        for keys in told:
            if not self._fits(keys):
                position = sample.kinds[keys]
                return Misfit(f"record {position + 1} has {shown_keys(keys)}", position)
        filled = [at for at, unit in enumerate(sample.units) if unit.strip()]
        count = sum(bool(sample.members(at)) for at in filled)
        silent = len(filled) - count
        if not told or count < silent:
            return Misfit(f"{silent} of {count + silent} units are no objects", count)
        common = frozenset.intersection(*told)
        marked = (flat.marks & common for flat in self._flats)
        needed = next(
            (need for need in (*self.requires, *marked) if need and need <= common), common
        )
        units = "every record" if not silent else f"{count} of {count + silent} units"
        return Claim((), f"{shown_keys(needed)} in {units} sampled", silent)

    def by_members(self, sample: Sample) -> bool:
        """Always."""
        del sample
        return True

    def recognises(self, sample: Sample) -> bool:
        """As `claim`, without a word."""
        keys = sample.members(0)
        return bool(keys) and self._fits(keys)

    def _fits(self, keys: frozenset[str]) -> bool:
        if any(flat.is_row(keys) for flat in self._flats):
            return True
        return any(needed <= keys for needed in self.requires) and not keys & self.excludes

    def proven(self, decoded: Decoded) -> Flags:
        """A row must hold one of the required sets of members, and nothing that rules it out."""
        table = decoded.rows
        proof = np.zeros(len(table), dtype=bool)
        for needed in self.requires:
            proof |= np.logical_and.reduce([self._holds(table, key) for key in needed])
        for key in self.excludes:
            proof &= ~self._holds(table, key)
        return proof

    def _holds(self, table: pa.RecordBatch, key: str) -> Flags:
        """Whether the member has a value in each row: in a column of its own, or in `extra`."""
        held = np.zeros(len(table), dtype=bool)
        for slot in self._known.get(key, ()):
            held |= np.asarray(table.column(slot.column.name).is_valid())
        extra = table.column(EXTRA.name).storage
        if extra.null_count < len(extra):
            member = json_text.quoted(json_text.pointer(key)).decode()
            found = pc.fill_null(pc.match_substring(extra, member), fill_value=False)
            held |= np.asarray(found)
        return held

    def _record(self, unit: bytes) -> bytes:
        """A row of an exported table as the record it comes from; any other unit as it is."""
        for flat in self._flats:
            unit = flat.record(unit)
        return unit

    # ------------------------------------------------------------------ plain
    def plain(self, block: Block) -> Decoded:
        """Unit by unit: members by their position in the text, values by their column's type."""
        return rows.plainly(self, block, self._plain_row)

    def _plain_row(self, _: int, unit: bytes) -> rows.PlainRow:
        unit = self._record(unit)
        found = json_text.members(unit)
        if found is None:
            raise ForeignRecord(*no_object(unit))
        members = dict(found)
        if not self.anchors & members.keys():
            detail = f"none of the members {', '.join(sorted(self.anchors))}"
            raise ForeignRecord("no-anchor", detail)
        reader = json_plain.Plain()
        row = reader.members(members, self._known, ())
        reader.flaws += self._suspects.flaws(found)
        row[EXTRA.name] = json_text.pointers(reader.extra)
        return row, reader.flaws

    # ------------------------------------------------------------------ vector
    def decode(self, block: Block) -> Decoded:
        """Each unit by the first road that takes it: kernel, strict, tolerant, plain."""
        if len(block) > MOST_UNITS:
            lows = range(0, len(block), MOST_UNITS)
            slices = (np.arange(low, min(low + MOST_UNITS, len(block))) for low in lows)
            return Decoded.joined([self.decode(block.take(each)) for each in slices])
        parts: list[Decoded] = []
        left: list[int] = []
        rest = np.arange(len(block))
        if self._kernel.takes(block):
            taken = self._kernel.read(block)
            left += self._add(parts, block, taken.indices, taken.arrays, taken.doubtful)
            rest = np.delete(rest, taken.indices)
        if len(rest):
            units = {index: block.unit(index) for index in rest.tolist()}
            odd = self._suspects.odd(block, units)
            fine = [index for index in units if index not in odd]
            left += [*odd, *self._unit_by_unit(parts, block, units, fine)]
        if left or not parts:
            parts.append(self.plain(block.take(np.array(sorted(left), dtype=np.int64))))
        return Decoded.joined(parts)

    def _unit_by_unit(
        self,
        parts: list[Decoded],
        block: Block,
        units: Mapping[int, bytes],
        indices: Sequence[int],
    ) -> list[int]:
        """Add what msgspec decodes, strictly or tolerantly; what is left for plain."""
        taken: list[int] = []
        records: list[Any] = []
        extras: list[str | None] = []
        left: list[int] = []
        roads = Roads(self._dialects, self._record, self._suspects, tells_all=self._tells_all)
        for index, found in roads.read(units, indices):
            if found is None:
                left.append(index)
                continue
            taken.append(index)
            records.append(found[0])
            extras.append(found[1])
        if not taken:
            return left
        builder = Columns()
        arrays = {
            column.name: builder.array(column, values)
            for column, values in series(self.columns, records)
        }
        arrays[EXTRA.name] = rows.array_of(EXTRA, extras)
        doubtful = np.zeros(len(taken), dtype=bool)
        doubtful[list(builder.doubtful)] = True
        return left + self._add(parts, block, taken, arrays, doubtful)

    def _add(
        self,
        parts: list[Decoded],
        block: Block,
        taken: Sequence[int] | Integers,
        arrays: Mapping[str, pa.Array],
        doubtful: Flags,
    ) -> list[int]:
        """Add rows for the units taken, but for those that are doubtful or show no anchor."""
        doubtful = doubtful | self._without_anchor(arrays, len(taken))
        places = np.array(taken, dtype=np.int64)
        if doubtful.any():
            fine = pa.array(np.flatnonzero(~doubtful))
            arrays = {name: array.take(fine) for name, array in arrays.items()}
        batch = rows.batch(self, block, places[~doubtful], arrays)
        parts.append(Decoded(batch, rows.NOTHING))
        left: list[int] = places[doubtful].tolist()
        return left

    def _without_anchor(self, arrays: Mapping[str, pa.Array], count: int) -> Flags:
        """Rows whose anchors are all NULL: plain tells an absent anchor from a null one."""
        absent = np.ones(count, dtype=bool)
        for name in self._anchor_columns:
            if arrays[name].null_count == 0:
                return np.zeros(count, dtype=bool)
            absent &= np.asarray(arrays[name].is_null())
        return absent


def no_object(unit: bytes) -> tuple[str, str]:
    """Code and sentence for a unit that is no readable JSON object."""
    if not unit.lstrip().startswith(b"{"):
        return "not-an-object", f"expected a JSON object, found {json_text.shown(unit[:40])!r}"
    return "not-json", "the object's members cannot be told apart"


def shown_keys(keys: frozenset[str]) -> str:
    """Member names for a sentence."""
    listed = ", ".join(sorted(keys)[:12])
    return f"members {listed}" if keys else "no members"
