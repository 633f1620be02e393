"""Columns whose values repeat: each value is listed once, and rows say which of them they have.

What is told of a value is told once, not row by row; a NULL is a row that has none of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Flags = npt.NDArray[np.bool_]


def repeated(values: pa.Array, indices: pa.Array) -> pa.DictionaryArray:
    """The value of each row; a row whose value is NULL has none, so that NULLs can be counted."""
    if values.null_count:
        is_value = np.asarray(values.is_valid())
        places = np.cumsum(is_value) - is_value
        indices = pa.array(places, indices.type, mask=~is_value).take(indices)
        values = values.drop_null()
    return pa.DictionaryArray.from_arrays(indices, values)


def of_rows(flags: Flags, indices: pa.Array) -> Flags:
    """Which rows have a value that is flagged."""
    if not flags.any():
        return np.zeros(len(indices), dtype=bool)
    return np.asarray(pa.array(flags).take(indices).fill_null(False))


def written_out(array: pa.Array) -> pa.Array:
    """The value of each row where it stands, whether it was listed or not."""
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
