"""A case to write into, and rows made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from forensics.evidence import Case
from forensics.evidence.schema import BY_NAME


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "case.duckdb"


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case without evidence, to be copied."""
    made = tmp_path_factory.mktemp("blank") / "case.duckdb"
    with Case.for_ingest(made):
        pass
    return made


@pytest.fixture
def case(blank: Path, path: Path) -> Iterator[Case]:
    shutil.copy(blank, path)
    with Case.for_ingest(path, threads=1) as opened:
        yield opened


@pytest.fixture
def connection(case: Case) -> duckdb.DuckDBPyConnection:
    return case.connection


def batch(table: str, **columns: list[Any]) -> pa.RecordBatch:
    """Some columns of a native table, as an engine would hand them out."""
    declared = BY_NAME[table].schema()
    arrays = []
    for name, values in columns.items():
        kind = declared.field(name).type
        storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        array = pa.array(values, storage)
        arrays.append(array if storage == kind else pa.ExtensionArray.from_storage(kind, array))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))
