"""Columns of bytes, and how they are joined into the lines of a log without a loop per line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = Any  # pa.BinaryArray, one value for each line; pyarrow ships no types
Numbers: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

BYTES = pa.binary()
THOUSAND = pa.array([b"%03d" % number for number in range(1000)], BYTES)


def constant(text: str | bytes) -> Any:
    """One value that stands on every line."""
    return pa.scalar(text.encode() if isinstance(text, str) else text, BYTES)


DASH = constant("-")


def pool(values: Sequence[str | bytes]) -> Column:
    """The values that lines choose from."""
    return pa.array([v.encode() if isinstance(v, str) else v for v in values], BYTES)


def fixed(characters: npt.NDArray[np.uint8]) -> Column:
    """A matrix of characters, one line in each row, as a column."""
    count, width = characters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    parts = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters))]
    return pa.Array.from_buffers(BYTES, count, parts)


def whole(numbers: Numbers) -> Column:
    """Whole numbers in decimal digits."""
    return pc.cast(pc.cast(pa.array(numbers), pa.string()), BYTES)


def thousandths(numbers: Numbers) -> Column:
    """Numbers not below zero, counted in thousandths, with three decimal places: 1234 is 1.234."""
    return join(whole(numbers // 1000), constant("."), THOUSAND.take(pa.array(numbers % 1000)))


def six_digits(numbers: Numbers) -> Column:
    """Numbers below one million with leading zeros, as microseconds are written."""
    return join(*(THOUSAND.take(pa.array(n)) for n in (numbers // 1000, numbers % 1000)))


def moments(seconds: Numbers, pattern: str) -> Column:
    """Times in UTC as `strftime` writes them; `seconds` count from 1970."""
    return written(seconds, lambda second: datetime.fromtimestamp(second, UTC).strftime(pattern))


def written(numbers: Numbers, write: Callable[[int], str]) -> Column:
    """Each distinct number written once by `write`, however often it occurs."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return pool([write(int(number)) for number in distinct]).take(pa.array(places))


def join(*columns: Column, between: str = "") -> Column:
    """The columns side by side; at least one of them is no constant."""
    return pc.binary_join_element_wise(*columns, constant(between))


def quoted(column: Column) -> Column:
    """The column in double quotes, nothing escaped."""
    return join(constant('"'), column, constant('"'))


def where(mask: Mask, chosen: Column, otherwise: Column) -> Column:
    """`chosen` on the lines of the mask, `otherwise` on the rest."""
    return pc.if_else(pa.array(mask), chosen, otherwise)


def lines(*columns: Column, between: str = " ") -> Column:
    """Whole lines, each ended by a newline."""
    return join(join(*columns, between=between), constant("\n"))


def interleave(groups: Sequence[tuple[Numbers, Column]]) -> Column:
    """Columns made apart, put back in one order; each comes with the places of its lines."""
    places = np.concatenate([places for places, _ in groups])
    order = np.empty(len(places), dtype=np.int64)
    order[places] = np.arange(len(places))
    return pa.concat_arrays([column for _, column in groups]).take(pa.array(order))


def text_between(column: Column, first: int, last: int) -> memoryview:
    """The bytes of the lines from `first` up to, not including, `last`, as they follow each other.

    `column` must start at the start of its own buffers, as everything that `join` returns does.
    """
    assert column.offset == 0
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)
    return memoryview(column.buffers()[2])[int(offsets[first]) : int(offsets[last])]
