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
    QUOTE,
    REFUSED,
    SMALL_F,
    SMALL_N,
    SMALL_T,
    ZERO,
    literal_end,
    number_end,
    plain_end,
    skip_space,
    text,
    value_end,
)
from parsers.kernels.kinds import (
    BOOLEAN,
    ENCODED,
    LANES,
    LOOSE,
    NO_KIND,
    OBJECT,
    REAL,
    TEXT,
    TEXTS,
    VERBATIM,
)
from parsers.kernels.lanes import equal
from parsers.kernels.spans import Octets

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NULL = -1
FULL = -2  # the cells have no room for what is found
NOBODY = -1  # no row of elements: the cells are those of the unit; no member


class Tree(NamedTuple):
    """The declared members of all objects, object by object; the first is the unit itself.

    Members first[o]:last[o] are those of object o. A member may have a second meaning, for values
    that are lists. `inner` is the object that an OBJECT is, or that the elements of a LIST are.
    """

    first: Numbers
    last: Numbers
    names: Octets  # LANES for each member, the quote behind its name included
    lengths: Numbers  # of names
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
    refused: Flags  # by unit


class Opened(NamedTuple):
    """What is open, by its depth."""

    items: Numbers  # the object it is or its elements are; NOBODY: they are texts
    listing: Flags  # whether it is a list
    rows: Numbers  # the row its cells are in
    lists: Numbers  # the cell of a list
    lasts: Numbers  # the member read last
    brackets: Octets  # for what nobody declared


def read(
    octets: Octets, starts: Places, ends: Places, tree: Tree, cells: Cells, keeps_unknown: bool
) -> tuple[int, int]:
    """Read all units; how many elements and unknown members they have.

    PADDING has to stand behind the units. FULL stands for those that the cells have no room for.
    """
    items, rows, lists, lasts = (np.empty(DEEPEST, dtype=np.int32) for _ in range(4))
    listing, brackets = np.empty(DEEPEST, dtype=np.bool_), np.empty(DEEPEST, dtype=np.uint8)
    opened = Opened(items, listing, rows, lists, lasts, brackets)
    follows = np.arange(1, len(tree.kind) + 1, dtype=np.int32)
    begins = tree.first.copy()
    return _read(octets, starts, ends, tree, cells, keeps_unknown, opened, follows, begins)


