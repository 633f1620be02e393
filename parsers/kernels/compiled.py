"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from parsers.kernels import kept

F = TypeVar("F", bound=Callable[..., Any])

_CONFIG: Any = numba.config
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}  # no runtime for arrays


def compiled(function: F) -> F:
    """The function as machine code, made when it is first called and kept in `kept.folder`.

    The lock of the interpreter is let go. Indices are not checked, which costs a kernel half to
    four fifths of its speed: it has to be plain from each loop that no byte of evidence leads
    outside of an array. All tests, fuzzing among them, run with NUMBA_BOUNDSCHECK=1, which checks.
    Where there is no folder, each process compiles anew.
    """
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = kept.folder()
    try:
        cached = bool(_CONFIG.CACHE_DIR)
        return cast(F, numba.njit(**_OPTIONS, cache=cached)(function))
    finally:
        _CONFIG.CACHE_DIR = before


def inlined(function: F) -> F:
    """The same for a function that is only a part of others."""
    return cast(F, numba.njit(**_OPTIONS, inline="always")(function))
