"""From declared columns to the tree of members that a kernel reads JSON objects by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.contract import BOOLEAN, INTEGER, REAL, TEXT, TIME, Column
from parsers.engines.json_shapes import groups, is_raw, names_of
from parsers.kernels import kinds


class Place(NamedTuple):
    """A column, the cell of its values, and the number of the object it or each element is."""

    column: Column
    cell: int
    inner: int
    inside: tuple[Place, ...]

    @property
    def is_list(self) -> bool:
        """Whether its values are lists."""
        return bool(pa.types.is_list(self.column.type))


class _Meaning(NamedTuple):
    """How a value of one shape is taken."""

    kind: int
    cell: int
    inner: int


_NOTHING = _Meaning(kinds.NO_KIND, -1, -1)


class _Member(NamedTuple):
    name: str
    usual: _Meaning
    as_list: _Meaning


class Declared:
    """The members of all objects of a declaration, object by object; the first is the unit.

    Attributes:
        places: where the values of each column are found.
        paths: members that lead to each object, as far as no list stands between.
        unit_cells, element_cells: how many cells units and elements of lists have.

    Args:
        columns: the declaration.
        foreign: names whose presence says that a unit is spelt in another way.
    """

    def __init__(self, columns: Sequence[Column], foreign: Iterable[str] = ()) -> None:
        self.paths: list[tuple[str, ...]] = []
        self.element_cells = 1
        self._members: list[list[_Member]] = []
        cells = count()
        self.places = self._object(self._numbered(()), columns, (), cells)
        self.unit_cells = next(cells)
        self._forbid(0, foreign)

    def _numbered(self, path: tuple[str, ...]) -> int:
        self.paths.append(path)
        self._members.append([])
        return len(self._members) - 1

    def _object(
        self, number: int, columns: Sequence[Column], path: tuple[str, ...], cells: Iterator[int]
    ) -> tuple[Place, ...]:
        """Declare the members of an object."""
        places: list[Place] = []
        for group in groups(columns):
            mine = [self._place(column, path, cells) for column in group]
            lists = [_meaning(place) for place in mine if place.is_list]
            others = [_meaning(place) for place in mine if not place.is_list]
            usual = (others or lists)[0]
            self._members[number].append(_Member(group[0].key, usual, (*lists, _NOTHING)[0]))
            places += mine
        self._forbid(number, names_of(columns, 0).foreign)
        return tuple(places)

    def _place(self, column: Column, path: tuple[str, ...], cells: Iterator[int]) -> Place:
        cell = next(cells)
        if pa.types.is_list(column.type):
            number, own = self._numbered(path), count()
            inside = self._object(number, column.members, path, own)
            self.element_cells = max(self.element_cells, next(own))
            return Place(column, cell, number, inside)
        if column.members:
            below = (*path, column.key)
            number = self._numbered(below)
            return Place(column, cell, number, self._object(number, column.members, below, cells))
        return Place(column, cell, -1, ())

    def _forbid(self, number: int, foreign: Iterable[str]) -> None:
        known = {member.name for member in self._members[number]}
        refused = _Meaning(kinds.FOREIGN, -1, -1)
        fresh = sorted(set(foreign) - known)
        self._members[number] += [_Member(name, refused, _NOTHING) for name in fresh]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The fields of `kernels.objects.Tree`."""
        members = [member for each in self._members for member in each]
        names = [member.name.encode() for member in members]
        if max(map(len, names)) >= kinds.LANES:
            raise ValueError(f"a name of {max(map(len, names))} bytes is too long to be declared")
        last = list(accumulate(map(len, self._members)))
        numbers = {
            "first": [0, *last[:-1]],
            "last": last,
            "lengths": list(map(len, names)),
            "kind": [member.usual.kind for member in members],
            "cell": [member.usual.cell for member in members],
            "inner": [member.usual.inner for member in members],
            "list_kind": [member.as_list.kind for member in members],
            "list_cell": [member.as_list.cell for member in members],
            "list_inner": [member.as_list.inner for member in members],
        }
        found = {name: np.array(values, dtype=np.int32) for name, values in numbers.items()}
        rows = b"".join((name + b'"').ljust(kinds.LANES, b"\0") for name in names)
        return {**found, "names": np.frombuffer(rows, dtype=np.uint8)}


def _meaning(place: Place) -> _Meaning:
    return _Meaning(_kind(place.column), place.cell, place.inner)


def _kind(column: Column) -> int:
    """What the kernel has to expect of a column's values."""
    if column.verbatim:
        return kinds.ENCODED if column.encoded else kinds.VERBATIM
    if pa.types.is_list(column.type):
        return kinds.LIST if column.members else kinds.TEXTS
    if column.members:
        return kinds.OBJECT
    if column.loose or (column.type == TIME and is_raw(column)):
        return kinds.LOOSE
    simple = {TEXT: kinds.TEXT, TIME: kinds.TEXT, INTEGER: kinds.INTEGER}
    return (simple | {REAL: kinds.REAL, BOOLEAN: kinds.BOOLEAN})[column.type]
