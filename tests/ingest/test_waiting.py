"""Rows that wait for the threads of DuckDB: in row groups, in order, none lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.evidence import insert_batches
from forensics.ingest import waiting
from forensics.ingest.waiting import Waiting, joined
from tests.ingest.conftest import Ingest, flows, hashes, rows, trail, write

GROUP = 10
SIZES = st.lists(st.integers(0, 35), max_size=12)


def batch(low: int, count: int, width: int = 1) -> pa.RecordBatch:
    return pa.record_batch({"n": range(low, low + count), "text": ["x" * width] * count})


@given(SIZES, st.integers(1, 4))
def test_rows_come_out_in_order_and_in_whole_groups(sizes: list[int], threads: int) -> None:
    found: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "ROW_GROUP", GROUP)
        queue = Waiting(threads)
        for size in sizes:
            low = len(found) + queue.rows
            assert queue.add([batch(low, size)], size * 10) == size
            due = queue.due()
            assert {each.num_rows for each in due} <= {GROUP}
            assert len(due) % threads == 0 if threads > 1 else due == []
            found += [n for each in due for n in each.column("n").to_pylist()]
        found += [n for each in queue.all() for n in each.column("n").to_pylist()]

    assert found == list(range(sum(sizes)))
    assert (queue.rows, queue.size, queue.all()) == (0, 0, [])


def test_rows_too_long_to_wait_for_groups_come_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "ROW_GROUP", GROUP)
    queue = Waiting(2)
    queue.add([batch(0, 9)], 9 * waiting.MUCH // 5)

    assert queue.wanted == 1
    assert [each.num_rows for each in queue.due()] == [9]
    assert (queue.rows, queue.size) == (0, 0)


def test_batches_that_lack_columns_or_list_values_become_one() -> None:
    listed = pa.array(["a", None, "b"]).dictionary_encode()
    whole = joined(
        [
            pa.record_batch({"n": [1, 2, 3], "text": ["a", None, "b"]}),
            pa.record_batch({"text": ["c"], "more": [1.5]}),
            pa.record_batch({"n": [5]}),
        ]
    )

    assert whole is not None
    assert whole.to_pydict() == {
        "n": [1, 2, 3, None, 5],
        "text": ["a", None, "b", "c", None],
        "more": [None, None, None, 1.5, None],
    }
    alike = pa.record_batch({"text": pa.array(["d", "a"]).dictionary_encode()})
    first = pa.record_batch({"text": listed})
    both = joined([first, alike])
    assert both is not None
    assert both.column("text").to_pylist() == ["a", None, "b", "d", "a"]
    assert pa.types.is_dictionary(both.column("text").type)
    assert joined([first, pa.record_batch({"text": ["c"]})]) is None


def test_rows_that_are_listed_and_rows_that_are_not_wait_for_no_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Written out, a few bytes of listed values may take gigabytes."""
    monkeypatch.setattr(waiting, "ROW_GROUP", GROUP)
    listed = pa.record_batch({"text": pa.array(["a", "b"] * 8).dictionary_encode()})
    queue = Waiting(2)
    queue.add([listed], 100)
    queue.add([pa.record_batch({"text": ["c"] * 7})], 100)

    assert (queue.wanted, queue.due()) == (1, [])
    found = queue.all()
    assert [text for each in found for text in each.column("text").to_pylist()] == [
        *(["a", "b"] * 8),
        *(["c"] * 7),
    ]
    assert queue.wanted == 2 or queue.rows == 0


def test_a_case_is_the_same_however_many_threads_write_it(
    take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        write(tmp_path / f"dump/{number}.log.gz", flows(3000, first=3000 * number))
        write(tmp_path / f"dump/{number}.json.gz", trail(number, 40))
    take_in(tmp_path / "dump")
    monkeypatch.setattr(waiting, "ROW_GROUP", 1000)
    monkeypatch.setattr("forensics.ingest.writer.ROW_GROUP", 1000)
    used: list[int] = []

    def spied(*given: Any, threads: int) -> int:
        used.append(threads)
        return insert_batches(*given, threads=threads)

    monkeypatch.setattr("forensics.ingest.writer.insert_batches", spied)

    take_in(tmp_path / "dump", db="threads.duckdb", jobs=4)

    assert max(used) == 2
    assert rows(tmp_path / "threads.duckdb", "SELECT count(*) FROM vpc_flow") == [(18_000,)]
    assert hashes(tmp_path / "threads.duckdb") == hashes(tmp_path / "case.duckdb")