@compiled
def _read(
    octets: Octets,
    starts: Places,
    ends: Places,
    tree: Tree,
    cells: Cells,
    keeps_unknown: bool,
    opened: Opened,
    follows: Numbers,
    begins: Numbers,
) -> tuple[int, int]:
    """As `read` does.

    `follows` is the member that mostly comes after each, `begins` the one that mostly comes first,
    by object: what is met is remembered there.

    This is one long loop because what it passed to functions, it would pass piece by piece: divided
    it takes three times as long.
    """
    items, listing, rows, lists, lasts, brackets = opened
    elements = unknown = 0
    for unit in range(len(starts)):
        elements_before, unknown_before = elements, unknown
        at, end = starts[unit], ends[unit]
        items[0], listing[0], rows[0], lasts[0] = 0, False, NOBODY, NOBODY
        depth = 1 if at < end and octets[at] == OPEN_OBJECT else 0
        at = skip_space(octets, at + 1) if depth else REFUSED
        fresh = True  # nothing has been read of what was opened last
        while depth:
            if at < 0 or at >= end:
                at = REFUSED
                break
            top = depth - 1
            row = rows[top]
            mark = octets[at]
            # ------------------------------------------------ the end of what is open
            if mark == CLOSE_OBJECT or mark == CLOSE_LIST:
                if (mark == CLOSE_LIST) != listing[top]:
                    at = REFUSED
                    break
                depth = top
                fresh = False
                at += 1
                if depth or at < end:
                    at = skip_space(octets, at)
                continue
            if not fresh:
                if mark != COMMA:
                    at = REFUSED
                    break
                at = skip_space(octets, at + 1)
            fresh = False
            # ------------------------------------------------ an element
            if listing[top]:
                if elements == cells.elements.shape[1]:
                    return FULL, 0
                if row == NOBODY:
                    cells.units[2 * lists[top], unit] += 1
                else:
                    cells.elements[2 * lists[top], row] += 1
                is_text = items[top] == NOBODY
                cells.unit_of[elements] = unit
                cells.owner[elements] = lasts[top] if is_text else items[top]
                elements += 1
                if octets[at] != (QUOTE if is_text else OPEN_OBJECT) or depth == DEEPEST:
                    at = REFUSED
                elif is_text:
                    low, high = text(octets, at)
                    cells.elements[0, elements - 1] = low
                    cells.elements[1, elements - 1] = high
                    at = skip_space(octets, high + 1) if high > 0 else REFUSED
                else:
                    items[depth], listing[depth] = items[top], False
                    rows[depth], lasts[depth] = elements - 1, NOBODY
                    depth += 1
                    fresh = True
                    at = skip_space(octets, at + 1)
                continue
            # ------------------------------------------------ the name of a member
            if octets[at] != QUOTE:
                at = REFUSED
                break
            name = at + 1
            item, last = items[top], lasts[top]
            member = begins[item] if last == NOBODY else follows[last]
            if member < tree.last[item] and is_name(
                octets, name, tree.names, tree.lengths[member], member
            ):
                at = name + tree.lengths[member]
            else:
                at = plain_end(octets, name)
                member = named(
                    octets, name, at, tree.names, tree.lengths, tree.first[item], tree.last[item]
                )
                if member != NOBODY and last == NOBODY:
                    begins[item] = member
                elif member != NOBODY:
                    follows[last] = member
            name_end = at
            at = skip_space(octets, at + 1)
            if octets[name_end] != QUOTE or octets[at] != COLON:
                at = REFUSED
                break
            at = skip_space(octets, at + 1)
            low = at
            # ------------------------------------------------ a value that nobody declared
            if member == NOBODY:
                at = value_end(octets, at, brackets, depth)
                if at > 0 and keeps_unknown:
                    if row != NOBODY:
                        at = REFUSED
                        break
                    if unknown == cells.unknown.shape[1]:
                        return 0, FULL
                    cells.unknown[0, unknown], cells.unknown[1, unknown] = unit, item
                    cells.unknown[2, unknown], cells.unknown[3, unknown] = name, name_end
                    cells.unknown[4, unknown], cells.unknown[5, unknown] = low, at
                    unknown += 1
                at = skip_space(octets, at) if at > 0 else REFUSED
                continue
            # ------------------------------------------------ a value of a declared kind
            lasts[top] = member
            kind, cell, inner = tree.kind[member], tree.cell[member], tree.inner[member]
            if octets[at] == OPEN_LIST and tree.list_kind[member] != NO_KIND:
                kind, cell = tree.list_kind[member], tree.list_cell[member]
                inner = tree.list_inner[member]
            if kind >= OBJECT and octets[at] == (OPEN_OBJECT if kind == OBJECT else OPEN_LIST):
                if depth == DEEPEST:
                    at = REFUSED
                    break
                items[depth] = NOBODY if kind == TEXTS else inner
                listing[depth] = kind != OBJECT
                rows[depth], lists[depth] = row, cell
                lasts[depth] = inner if kind == TEXTS else NOBODY
                depth += 1
                fresh = True
                low, high = 0, 1
                at += 1
            else:
                # The two that are met nearly always first: the rest is for a function.
                first = octets[at]
                if first == QUOTE and TEXT <= kind <= LOOSE:
                    low, high = text(octets, at)
                    at = high + 1 if high > 0 else REFUSED
                elif kind == VERBATIM and first != SMALL_N:
                    at = high = value_end(octets, at, brackets, depth)
                else:
                    low, high, at = value(octets, at, kind, brackets, depth)
            other = cell  # of the member's other meaning
            if tree.list_kind[member] != NO_KIND:
                other = tree.list_cell[member] + tree.cell[member] - cell
            if row == NOBODY:
                known = cells.units[2 * cell + 1, unit] != 0
                known |= cells.units[2 * other + 1, unit] != 0
                cells.units[2 * cell, unit] = low
                cells.units[2 * cell + 1, unit] = high
            else:
                known = cells.elements[2 * cell + 1, row] != 0
                known |= cells.elements[2 * other + 1, row] != 0
                cells.elements[2 * cell, row] = low
                cells.elements[2 * cell + 1, row] = high
            at = REFUSED if known or at < 0 else skip_space(octets, at)
        if at != end:
            cells.refused[unit] = True
            cells.units[:, unit] = 0
            cells.elements[:, elements_before:elements] = 0
            elements, unknown = elements_before, unknown_before
    return elements, unknown


@compiled
def named(
    octets: Octets, at: int, end: int, names: Octets, lengths: Numbers, first: int, last: int
) -> int:
    """The member from `first` to `last` whose name is octets[at:end]; NOBODY if none has it."""
    for member in range(first, last):
        if lengths[member] == end - at and is_name(octets, at, names, lengths[member], member):
            return member
    return NOBODY


@inlined
def is_name(octets: Octets, at: int, names: Octets, length: int, member: int) -> bool:
    """Whether the text at `at` is the name of a member, to its closing quote."""
    wanted = (np.uint64(2) << np.uint64(length)) - np.uint64(1)
    return bool(equal(octets, at, names, member * LANES) & wanted == wanted)


@compiled
def value(octets: Octets, at: int, kind: int, brackets: Octets, depth: int) -> tuple[int, int, int]:
    """The cell of a value that is null, no text and not VERBATIM, and its end.

    REFUSED where it is not of its kind.
    """
    first = octets[at]
    if kind < TEXT:
        return at, 0, REFUSED
    if first == SMALL_N:
        return at, NULL, literal_end(octets, at)
    if kind == ENCODED and first != QUOTE:
        end = value_end(octets, at, brackets, depth)
        return at, end, end
    if first == SMALL_T or first == SMALL_F:
        end = literal_end(octets, at) if kind == BOOLEAN or kind == LOOSE else REFUSED
        if kind == BOOLEAN:
            return 1 if first == SMALL_T else 0, 1, end
        return at, end, end
    fits = LOOSE <= kind <= REAL and (first == MINUS or ZERO <= first <= NINE)
    end = number_end(octets, at) if fits else REFUSED
    return at, end, end
