"""What a worker process changes in itself: it reads evidence and does nothing else."""

from __future__ import annotations

import ctypes
import gc
import sys

import pyarrow as pa

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
KEPT = 256 << 20  # bytes that are free at the end of the heap before some are given back
LARGEST = 32 << 20  # what is larger is had from the system each time; glibc takes no more here


def settle() -> None:
    """Do without what costs time here."""
    gc.disable()  # records make no cycles, but hundreds of thousands of them keep a collector busy
    _keep_memory()
    # For every constant it is given, pyarrow tries to import dateutil; where there is none, that
    # is looked for on the disk each time.
    sys.modules.setdefault("dateutil", None)  # type: ignore[arg-type]


def tidy() -> None:
    """Between tasks: collect what refers to itself, as errors do; what is still there will stay."""
    gc.collect()
    gc.freeze()


def _keep_memory() -> None:
    """Have the C library and Arrow reuse what was freed; without glibc, they do as they do.

    The rows of one block take the room of those before. A page had anew costs a fault and has to
    be zeroed: of 2.3 CPU seconds for a million resolver queries, that took 0.2.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEPT)
        mallopt(_MMAP_THRESHOLD, LARGEST)
