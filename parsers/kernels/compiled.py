"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, made when it is first called and kept beside its module.

    Every index is checked: bytes of evidence are hostile, and memory is not theirs to read. The
    lock of the interpreter is let go. Where nothing can be kept, each process compiles anew.
    """
    try:
        return cast(F, numba.njit(function, cache=True, boundscheck=True, nogil=True))
    except RuntimeError:  # no folder to keep it in
        return cast(F, numba.njit(function, boundscheck=True, nogil=True))
