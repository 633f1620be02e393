r"""Formats of free text, each shape of a unit declared as a pattern with named parts.

The plain reader takes unit by unit. The vector reader asks the same patterns, for nothing else
could tell the shapes apart, but then makes columns of all units of one shape at once; what does
not fit a column or is no UTF-8 is for the plain reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from parsers import clocks, json_text, kernels
from parsers.contract import (
    EXTRA,
    TIME,
    Assumed,
    Block,
    Claim,
    Column,
    Decoded,
    Flags,
    Format,
    Integers,
    Misfit,
    Sample,
)
from parsers.engines import rows
from parsers.engines.pattern_columns import (
    BASIS,
    MOMENT,
    Moments,
    Unit,
    by_envelopes,
    is_one_of,
    typed,
)
from parsers.engines.pattern_forms import KIND, Choice, Form, Member, Members, Route, Texts
from parsers.engines.pattern_objects import Objects, Sheaf
from parsers.errors import ForeignRecord

_RULED = b"*-= \t\r\n"  # a line of only these says nothing


__all__ = ("BASIS", "Patterns")


class _Object(Route):
    """How the texts of objects of one shape become columns: one for each column there is."""

    def __init__(self, names: Sequence[str], clock: clocks.Clock | None) -> None:
        self.places = {name: (at,) for at, name in enumerate(names)}
        self.says, self.clock, self.finish = {}, clock, None


class _Sheaf(NamedTuple):
    """Units of one shape: which they are, their texts, and what each has no column for."""

    indices: list[int]
    taken: list[Texts]
    extras: list[str | None]


class Patterns(Format):
    """A pattern format, whole from its declaration.

    Args:
        columns: the columns that groups and members fill; KIND and `time_basis` among them.
        forms: shapes of text; the first that matches counts.
        members: shapes of JSON objects, likewise.
        otherwise: the shape of any other unit, where the format allows any; else it is rejected.
        object_of: the object that a text in another notation is (XML), None of any other text.
        share: how many of the first units must be of a shape that proves the format.
        opening: within so many units from the first one must prove the format; then the whole
            stream is of it, whatever it looks like. 0: no unit stands for others.
        joined: the framings that make units of its lines.
        objects_begin: the characters that such texts begin with.
        templated: reads a text by the template that the analyst asserts, None of any other text.
    """

    shape = "line"

    def __init__(  # noqa: PLR0913 - a declaration has as many words as it needs
        self,
        *,
        name: str,
        about: str,
        reference: str,
        columns: Sequence[Column],
        forms: Sequence[Form],
        members: Sequence[Members] = (),
        otherwise: Form | None = None,
        object_of: Callable[[str], bytes | None] | None = None,
        objects_begin: str = "<",
        share: float = 1.0,
        opening: int = 0,
        joined: tuple[str, ...] = (),
        templated: Callable[[str, str], Member | None] | None = None,
        version: int = 1,
    ) -> None:
        self.name, self.about, self.reference, self.version = name, about, reference, version
        self.columns, self.forms, self.members = tuple(columns), tuple(forms), tuple(members)
        self.otherwise, self.share, self.joined = otherwise, share, joined
        self.object_of, self.opening, self.templated = object_of, opening, templated
        self.assumes = frozenset(
            (["zone", "before"] if BASIS in self.columns else [])
            + (["template"] if templated else [])
        )
        self.objects_begin = objects_begin.encode() if object_of else b""
        self.keeps = otherwise is not None
        self._matched = Choice(self.forms).take
        self._by_name = {column.name: column for column in self.columns}
        shapes: list[Form | Members] = [*forms, *members]
        weak = {each.kind for each in shapes if not each.anchor}
        self._weak = sorted(weak | ({otherwise.kind} if otherwise else set()))
        self._begins_objects = "{" + self.objects_begin.decode()
        self._objects = {each: _Object(list(self._by_name), each.clock) for each in self.members}
        self._check()

    def _check(self) -> None:
        """Every group and member fills a column that there is."""
        named = {name for form in self.forms for route in _routes(form) for name in route.says}
        named |= {name for form in self.forms for route in _routes(form) for name in route.places}
        named |= {name for each in self.members for name in each.columns.values()}
        named |= {name for each in self.members for form in each.forms for name in form.names}
        if unknown := named - self._by_name.keys():
            raise AssertionError(f"{self.name} has no column {', '.join(sorted(unknown))}")

    # ------------------------------------------------------------------ recognition
    def claim(self, sample: Sample) -> Claim | Misfit:
        """The first unit, and the share of all that is required, must have a known shape."""
        if not (self._has_template(sample.assumed) or self._may_hold(sample)):
            return Misfit("objects of no known shape")
        fitted, misfit, count = 0, "", 0
        for number, unit in enumerate(sample.units, 1):
            if not unit.strip(_RULED):
                continue
            count += 1
            if self._is_anchor(sample, number - 1):
                fitted += 1
            elif not misfit:
                misfit = f"unit {number} is of no known shape: {json_text.shown(unit[:60])!r}"
            if count - fitted > (1 - self.share) * len(sample.units):
                return Misfit(misfit, fitted)
            if self.opening == count and not fitted:
                return Misfit(misfit, fitted)
        if not fitted or fitted < self.share * count:
            return Misfit(misfit or "no unit", fitted)
        return Claim((), f"{fitted} of the first {count} units are of a known shape")

    def _may_hold(self, sample: Sample) -> bool:
        """Whether there is text among the units, or an object that may be of a known shape."""
        shapes = [each for each in self.members if each.anchor]
        return any(not keys or any(each.may_be(keys) for each in shapes) for keys in sample.kinds)

    def by_members(self, sample: Sample) -> bool:
        """As long as none of these objects may be of a known shape."""
        return not (self._has_template(sample.assumed) or self._may_hold(sample))

    def _is_anchor(self, sample: Sample, index: int) -> bool:
        unit = sample.units[index]
        if self._by_template(sample.assumed, unit):
            return True
        if (held := self._object(unit)) is not None:
            keys = sample.members(index) if held is unit else json_text.keys(held)
            shapes = (each for each in self.members if each.anchor and each.may_be(keys))
            return any(each.take(held) for each in shapes)
        found = self._matched(sample.line(index))
        return found is not None and found[0].anchor

    def proven(self, decoded: Decoded) -> Flags:
        """Rows of a shape that any text might have prove nothing."""
        if self.opening:
            return np.ones(decoded.rows.num_rows, dtype=bool)
        return ~np.asarray(is_one_of(decoded.rows.column(KIND), self._weak))

    def _object(self, unit: bytes) -> bytes | None:
        """The JSON object that a unit is, or that it says in another notation."""
        if unit.startswith(b"{"):
            return unit
        if self.object_of and unit[:1] in self.objects_begin and unit:
            return self.object_of(json_text.shown(unit))
        return None

    def _has_template(self, assumed: Assumed) -> bool:
        return bool(self.templated and assumed.template)

    def _by_template(self, assumed: Assumed, unit: bytes) -> Member | None:
        if not (self.templated and assumed.template):
            return None
        return self.templated(assumed.template, json_text.shown(unit))

    # ------------------------------------------------------------------ plain
    def plain(self, block: Block) -> Decoded:
        """Unit by unit."""
        seen = _seen(block).cast(pa.int64()).to_pylist()

        def read(index: int, unit: bytes) -> rows.PlainRow:
            reader = Unit(unit, seen[index], block.assumed)
            return self._row(reader), reader.flaws

        return rows.plainly(self, block, read)

    def _row(self, reader: Unit) -> dict[str, Any]:
        """The values of one unit. Raises ForeignRecord."""
        if (filled := self._by_template(reader.assumed, reader.unit)) is not None:
            reader.flaws += [*reader.not_utf8(), *filled.flaws]
            reader.extra = filled.extra
            return reader.row(self._by_name, filled.texts, filled.clock)
        if (held := self._object(reader.unit)) is not None:
            for each in self.members:
                member = each.take(held)
                if member is not None:
                    reader.flaws += [*reader.not_utf8(), *member.flaws]
                    reader.extra = member.extra
                    return reader.row(self._by_name, member.texts, member.clock)
        line = json_text.shown(reader.unit)
        found = self._matched(line) or (self.otherwise.take(line) if self.otherwise else None)
        if found is None:
            raise ForeignRecord("other-format", "the text has none of the shapes of this format")
        reader.flaws += reader.not_utf8()
        route, parts = found
        if route.flaw:
            reader.flaws.append(("", *route.flaw, reader.unit))
        return reader.row(self._by_name, route.texts(parts), route.clock)

    # ------------------------------------------------------------------ vector
    def decode(self, block: Block) -> Decoded:
        """Units of one shape at once, all others one by one."""
        if self._has_template(block.assumed):
            return self.plain(block)
        decoded, left, others = self._objects_at_once(block)
        sheaves: dict[Route, _Sheaf] = {}
        lines = _lines(block)
        for index in others:
            found = self._parted(block, index, lines[index])
            if found is None:
                left.append(index)
                continue
            sheaf = sheaves.get(found[0])
            if sheaf is None:
                sheaf = sheaves[found[0]] = _Sheaf([], [], [])
            sheaf.indices.append(index)
            sheaf.taken.append(found[1])
            sheaf.extras.append(found[2])
        for route, sheaf in sheaves.items():
            texts, extra = route.columns(sheaf.taken), rows.array_of(EXTRA, sheaf.extras)
            indices = np.array(sheaf.indices, dtype=np.int64)
            self._add(decoded, left, block, Sheaf(indices, texts, extra, route.clock))
        if left or not decoded:
            decoded.append(self.plain(block.take(np.array(sorted(left), dtype=np.int64))))
        return Decoded.joined(decoded)

    def _objects_at_once(self, block: Block) -> tuple[list[Decoded], list[int], Sequence[int]]:
        """Objects by what members they have; what plain must judge; what is to be read alone."""
        decoded: list[Decoded] = []
        left: list[int] = []
        worth = self.members and kernels.worth(block.size)
        braces = _braces(block) if worth else rows.NOTHING
        if not len(braces):
            return decoded, left, range(len(block))
        objects = Objects(block, self.members)
        for sheaf in objects.sheaves(braces):
            self._add(decoded, left, block, sheaf)
        lines = np.setdiff1d(np.arange(len(block)), braces, assume_unique=True).tolist()
        return decoded, left, sorted([*lines, *objects.left])

    def _parted(
        self, block: Block, index: int, line: str
    ) -> tuple[Route, Texts, str | None] | None:
        """The parts of a unit and its `extra`; None where the plain reader must judge."""
        if not line or line.isspace():
            return None
        if line[0] in self._begins_objects:
            held = self._object(block.unit(index))
            if held is not None:
                return self._object_parts(held)
        found = self._matched(line) or (self.otherwise.take(line) if self.otherwise else None)
        if found is None or found[0].flaw or found[0].finish:
            return None
        return *found, None

    def _object_parts(self, held: bytes) -> tuple[Route, Texts, str | None] | None:
        for each in self.members:
            member = each.take(held)
            if member is None:
                continue
            if member.flaws or (MOMENT in member.texts and not each.clock):
                return None
            parts = tuple(map(member.texts.get, self._by_name))
            return self._objects[each], parts, json_text.pointers(member.extra)
        return None

    def _add(self, decoded: list[Decoded], left: list[int], block: Block, sheaf: Sheaf) -> None:
        """Add rows of units of one shape; those that plain must judge are left."""
        indices, texts = sheaf.indices, sheaf.texts
        doubtful = np.zeros(len(indices), dtype=bool)
        arrays = {
            name: typed(self._by_name[name], array, doubtful)
            for name, array in texts.items()
            if name != MOMENT
        }
        if sheaf.extra is not None:
            arrays[EXTRA.name] = rows.array_of(EXTRA, sheaf.extra)
        if MOMENT in self._by_name:
            seen = _seen(block).take(pa.array(indices))
            if MOMENT in texts and sheaf.clock:
                reader = Moments(sheaf.clock, block.assumed)
                arrays |= reader.column(texts[MOMENT], seen, doubtful)
            else:
                arrays |= by_envelopes(seen)
        kept = np.flatnonzero(~doubtful)
        if len(kept) < len(indices):
            arrays = {name: array.take(pa.array(kept)) for name, array in arrays.items()}
            left += indices[doubtful].tolist()
        decoded.append(Decoded(rows.batch(self, block, indices[kept], arrays), rows.NOTHING))


def _braces(block: Block) -> Integers:
    """The units that begin like objects."""
    octets = np.frombuffer(block.data or b"\0", dtype=np.uint8)
    filled = np.flatnonzero(block.ends > block.starts)
    return np.asarray(filled[octets[block.starts[filled]] == ord("{")])


def _lines(block: Block) -> list[str]:
    """The text of every unit; "" for one that is no UTF-8."""
    if block.data.isascii():
        whole = block.data.decode("ascii")
        low, high = block.starts.tolist(), block.ends.tolist()
        return [whole[a:b] for a, b in zip(low, high, strict=True)]
    return [_decoded(unit) for unit in block.texts()]


def _decoded(unit: bytes) -> str:
    try:
        return unit.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _seen(block: Block) -> pa.Array:
    """What the envelopes say of the time of every unit."""
    if block.context is None:
        return pa.nulls(len(block), TIME)
    return block.context.column("log_time")


def _routes(form: Form) -> list[Route]:
    return [form.route, *form.routes.values()]
