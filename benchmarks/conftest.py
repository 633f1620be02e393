"""Logs to measure on, made once a session, and what is measured on them.

Set BENCH_ROWS to multiply the rows of every log (1 by default: a minute for the whole suite).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchmarks.generators import FORMATS, Plan, deliver
from benchmarks.generators.parquet import delivered

SCALE = float(os.environ.get("BENCH_ROWS", "1"))
PARQUET = "_parquet"
Logs = Callable[..., Path]


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """Makes a folder with generated logs, once per session and plan."""

    @cache
    def made(name: str, rows: int, files: int, odd: float = 0.0, unknown_key: bool = False) -> Path:
        folder = tmp_path_factory.mktemp(name)
        plan = Plan(int(rows * SCALE), files, 7, odd=odd, unknown_key=unknown_key)
        deliver(FORMATS[name.removesuffix(PARQUET)], plan, folder)
        if name.endswith(PARQUET):
            tables = tmp_path_factory.mktemp(name)
            delivered(folder, tables)
            return tables
        return folder

    return made
