"""Tables: torn, hostile, of odd types, and of columns that several formats could claim."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.evidence import Case
from forensics.ingest import Options, ingest
from parsers.contract import Block
from parsers.formats import BY_NAME
from parsers.framing import parquet
from parsers.identify import Identified, Unrecognised, asserted, identify
from parsers.reading import Outcome, read, read_as
from parsers.routing import decode

TABLE = {
    "version": pa.array([2, 2, 2], pa.int32()),
    "account_id": ["111122223333"] * 3,
    "interface_id": ["eni-0a1b2c3d4e5f60718"] * 3,
    "srcaddr": ["192.0.2.10", "192.0.2.11", "-"],
    "bytes": pa.array([1, 2, None], pa.int64()),
    "start": pa.array([1735689600] * 3, pa.int64()),
    "log_status": ["OK", "OK", "NODATA"],
}


def written(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def flows(count: int, **others: Any) -> bytes:
    columns = {name: [next(iter(values))] * count for name, values in TABLE.items()} | others
    columns = {
        name: values if isinstance(values, pa.Array) else [_value(each) for each in values]
        for name, values in columns.items()
    }
    return written(columns, row_group_size=max(count // 2, 1))


def _value(value: Any) -> Any:
    return value.as_py() if isinstance(value, pa.Scalar) else value


def outcome(content: bytes) -> Outcome:
    found = read(content)
    assert isinstance(found, Outcome), found.reason
    assert found.tally.unit_bytes + found.tally.structure_bytes == len(content)
    rows = sum(len(part.rows) for _, part in found.decoded)
    assert found.tally.units == rows + len(found.tally.rejects)
    return found


def rows(found: Outcome) -> list[dict[str, Any]]:
    return [row for _, part in found.decoded for row in part.rows.to_pylist()]


def reason(content: bytes) -> str:
    found = read(content)
    assert isinstance(found, Unrecognised)
    return found.reason


# ---------------------------------------------------------------------------- counting
@pytest.mark.parametrize("group", [1, 2, 3, 1000])
def test_row_groups_make_no_difference(group: int) -> None:
    found = outcome(written(TABLE, row_group_size=group))

    assert [row["record_no"] for row in rows(found)] == [1, 2, 3]
    assert [row["bytes"] for row in rows(found)] == [1, 2, None]
    assert [row["srcaddr"] for row in rows(found)] == ["192.0.2.10", "192.0.2.11", None]


def test_parts_of_a_row_group_are_numbered_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 2)
    monkeypatch.setattr(parquet, "PART", 50)

    assert [row["record_no"] for row in rows(outcome(flows(7)))] == [1, 2, 3, 4, 5, 6, 7]


def test_a_footer_that_counts_other_rows_than_are_there_is_damage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = pq.ParquetFile.iter_batches

    def short(self: Any, *args: Any, **options: Any) -> Any:
        for batch in real(self, *args, **options):
            yield batch.slice(1)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", short)
    found = outcome(flows(8))

    assert [each.code for each in found.tally.rejects] == ["torn", "torn"]
    assert "4 rows in the footer" in found.tally.damage


# ---------------------------------------------------------------------------- recognition
def test_columns_that_two_formats_know_are_claimed_by_neither() -> None:
    table = {"srcaddr": ["192.0.2.1"], "dstaddr": ["192.0.2.2"], "srcport": [1], "dstport": [2]}

    assert reason(written(table)) == "vpc_flow and tgw_flow both claim it; settle it with --as"


def test_the_analyst_settles_what_columns_do_not() -> None:
    table = {"srcaddr": ["192.0.2.1"], "dstaddr": ["192.0.2.2"], "srcport": [1], "dstport": [2]}
    content = written(table)

    found = read_as(content, asserted(content, "tgw_flow", whole=True))

    assert [(declared.name, len(part.rows)) for declared, part in found.decoded] == [
        ("tgw_flow", 1)
    ]


def test_columns_that_no_format_knows_are_named() -> None:
    table = {"type": [1], "time": [2], "user": ["a"]}

    assert reason(written(table)) == (
        "no format knows the columns of this Parquet file: 'type', 'time', 'user'"
    )


def test_the_schema_is_read_from_the_end_of_what_is_too_big_to_hold() -> None:
    content = flows(1000)

    found = identify(content[:4], whole=False, end=content[-3000:])

    assert isinstance(found, Identified)
    assert (found.format.name, found.framing) == ("vpc_flow", "parquet")


@pytest.mark.parametrize("names", [("bytes", "BYTES"), ("bytes", "Bytes", "b-y-t-e-s")])
def test_a_column_that_repeats_counts_once_and_is_kept(names: tuple[str, ...]) -> None:
    table = pa.table(
        [pa.array(values) for values in TABLE.values() if values is not TABLE["bytes"]]
        + [pa.array([at, at, at]) for at, _ in enumerate(names)],
        names=[*(name for name in TABLE if name != "bytes"), *names],
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)

    row = rows(outcome(sink.getvalue()))[0]

    assert row["bytes"] == 0
    assert all(f'"/{name}":"{at}"' in row["extra"] for at, name in enumerate(names) if at)


# ---------------------------------------------------------------------------- torn and hostile
def test_a_file_without_its_end_is_said_to_be_so() -> None:
    content = flows(100)

    assert "without its footer" in reason(content[:-1])
    assert "without its footer" in reason(content[:50])
    assert "which are not there" in reason(b"PAR1" + content[-8:])
    assert "cannot be read" in reason(content[:-400] + b"\xff" * 392 + content[-8:])
    assert "encrypted" in reason(b"PARE" + content[4:-4] + b"PARE")


def test_a_broken_row_group_costs_itself() -> None:
    content = bytearray(flows(1000, srcaddr=[f"192.0.2.{at % 251}" for at in range(1000)]))
    content[4:300] = b"\xff" * 296

    found = outcome(bytes(content))

    numbers = [row["record_no"] for row in rows(found)]
    assert numbers[-500:] == list(range(501, 1001))
    assert [each.record_no for each in found.tally.rejects] == [len(numbers) - 499]
    assert found.tally.damage.startswith("row group 0, from row")


def test_a_value_that_is_blown_up_a_million_times_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "BLOWN_UP", 8 << 20)
    monkeypatch.setattr(parquet, "PART", 1 << 20)
    content = flows(20_000, srcaddr=["y" * 10_000] * 20_000)

    found = outcome(content)

    assert 0 < len(rows(found)) < 1000
    assert "bytes in a file of" in found.tally.damage


def test_a_file_that_is_too_big_to_hold_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "LARGEST", 100)

    found = outcome(flows(100))

    assert (found.tally.units, found.tally.damage) == (
        0,
        "Parquet of more than 100 bytes is not read",
    )


# ---------------------------------------------------------------------------- two readers
VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.text(max_size=9) | st.sampled_from(["-", "", "6", "06", "1e3"])),
    "bytes": (pa.binary(), st.binary(max_size=5)),
    "small": (pa.int16(), st.integers(-(1 << 15), (1 << 15) - 1)),
    "large": (pa.uint64(), st.integers(0, (1 << 64) - 1)),
    "real": (pa.float64(), st.floats()),
    "moment": (pa.timestamp("ns"), st.integers(-(1 << 63) + 1, (1 << 63) - 1)),
    "day": (pa.date32(), st.integers(-(1 << 31), (1 << 31) - 1)),
    "truth": (pa.bool_(), st.booleans()),
    "list": (pa.list_(pa.timestamp("us")), st.lists(st.integers(0, 1 << 62), max_size=2)),
    "repeated": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["-", "a", "b"])),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.RecordBatch:
    names = ("version", "srcaddr", "dstport", "bytes", "start", "action", "else")
    count = draw(st.integers(1, 4))
    arrays = []
    for _ in names:
        kind, values = VALUES[draw(st.sampled_from(sorted(VALUES)))]
        drawn = draw(st.lists(st.none() | values, min_size=count, max_size=count))
        arrays.append(pa.array(drawn, kind))
    return pa.RecordBatch.from_arrays(arrays, names)


@settings(max_examples=150)
@given(tables())
def test_both_readers_agree_on_any_types(table: pa.RecordBatch) -> None:
    declared = BY_NAME["vpc_flow"]
    block = Block.of(parquet._units(table, 1), 0)

    (_, plain), (_, fast) = *decode(declared, block, plain=True), *decode(declared, block)

    def said(part: Any) -> list[Any]:
        found = sorted(part.rows.to_pylist(), key=lambda row: row["record_no"])
        return [repr(found), sorted(part.defects)]

    assert said(fast) == said(plain)
    assert len(plain.rows) == len(table)
    assert plain.rows.validate(full=True) is None
    assert len(block.texts()) == len(table)


# ---------------------------------------------------------------------------- into a case
def test_big_and_small_tables_come_into_a_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is larger is read a second time.
    monkeypatch.setattr("forensics.ingest.run.MOST_HELD", 1000)
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "flows.parquet").write_bytes(flows(1000))
    (tmp_path / "dump" / "torn.parquet").write_bytes(flows(500)[:-9])

    summary = ingest([tmp_path / "dump"], tmp_path / "case.duckdb", Options(jobs=0)).as_json()
    again = ingest([tmp_path / "dump"], tmp_path / "case.duckdb", Options(jobs=0)).as_json()

    assert summary["formats"]["vpc_flow"]["rows"] == 1000
    assert (summary["sources"]["complete"], summary["sources"]["unrecognised"]) == (1, 1)
    assert again["sources"]["skipped"] == 2
    with Case.for_reading(tmp_path / "case.duckdb") as case:
        query = "SELECT framing, units, rows, unit_bytes, structure_bytes = bytes FROM sources"
        found = case.connection.sql(f"{query} WHERE status = 'complete'").fetchall()
    assert found == [("parquet", 1000, 1000, 0, True)]
