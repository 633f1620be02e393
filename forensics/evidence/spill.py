"""What DuckDB writes beside a case when memory runs out: its owner's only, and gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ONLY = 0o077
_NAMED = "duckdb_temp_"


@contextmanager
def private() -> Iterator[None]:
    """Files made meanwhile are readable by their owner only: what is spilled is evidence."""
    umask = os.umask(OWNER_ONLY)
    try:
        yield
    finally:
        os.umask(umask)


def sweep(case: Path) -> None:
    """Remove what a process that was killed has left of its spilling.

    Only for the one who may write the case: while somebody reads it, the files may be in use.
    """
    folder = case.with_name(case.name + ".tmp")
    if folder.is_symlink() or not folder.is_dir():
        return
    for file in folder.iterdir():
        if file.name.startswith(_NAMED) and not file.is_dir():
            file.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
