"""Loops over bytes that no library has, compiled to machine code by numba.

A kernel is plain Python over NumPy arrays: it reads bytes, writes numbers, and decides nothing that
a plain reader does not decide; what it does not take is read on another road. Its modules are
loaded when they are first asked for (`kernels.spans`), since numba takes a tenth of a second.
Where there is no numba (`AVAILABLE`), the other roads take everything.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

AVAILABLE = find_spec("numba") is not None
LEAST = 1 << 20  # bytes that are worth the quarter of a second until kernels run


def worth(size: int) -> bool:
    """Whether so many bytes are to be read by kernels; once these are there, few are, too."""
    return AVAILABLE and ("numba" in sys.modules or size >= LEAST)


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
