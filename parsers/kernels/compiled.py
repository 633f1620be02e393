"""How kernels are compiled."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


_CONFIG: Any = numba.config
_HERE = os.path.dirname(__file__)


def _digest() -> str:
    """What changes with any kernel: one that is a part of others has no file of its own."""
    digest = hashlib.sha256()
    for name in sorted(os.listdir(_HERE)):
        if name.endswith(".py"):
            with open(os.path.join(_HERE, name), "rb") as source:
                digest.update(source.read())
    return digest.hexdigest()[:16]


_KEPT_IN = os.path.join(_CONFIG.CACHE_DIR or os.path.join(_HERE, "__pycache__"), _digest())


def compiled(function: F) -> F:
    """The function as machine code, made when it is first called and kept beside its module.

    The lock of the interpreter is let go. Indices are not checked, which costs a kernel half to
    four fifths of its speed: it has to be plain from each loop that no byte of evidence leads
    outside of an array. All tests, fuzzing among them, run with NUMBA_BOUNDSCHECK=1, which checks.
    """
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = _KEPT_IN
    try:
        return cast(F, numba.njit(function, cache=True, nogil=True))
    except RuntimeError:  # no folder to keep it in
        return cast(F, numba.njit(function, nogil=True))
    finally:
        _CONFIG.CACHE_DIR = before


def inlined(function: F) -> F:
    """The same for a function that is only a part of others."""
    return cast(F, numba.njit(function, inline="always", nogil=True))
