"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, made when it is first called and kept beside its module.

    The lock of the interpreter is let go. Indices are not checked, which costs a kernel half to
    four fifths of its speed: it has to be plain from each loop that no byte of evidence leads
    outside of an array. All tests, fuzzing among them, run with NUMBA_BOUNDSCHECK=1, which checks.
    """
    try:
        return cast(F, numba.njit(function, cache=True, nogil=True))
    except RuntimeError:  # no folder to keep it in
        return cast(F, numba.njit(function, nogil=True))


def inlined(function: F) -> F:
    """The same for a function that is only a part of others."""
    return cast(F, numba.njit(function, inline="always", nogil=True))
