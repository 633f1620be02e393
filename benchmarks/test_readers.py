"""Envelopes against what is in them, and formats of free text: by parsers alone, and into a case.

Seconds are those of the processor (ingest in one process), so that rows a second are those of one
core. Envelopes are to give 60 in 100 of the rows that their messages give bare, free text 150,000
lines a second.

    make bench ARGS="benchmarks/test_readers.py -k 'parsers and vpc_flow'"
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import SCALE, Logs
from benchmarks.generators import ENVELOPED, FORMATS, PATTERNS, Plan, uncompressed
from benchmarks.generators.delivery import pieces, write_body
from benchmarks.test_throughput import fresh
from forensics.ingest import Options, ingest, process
from parsers.identify import MOST, Identified, identify
from parsers.reading import Reading
from parsers.routing import decode

ROUNDS = 5
CHUNK = 1 << 20
ROWS = {"vpc_flow": 400_000, "cloudtrail": 40_000, "route53_resolver": 100_000}
CASES = {
    **{name: name for name in ROWS},
    **{log.name: log.name.rpartition("-")[0] for log in ENVELOPED},
    **{log.name: "free text" for log in PATTERNS},
}
"""Name of the log → group that it is compared in."""
pytestmark = pytest.mark.benchmark(timer=time.process_time, disable_gc=True)


@pytest.fixture(scope="module", autouse=True)
def as_a_worker() -> Iterator[None]:
    """Memory is used again, as in the processes that read evidence."""
    process.settle()
    yield
    gc.enable()


def rows_of(name: str) -> int:
    return int(ROWS.get(CASES[name], 100_000) * SCALE)


class Body(list[bytes]):
    """A sink that keeps what is written to it."""

    def write(self, piece: memoryview | bytes) -> None:
        """Keep a copy."""
        self.append(bytes(piece))


@cache
def content(name: str) -> tuple[bytes, ...]:
    """One whole source in chunks, as a file is read."""
    log, body = uncompressed(FORMATS[name]), Body()
    write_body(log, (part for _, part in pieces(log, Plan(rows_of(name), 1, 7))), body)
    whole = b"".join(body)
    return tuple(whole[at : at + CHUNK] for at in range(0, len(whole), CHUNK))


def decoded(found: Identified, chunks: Iterator[bytes]) -> int:
    """How many rows, rejects and structure units the source has."""
    count = 0
    for declared, block in Reading(found).blocks(chunks):
        for _, part in decode(declared, block):
            count += len(part.rows) + len(part.rejects)
    return count


@pytest.mark.parametrize("name", CASES)
def test_parsers(benchmark: Any, name: str) -> None:
    """From bytes to Arrow, nothing else."""
    chunks = content(name)
    head = b"".join(chunks[: MOST // CHUNK + 1])[:MOST]
    found = identify(head, whole=len(chunks) == 1 and len(chunks[0]) <= MOST, key=name)
    assert isinstance(found, Identified)
    benchmark.group = f"parsers: {CASES[name]}"

    count = benchmark.pedantic(lambda: decoded(found, iter(chunks)), rounds=ROUNDS, warmup_rounds=1)

    assert count == rows_of(name) + bool(name == "ssm_session")  # its header
    if benchmark.enabled:
        benchmark.extra_info["rows a second"] = int(count / benchmark.stats["min"])


@pytest.mark.parametrize("name", CASES)
def test_ingest(benchmark: Any, logs: Logs, tmp_path: Path, name: str) -> None:
    """From files to a case."""
    rows = rows_of(name)
    folder = logs(name=name, rows=int(rows / SCALE), files=4)
    benchmark.group = f"ingest: {CASES[name]}"

    def run(db: Path) -> int:
        totals = ingest([folder], db, Options(jobs=0)).totals
        return sum(count.rows + count.rejects for count in totals.formats.values())

    found = benchmark.pedantic(run, setup=fresh(tmp_path), rounds=3, warmup_rounds=1)

    assert found == rows + 4 * (name == "ssm_session")
