"""Bytes copied by the machine's own means: a loop over short texts is several times slower."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from parsers.kernels.compiled import inlined

Octets = npt.NDArray[np.uint8]
WORD = 8  # bytes that `copy_word` copies


@intrinsic
def copy_word(_: Any, target: Any, at: Any, source: Any, low: Any) -> Any:
    """target[at:at + WORD] = source[low:low + WORD]: bounds are for the caller to check."""
    del at, low

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64).as_pointer()
        pointers = []
        for array, index in ((0, 1), (2, 3)):
            made = context.make_array(signature.args[array])(context, builder, arguments[array])
            pointers.append(builder.bitcast(builder.gep(made.data, [arguments[index]]), word))
        builder.store(builder.load(pointers[1], align=1), pointers[0], align=1)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generated


@intrinsic
def _copied(_: Any, target: Any, at: Any, source: Any, low: Any, count: Any) -> Any:
    """Copy `count` bytes from source[low] on to target[at] on."""
    del at, low, count

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointers = []
        for array, index in ((0, 1), (2, 3)):
            made = context.make_array(signature.args[array])(context, builder, arguments[array])
            pointers.append(builder.gep(made.data, [arguments[index]]))
        cgutils.raw_memcpy(builder, pointers[0], pointers[1], arguments[4], 1)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generated


@inlined
def copy(target: Octets, place: int, source: Octets, low: int, count: int) -> None:
    """target[place:place + count] = source[low:low + count], both within bounds or IndexError."""
    if place < 0 or low < 0 or place + count > len(target) or low + count > len(source):
        raise IndexError("bytes to be copied lie outside of their array")
    if count > 0:
        _copied(target, place, source, low, count)
