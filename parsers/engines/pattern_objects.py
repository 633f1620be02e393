"""JSON objects of a pattern format, all that have the same members at once.

A kernel takes the objects apart and tells which have the same members. What these mean is planned
once for each such shape, by the same declaration as for a single object. What the kernel does not
take, and what only a single object can tell, is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text, kernels
from parsers.clocks import Clock
from parsers.contract import TEXT, Block, Flags, Integers, padded
from parsers.engines.json_kernel import sound
from parsers.engines.pattern_columns import MOMENT, is_one_of
from parsers.engines.pattern_forms import KIND, Members, Path, Route

FEWEST = 32  # objects of one shape that are worth columns of their own


class Sheaf(NamedTuple):
    """Units of one shape: which they are, and the texts of their columns."""

    indices: Integers
    texts: dict[str, pa.Array]
    extra: pa.Array | None
    clock: Clock | None

    def of(self, places: Integers, texts: Mapping[str, pa.Array]) -> Sheaf:
        """Some of the units; `texts` are those of further columns of theirs."""
        chosen = pa.array(places)
        own = {name: array.take(chosen) for name, array in self.texts.items()}
        for name, array in texts.items():
            own[name] = pc.coalesce(own[name], array) if name in own else array
        extra = None if self.extra is None else self.extra.take(chosen)
        return Sheaf(self.indices[places], own, extra, self.clock)


@dataclass(slots=True)
class _Group:
    """Units that have the same members: by path, in which rows of the table each one's stands."""

    indices: Integers
    members: dict[Path, Integers] = field(default_factory=dict)

    def of(self, places: Integers | Flags) -> _Group:
        """Some of the units."""
        own = {path: tables[places] for path, tables in self.members.items()}
        return _Group(self.indices[places], own)


