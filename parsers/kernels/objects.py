"""JSON objects read into a table of places: for each declared member, where its value stands.

What is declared comes as arrays (`Tree`), what is found goes into arrays (`Cells`). A cell is two
numbers, `low` and `high`: the place of a text (without its quotes; `low` is inverted where it has
escapes) or of a verbatim value; 0 or 1 of a boolean; how many elements a list has. `high` is 0 for
a member that is absent, NULL for one that is null, and at least 1 for a value.

Only what can be read in one way is taken: a unit with a member twice, with a value of another kind
than declared, with a name that has escapes, or in which anything is no JSON, is refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled, inlined
from parsers.kernels.json_values import (
    CLOSE_LIST,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    DEEPEST,
    MINUS,
    NINE,
    OPEN_LIST,
    OPEN_OBJECT,
    PLAIN,
    QUOTE,
    REFUSED,
    SMALL_F,
    SMALL_N,
    SMALL_T,
    ZERO,
    escaped_end,
    literal_end,
    number_end,
    skip_space,
    value_end,
)
from parsers.kernels.kinds import (
    BOOLEAN,
    ENCODED,
    INTEGER,
    LIST,
    LOOSE,
    NO_KIND,
    OBJECT,
    REAL,
    TEXT,
    TEXTS,
    VERBATIM,
)
from parsers.kernels.spans import Octets

Numbers = npt.NDArray[np.int32]

NULL = -1


class Tree(NamedTuple):
    """The declared members of all objects, object by object; the first is the unit itself.

    Members first[o]:last[o] are those of object o. A member may have a second meaning, for values
    that are lists. `inner` is the object that an OBJECT is, or that the elements of a LIST are.
    """

    first: Numbers
    last: Numbers
    names: Octets
    name_at: Numbers  # one more than there are members
    kind: Numbers
    cell: Numbers
    inner: Numbers
    list_kind: Numbers  # NO_KIND where a list has no meaning of its own
    list_cell: Numbers
    list_inner: Numbers


class Cells(NamedTuple):
    """What is found: cells by unit and by element of a list, and members that are not declared."""

    units: Numbers  # [2 * cell, unit]
    elements: Numbers  # [2 * cell, element]
    owner: Numbers  # the list's inner object, by element
    unit_of: Numbers  # by element
    unknown: Numbers  # [field, at]: unit, object, low and high of the name, of the value
    refused: npt.NDArray[np.bool_]  # by unit


@inlined
def _is_name(octets: Octets, at: int, tree: Tree, member: int) -> bool:
    """Whether the text at `at` is the name of a member, to its closing quote."""
    low, high = tree.name_at[member], tree.name_at[member + 1]
    for place in range(low, high):
        if octets[at + place - low] != tree.names[place]:
            return False
    return bool(octets[at + high - low] == QUOTE)


@compiled
def _named(octets: Octets, at: int, end: int, tree: Tree, item: int) -> int:
    """The member of an object whose name is octets[at:end]; -1 if none has it."""
    for member in range(tree.first[item], tree.last[item]):
        length = tree.name_at[member + 1] - tree.name_at[member]
        if length == end - at and _is_name(octets, at, tree, member):
            return member
    return -1


@compiled
def read(
    octets: Octets,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    tree: Tree,
    cells: Cells,
    keeps_unknown: bool,
) -> tuple[int, int]:
    """Read all units; how many elements and unknown members they have.

    A zero byte has to stand behind the units. (-1, -1) where the cells have no room for them.
    """
    follows = np.arange(1, len(tree.kind) + 1, dtype=np.int32)  # which member came after which
    begins = tree.first.copy()
    brackets = np.empty(DEEPEST, dtype=np.uint8)
    # What is open around the place: objects, and lists of objects or texts.
    items = np.empty(DEEPEST, dtype=np.int32)  # the object, or that of the elements; -1: texts
    listing = np.empty(DEEPEST, dtype=np.bool_)
    rows = np.empty(DEEPEST, dtype=np.int32)  # whose cells are filled; -1: those of the unit
    lists = np.empty(DEEPEST, dtype=np.int32)  # the cell of a list
    lasts = np.empty(DEEPEST, dtype=np.int32)  # the member that was read last
    element_count = 0
    unknown_count = 0
    most_elements = cells.elements.shape[1]
    most_unknown = cells.unknown.shape[1]
    for unit in range(len(starts)):
        end = ends[unit]
        at = starts[unit]
        elements_before, unknown_before = element_count, unknown_count
        fine = at < end and octets[at] == OPEN_OBJECT
        depth = 0
        if fine:
            items[0], listing[0], rows[0], lasts[0] = 0, False, -1, -1
            depth = 1
            at = skip_space(octets, at + 1)
        fresh = True  # nothing of what is open has been read yet
        while depth > 0:
            top = depth - 1
            mark = octets[at]
            if at >= end:
                fine = False
                break
            # ------------------------------------------------ the end of what is open
            if mark == CLOSE_OBJECT or mark == CLOSE_LIST:
                if (mark == CLOSE_LIST) != listing[top]:
                    fine = False
                    break
                depth -= 1
                at += 1
                if depth:
                    at = skip_space(octets, at)
                fresh = False
                continue
            if not fresh:
                if mark != COMMA:
                    fine = False
                    break
                at = skip_space(octets, at + 1)
                mark = octets[at]
            # ------------------------------------------------ an element
            if listing[top]:
                if element_count == most_elements:
                    return -1, -1
                parent = rows[top]
                if parent < 0:
                    cells.units[lists[top], unit] += 1
                else:
                    cells.elements[lists[top], parent] += 1
                cells.unit_of[element_count] = unit
                if items[top] < 0:
                    cells.owner[element_count] = lasts[top]
                    if mark != QUOTE:
                        fine = False
                        break
                    low = at + 1
                    high = low
                    while PLAIN[octets[high]]:
                        high += 1
                    if octets[high] != QUOTE:
                        high = escaped_end(octets, high)
                        if high < 0:
                            fine = False
                            break
                        low = ~low
                    cells.elements[0, element_count] = low
                    cells.elements[1, element_count] = high
                    element_count += 1
                    at = skip_space(octets, high + 1)
                    fresh = False
                    continue
                if mark != OPEN_OBJECT or depth == DEEPEST:
                    fine = False
                    break
                cells.owner[element_count] = items[top]
                items[depth], listing[depth] = items[top], False
                rows[depth], lasts[depth] = element_count, -1
                element_count += 1
                depth += 1
                at = skip_space(octets, at + 1)
                fresh = True
                continue
            # ------------------------------------------------ the name of a member
            item = items[top]
            if mark != QUOTE:
                fine = False
                break
            name = at + 1
            last = lasts[top]
            member = begins[item] if last < 0 else follows[last]
            if member < tree.last[item] and _is_name(octets, name, tree, member):
                at = name + tree.name_at[member + 1] - tree.name_at[member]
            else:
                at = name
                while PLAIN[octets[at]]:
                    at += 1
                if octets[at] != QUOTE:
                    fine = False
                    break
                member = _named(octets, name, at, tree, item)
                if member >= 0:
                    if last < 0:
                        begins[item] = member
                    else:
                        follows[last] = member
            name_end = at
            at = skip_space(octets, at + 1)
            if octets[at] != COLON:
                fine = False
                break
            at = skip_space(octets, at + 1)
            first = octets[at]
            row = rows[top]
            # ------------------------------------------------ a value nobody declared
            if member < 0:
                low = at
                at = value_end(octets, at, brackets, depth)
                if at < 0 or (keeps_unknown and row >= 0):
                    fine = False
                    break
                if not keeps_unknown:
                    at = skip_space(octets, at)
                    fresh = False
                    continue
                if unknown_count == most_unknown:
                    return -1, -1
                place = cells.unknown[:, unknown_count]
                place[0], place[1], place[2] = unit, item, name
                place[3], place[4], place[5] = name_end, low, at
                unknown_count += 1
                at = skip_space(octets, at)
                fresh = False
                continue
            lasts[top] = member
            kind, cell, inner = tree.kind[member], tree.cell[member], tree.inner[member]
            if first == OPEN_LIST and tree.list_kind[member] != NO_KIND:
                kind, cell = tree.list_kind[member], tree.list_cell[member]
                inner = tree.list_inner[member]
            if kind < TEXT:
                fine = False
                break
            low, high = at, 0
            # ------------------------------------------------ a value of a declared kind
            if first == SMALL_N:
                at = literal_end(octets, at)
                high = NULL
            elif kind == VERBATIM or (kind == ENCODED and first != QUOTE):
                at = value_end(octets, at, brackets, depth)
                high = at
            elif first == QUOTE and kind <= LOOSE:
                low = at + 1
                at = low
                while PLAIN[octets[at]]:
                    at += 1
                if octets[at] != QUOTE:
                    at = escaped_end(octets, at)
                    low = ~low
                high = at
                at = at + 1 if at > 0 else REFUSED
            elif kind == OBJECT:
                if first != OPEN_OBJECT or depth == DEEPEST:
                    at = REFUSED
                else:
                    items[depth], listing[depth] = inner, False
                    rows[depth], lasts[depth] = row, -1
                    at = skip_space(octets, at + 1)
                    depth += 1
                    low, high = 1, 1
            elif kind == LIST or kind == TEXTS:
                if first != OPEN_LIST or depth == DEEPEST:
                    at = REFUSED
                else:
                    items[depth], listing[depth] = inner if kind == LIST else -1, True
                    rows[depth], lists[depth] = row, 2 * cell
                    lasts[depth] = inner
                    at = skip_space(octets, at + 1)
                    depth += 1
                    low, high = 0, 1
            elif kind == BOOLEAN or (kind == LOOSE and (first == SMALL_T or first == SMALL_F)):
                at = literal_end(octets, at) if first == SMALL_T or first == SMALL_F else REFUSED
                high = at
                if kind == BOOLEAN:
                    low, high = 1 if first == SMALL_T else 0, 1
            elif kind == LOOSE or kind == INTEGER or kind == REAL:
                fits = first == MINUS or ZERO <= first <= NINE
                at = number_end(octets, at) if fits else REFUSED
                high = at
            else:
                at = REFUSED
            if at < 0:
                fine = False
                break
            if row < 0:
                fine = cells.units[2 * cell + 1, unit] == 0
                cells.units[2 * cell, unit] = low
                cells.units[2 * cell + 1, unit] = high
            else:
                fine = cells.elements[2 * cell + 1, row] == 0
                cells.elements[2 * cell, row] = low
                cells.elements[2 * cell + 1, row] = high
            if not fine:
                break
            if high == 1 and depth - 1 > top:
                fresh = True
            else:
                at = skip_space(octets, at)
                fresh = False
        if fine and at != end:
            at = skip_space(octets, at)
            fine = at == end
        if not fine:
            cells.refused[unit] = True
            cells.units[:, unit] = 0
            cells.elements[:, elements_before:element_count] = 0
            element_count, unknown_count = elements_before, unknown_before
    return element_count, unknown_count
