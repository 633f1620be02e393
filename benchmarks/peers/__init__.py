"""What an expert would write by hand: one DuckDB script for each kind of log, into a file database.

Each script reads two DuckDB variables: `files`, a list of paths, and `tolerant`, whether lines that
do not fit are dropped (delimited formats only; without it the first one ends the load).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

SCRIPTS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.sql"))}
TABLES = {name: name.removesuffix("_v5").removesuffix("_whole") for name in SCRIPTS}


def load(
    name: str, files: Sequence[Path], database: Path, *, tolerant: bool = False, threads: int = 0
) -> int:
    """Run one script into a new database file and return the rows of its table.

    `threads` 0 leaves the choice to DuckDB. Raises duckdb.Error when DuckDB cannot read the files.
    """
    with duckdb.connect(str(database), config={"threads": threads} if threads else {}) as case:
        case.execute("SET VARIABLE files = $files", {"files": [str(path) for path in files]})
        case.execute("SET VARIABLE tolerant = $tolerant", {"tolerant": tolerant})
        case.execute(SCRIPTS[name].read_text("utf-8"))
        counted = case.execute(f"SELECT count(*) FROM {TABLES[name]}").fetchone()
    assert counted is not None
    return int(counted[0])
