"""64 bytes at a time, by vector instructions: LLVM divides them where the machine's are shorter.

No bound is checked: LANES bytes have to be there from each place on.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from parsers.kernels.kinds import LANES

_VECTOR = ir.VectorType(ir.IntType(8), LANES)


def _loaded(context: Any, builder: Any, signature: Any, values: Any, array: int) -> Any:
    """The bytes of an argument from the place on that the next argument is."""
    data = context.make_array(signature.args[array])(context, builder, values[array]).data
    place = builder.gep(data, [values[array + 1]])
    return builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=1)


def _all(octet: int) -> ir.Constant:
    return ir.Constant(_VECTOR, [octet] * LANES)


def _spread(builder: Any, octet: Any) -> Any:
    """A byte that is known only when the kernel runs, in every lane."""
    first = ir.IntType(32)(0)
    lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), octet, first)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    return builder.shuffle_vector(lane, ir.Constant(_VECTOR, ir.Undefined), lanes)


@intrinsic
def special(_: Any, octets: Any, at: Any) -> Any:
    """Which bytes from `at` on are quotes, backslashes or control characters; lowest bit first."""
    del at

    def generated(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = _loaded(context, builder, signature, values, 0)
        marks = builder.icmp_unsigned("<", found, _all(32))
        for octet in b'"\\':
            marks = builder.or_(marks, builder.icmp_unsigned("==", found, _all(octet)))
        return builder.bitcast(marks, ir.IntType(64))

    return types.uint64(octets, types.intp), generated


@intrinsic
def matches(_: Any, octets: Any, at: Any, one: Any, two: Any, three: Any, below: Any) -> Any:
    """Which bytes from `at` on are one of three or, as signed ones, below another."""
    del at, one, two, three, below

    def generated(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = _loaded(context, builder, signature, values, 0)
        marks = builder.icmp_signed("<", found, _spread(builder, values[5]))
        for octet in values[2:5]:
            other = builder.icmp_unsigned("==", found, _spread(builder, octet))
            marks = builder.or_(marks, other)
        return builder.bitcast(marks, ir.IntType(64))

    octet = types.uint8
    return types.uint64(octets, types.intp, octet, octet, octet, types.int8), generated


@intrinsic
def equal(_: Any, octets: Any, at: Any, others: Any, place: Any) -> Any:
    """Which bytes from octets[at] on are those from others[place] on; lowest bit first."""
    del at, place

    def generated(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        one, other = (_loaded(context, builder, signature, values, array) for array in (0, 2))
        return builder.bitcast(builder.icmp_unsigned("==", one, other), ir.IntType(64))

    return types.uint64(octets, types.intp, others, types.intp), generated


@intrinsic
def lowest(_: Any, bits: Any) -> Any:
    """Which bit is the lowest that is set, of 64; one of them is."""
    del bits

    def generated(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        del context, signature
        return builder.cttz(values[0], ir.IntType(1)(1))

    return types.int64(types.uint64), generated