class Objects:
    """The objects of one block; `left` are those that are to be read one by one."""

    def __init__(self, block: Block, declared: Sequence[Members]) -> None:
        self._octets = padded(block.data)
        self._block, self._declared = block, declared
        self.left: list[int] = []

    def sheaves(self, indices: Integers) -> Iterator[Sheaf]:
        """The units at `indices`, which begin like objects, by their shapes."""
        starts, ends = self._block.starts[indices], sound(self._block)[indices]
        for group in self._groups(_Group(indices), (), starts, ends):
            pending = [group]
            for each in self._declared:
                rest: list[_Group] = []
                for one in pending:
                    yield from self._taken(one, each, rest)
                pending = rest
            for one in pending:
                self._leave(one.indices)

    def _leave(self, indices: Integers) -> None:
        self.left += indices.tolist()

    # ---------------------------------------------------------------- members
    def _groups(
        self, group: _Group, path: Path, starts: Integers, ends: Integers
    ) -> Iterator[_Group]:
        """The group divided by the members of an object at `path` that each of its units has."""
        found = kernels.members.members(self._octets, starts, ends)
        for shape in np.unique(found.shapes).tolist():
            places = np.flatnonzero(found.shapes == shape)
            divided = group.of(places)
            firsts = found.firsts[places]
            spans = found.table[firsts[0] :, :2][: found.counts[places[0]]] if shape >= 0 else ()
            names = [self._block.data[low:high].decode() for low, high in spans]
            if shape < 0 or len(places) < FEWEST or len(set(names)) < len(names):
                self._leave(divided.indices)
                continue
            for at, name in enumerate(names):
                divided.members[*path, name] = found.table[firsts + at]
            yield divided

    def _flat(self, group: _Group, each: Members) -> Iterator[_Group]:
        """The group with the members of objects inside that the shape looks into."""
        for path, table in group.members.items():
            if table[0, 4] == kernels.members.OBJECT and each.looks_into(path):
                others = {other: held for other, held in group.members.items() if other != path}
                rest = _Group(group.indices, others)
                for found in self._groups(rest, path, table[:, 2].copy(), table[:, 3].copy()):
                    yield from self._flat(found, each)
                return
        yield group

    # ---------------------------------------------------------------- columns
    def _taken(self, group: _Group, each: Members, rest: list[_Group]) -> Iterator[Sheaf]:
        """Units that are of this shape; those that are not are added to the rest."""
        if not each.may_be([path[0] for path in group.members]):
            rest.append(group)
            return
        for flat in self._flat(group, each):
            plan = each.plan(tuple(flat.members))
            whole = self._sheaf(flat, each, plan) if plan is not None else None
            others = (
                np.ones(len(flat.indices), dtype=bool) if whole is None else ~_alike(whole, each)
            )
            if others.any():
                rest.append(group.of(np.isin(group.indices, flat.indices[others])))
            if whole is None or others.all():
                continue
            sheaf = whole if not others.any() else whole.of(np.flatnonzero(~others), {})
            if each.is_alone(plan or ()) or (MOMENT in sheaf.texts and not each.clock):
                self._leave(sheaf.indices)
            else:
                yield from self._within(sheaf, each)

    def _sheaf(self, group: _Group, each: Members, plan: Iterable[tuple[Path, str]]) -> Sheaf:
        count = len(group.indices)
        says = {KIND: each.kind, **each.says} if each.kind else dict(each.says)
        texts = {name: pa.repeat(pa.scalar(word, TEXT), count) for name, word in says.items()}
        taken: set[str] = set()
        others = dict(group.members)
        for path, column in plan:
            table = group.members[path]
            if table[0, 4] == kernels.members.NULL:
                del others[path]
            elif column not in taken:
                del others[path]
                taken.add(column)
                said = kernels.members.texts(self._octets, table)
                if each.absent:
                    said = pc.if_else(is_one_of(said, each.absent), texts.get(column), said)
                texts[column] = said
        return Sheaf(group.indices, texts, self._extra(others), each.clock)

    def _extra(self, members: Mapping[Path, Integers]) -> pa.Array | None:
        """What has no column, as an object of JSON pointers for each unit."""
        if not members:
            return None
        parts: list[pa.Array | str] = []
        for pointer, path in sorted((json_text.pointer(*path), path) for path in members):
            opening = "," if parts else "{"
            parts.append(f"{opening}{json_text.quoted(pointer).decode()}:")
            parts.append(kernels.members.verbatim(self._octets, members[path]))
        return pc.binary_join_element_wise(*parts, "}", "")

    def _within(self, sheaf: Sheaf, each: Members) -> Iterator[Sheaf]:
        """The units by what the text of one of their columns says."""
        held = sheaf.texts.get(each.within)
        if held is None or not each.forms:
            yield sheaf
            return
        found: dict[Route | None, tuple[list[int], list[tuple[str | None, ...]]]] = {}
        for place, text in enumerate(held.to_pylist()):
            route, parts = (each.form_of(text) if text else None) or (None, ())
            listed, taken = found.setdefault(route, ([], []))
            listed.append(place)
            taken.append(parts)
        for route, (listed, taken) in found.items():
            places = np.array(listed, dtype=np.int64)
            if route is None:
                yield sheaf.of(places, {}) if len(found) > 1 else sheaf
            elif route.finish:
                self._leave(sheaf.indices[places])
            else:
                yield _said(sheaf, route, places, taken)


def _said(
    sheaf: Sheaf, route: Route, places: Integers, taken: Sequence[tuple[str | None, ...]]
) -> Sheaf:
    """Units whose text is of this form, with what it says besides."""
    more = route.columns(taken)
    kind = more.pop(KIND)
    found = sheaf.of(places, more)
    if route.says[KIND]:
        found.texts[KIND] = kind
    return found


def _alike(sheaf: Sheaf, each: Members) -> Flags:
    """Which units look like those of the shape."""
    alike = np.ones(len(sheaf.indices), dtype=bool)
    for column, like in each.like.items():
        if column not in sheaf.texts:
            alike &= like.fullmatch("") is not None
            continue
        unique = sheaf.texts[column].fill_null("").dictionary_encode()
        fits = [like.fullmatch(text) is not None for text in unique.dictionary.to_pylist()]
        alike &= np.array(fits, dtype=bool)[np.asarray(unique.indices)]
    return alike
