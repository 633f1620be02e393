"""Columns whose values a table lists once: read like those that say each value again."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.evidence import Case
from forensics.ingest import Options, ingest
from parsers.contract import Block, Decoded, Units
from parsers.engines import rows
from parsers.formats import BY_NAME
from parsers.framing import parquet
from parsers.repeated import of_rows, repeated
from parsers.routing import decode

BROKEN = b"\xffACCEPT"
FLOW = {
    "version": "2",
    "account_id": "111122223333",
    "interface_id": "eni-0a1b2c3d4e5f60718",
    "bytes": "1",
    "start": "1735689600",
}


def listed(values: list[Any], indices: list[int | None], kind: pa.DataType | None = None) -> Any:
    """A dictionary array with just these values, whatever is used of them; bytes become texts."""
    is_text = any(isinstance(each, bytes) for each in values)
    array = pa.array(values, pa.binary()).view(pa.string()) if is_text else pa.array(values, kind)
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), array)


def block_of(columns: dict[str, Any]) -> Block:
    table = pa.RecordBatch.from_arrays(
        [each if isinstance(each, pa.Array) else pa.array(each) for each in columns.values()],
        [*columns],
    )
    return Block.of(parquet._units(table, 1), 0)


def fast(declared: str, block: Block) -> Decoded:
    (_, found), *others = decode(BY_NAME[declared], block)
    assert not others
    return found


def agreed(declared: str, block: Block) -> Decoded:
    """What both readers say of a block, the fast one like the plain one."""
    (_, plain), quick = decode(BY_NAME[declared], block, plain=True)[0], fast(declared, block)
    assert _said(quick) == _said(plain)
    assert quick.rows.validate(full=True) is None
    return quick


def _said(part: Decoded) -> list[Any]:
    found = sorted(part.rows.to_pylist(), key=lambda row: row["record_no"])
    return [repr(found), sorted(part.defects)]


def flows(**columns: Any) -> Decoded:
    count = len(next(iter(columns.values())))
    given = {name: [value] * count for name, value in FLOW.items()}
    return agreed("vpc_flow", block_of({k: pa.array(v) for k, v in given.items()} | columns))


# ---------------------------------------------------------------------------- values
def test_texts_stay_listed_and_numbers_of_addresses_are_those_of_each_value() -> None:
    found = flows(srcaddr=listed(["192.0.2.1", "no address", "2001:db8::1"], [2, 0, 0, 1]))

    assert pa.types.is_dictionary(found.rows.column("srcaddr").type)
    assert found.rows.column("srcaddr").to_pylist() == [
        *("2001:db8::1", "192.0.2.1", "192.0.2.1", "no address")
    ]
    assert found.rows.column("_srcaddr").to_pylist() == [
        *(0x20010DB800000000, 0xC0000201, 0xC0000201, None)
    ]


def test_rows_without_a_value_count_as_null() -> None:
    values = listed(["-", "192.0.2.1", None], [0, 1, None, 2, 0])

    found = flows(srcaddr=values).rows

    assert found.column("srcaddr").to_pylist() == [None, "192.0.2.1", None, None, None]
    assert found.column("srcaddr").null_count == 4
    assert found.column("_srcaddr").to_pylist() == [None, 0xC0000201, None, None, None]


@pytest.mark.parametrize("values", [["-"], [None], ["-", None], []])
def test_a_column_of_nothing_is_null(values: list[str | None]) -> None:
    indices = [*range(len(values)), None]

    found = flows(action=listed(values, indices, pa.string()), srcaddr=["192.0.2.1"] * len(indices))

    assert found.rows.column("action").null_count == len(indices)
    assert not found.defects


@pytest.mark.parametrize(
    ("name", "values", "fits"),
    [
        ("dstport", ["443", "https"], [443, None]),
        ("start", ["1735689600", "today"], [datetime(2025, 1, 1), None]),  # noqa: DTZ001 -- as columns
        ("action", [b"ACCEPT", BROKEN], ["ACCEPT", r"\xffACCEPT"]),
    ],
)
def test_a_value_that_does_not_fit_costs_the_rows_that_have_it_this_value(
    name: str, values: list[Any], fits: list[Any]
) -> None:
    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]

    found = flows(**{name: listed(values, [0, 1, 0]), "srcaddr": pa.array(addresses)})

    rows = sorted(found.rows.to_pylist(), key=lambda row: row["record_no"])
    assert [row["srcaddr"] for row in rows] == addresses
    assert [row[name] for row in rows] == [fits[0], fits[1], fits[0]]
    assert [(each.record_no, each.column) for each in found.defects] == [
        (2, "" if name == "action" else name)
    ]


@pytest.mark.parametrize("values", [["443", "https"], [b"443", b"\xff"]])
def test_a_value_that_no_row_has_is_no_defect(values: list[Any]) -> None:
    found = flows(dstport=listed(values, [0, None, 0]))

    assert found.rows.column("dstport").to_pylist() == [443, None, 443]
    assert not found.defects


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1735689600, 5], pa.int64()),
        ([b"1735689600", b"\xff"], pa.binary()),
        ([1735689600.0, 0.5], pa.float64()),
        ([[1, 2], None], pa.list_(pa.int8())),
        ([True, False], pa.bool_()),
    ],
)
def test_values_of_any_type_can_be_listed(values: list[Any], kind: pa.DataType) -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 0]), pa.array(values, kind))
    once = pa.array([values[1], values[0], None, values[0]], kind)

    for name in ("start", "bytes", "srcaddr", "something"):
        assert _said(flows(**{name: array})) == _said(flows(**{name: once}))


def test_fields_of_several_columns_and_columns_of_several_fields() -> None:
    ports = listed(["192.0.2.1:443", "-", "nowhere", "[2001:db8::1]:80"], [0, 1, 2, 3, None])
    times = listed(["2025-01-01T00:00:00.5Z", "then"], [0, 0, 1, 0, 0])
    found = agreed(
        "alb", block_of({"type": listed(["h2"], [0] * 5), "time": times, "client:port": ports})
    )

    rows = sorted(found.rows.to_pylist(), key=lambda row: row["record_no"])
    assert [(row["client_ip"], row["client_port"]) for row in rows] == [
        *(("192.0.2.1", 443), (None, None), (None, None), ("[2001:db8::1]", 80), (None, None))
    ]
    assert sorted(each.record_no for each in found.defects) == [3, 3]

    days, clocks = listed(["2025-01-01"], [0, 0, None]), listed(["10:00:00"], [0, None, None])
    web = agreed("cloudfront", block_of({"date": days, "time": clocks, "c-ip": ["192.0.2.1"] * 3}))
    assert [each.record_no for each in web.defects] == [2]


TEXTS = st.sampled_from([b"-", b"", b"6", b"06", b"192.0.2.1", b"192.0.2.1:80", b"a b", b"\xff"])
LISTS = st.lists(st.none() | TEXTS | st.binary(max_size=4), max_size=5)


@st.composite
def tables(draw: st.DrawFn, names: tuple[str, ...]) -> pa.RecordBatch:
    count = draw(st.integers(1, 5))
    arrays = []
    for _ in names:
        values = draw(LISTS)
        places = st.none() | st.integers(0, len(values) - 1) if values else st.none()
        indices = draw(st.lists(places, min_size=count, max_size=count))
        texts = pa.array(values, pa.binary()).view(pa.string())
        kind = draw(st.sampled_from([pa.int8(), pa.int32(), pa.uint16(), pa.int64()]))
        arrays.append(pa.DictionaryArray.from_arrays(pa.array(indices, kind), texts))
    return pa.RecordBatch.from_arrays(arrays, names)


NAMES = {
    "vpc_flow": ("version", "srcaddr", "dstport", "start", "action", "else"),
    "alb": ("type", "time", "client:port", "elb_status_code", "request", "target_ip", "else"),
    "cloudfront": ("date", "time", "c-ip", "sc-status", "time-taken", "else"),
}


@settings(max_examples=200)
@given(st.sampled_from(sorted(NAMES)).flatmap(lambda n: st.tuples(st.just(n), tables(NAMES[n]))))
def test_both_readers_agree_on_listed_values(given_: tuple[str, pa.RecordBatch]) -> None:
    name, table = given_
    found = agreed(name, Block.of(parquet._units(table, 1), 0))

    assert len(found.rows) == len(table)


def test_rows_are_numbered_in_the_order_in_which_they_are_kept() -> None:
    block = block_of({name: [value] * 2 for name, value in FLOW.items()})

    found = rows.batch(BY_NAME["vpc_flow"], block, np.array([1, 0]), {})

    assert found.column("record_no").to_pylist() == [2, 1]


def test_repeated_values_and_flags() -> None:
    indices = pa.array([3, 0, None, 1, 2], pa.int8())

    found = repeated(pa.array(["a", None, None, "b"]), indices)

    assert found.to_pylist() == ["b", "a", None, None, None]
    assert (found.null_count, found.dictionary.to_pylist()) == (3, ["a", "b"])
    flags = pa.array([False, True, False, False]).to_numpy(zero_copy_only=False)
    assert of_rows(flags, indices).tolist() == [False, False, False, True, False]


# ---------------------------------------------------------------------------- row groups
def written(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def tables_of(content: bytes) -> list[pa.RecordBatch]:
    found: list[Units] = list(parquet.frame([content]))
    return [each.table for each in found if each.table is not None]


def test_a_batch_lists_no_more_values_than_it_has_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 4)
    addresses = [f"192.0.2.{at % 7}" if at % 5 else None for at in range(26)]

    found = tables_of(written({"srcaddr": addresses}, row_group_size=13))

    assert [each for part in found for each in part.column(0).to_pylist()] == addresses
    assert all(pa.types.is_dictionary(part.schema.field(0).type) for part in found)
    assert len({part.schema.field(0).type for part in found}) == 1  # these can be joined
    assert all(len(part.column(0).dictionary) <= len(part) for part in found)


def test_row_groups_with_other_values_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 5)
    ports = ["443", "https", None, "-", "80", "22"] * 5
    addresses = [f"192.0.2.{at // 2}" for at in range(30)]
    given = {name: [value] * 30 for name, value in FLOW.items()}
    content = written(given | {"dstport": ports, "srcaddr": addresses}, row_group_size=7)

    parts = [Block.of(parquet._units(each, 1), 0) for each in tables_of(content)]
    for number, part in enumerate(parts):
        part.record_nos = part.record_nos + 100 * number
    rows = sorted(agreed("vpc_flow", Block.joined(parts)).rows.to_pylist(), key=_number)

    assert [row["srcaddr"] for row in rows] == addresses
    wanted = [int(each) if each and each.isdigit() else None for each in ports]
    assert [row["dstport"] for row in rows] == wanted


def _number(row: dict[str, Any]) -> int:
    return int(row["record_no"])


# ---------------------------------------------------------------------------- into a case
@pytest.mark.parametrize("jobs", [0, 1])
def test_listed_values_come_into_a_case_as_they_are(tmp_path: Path, jobs: int) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    given: dict[str, Any] = {name: [value] * 6 for name, value in FLOW.items()}
    addresses = ["192.0.2.1", None, "-", "192.0.2.2", "none", "192.0.2.1"]
    given |= {"srcaddr": addresses, "action": ["-"] * 6, "else": ["x", None, "-", "x", "y", "x"]}
    (folder / "flows.parquet").write_bytes(written(given, row_group_size=4))
    given["srcaddr"] = ["192.0.2.9"] * 6
    (folder / "more.parquet").write_bytes(written(given))

    ingest([folder], tmp_path / "case.duckdb", Options(jobs=jobs))

    others = "source_id <> (SELECT source_id FROM vpc_flow WHERE srcaddr = '192.0.2.9' LIMIT 1)"
    rows = f"SELECT srcaddr, _srcaddr, extra FROM vpc_flow WHERE {others} ORDER BY record_no"
    stored = """
        SELECT column_name FROM duckdb_columns() WHERE schema_name = 'stored'
            AND table_name = 'vpc_flow' AND column_name IN ('action', 'srcaddr')
    """
    with Case.for_reading(tmp_path / "case.duckdb") as case:
        assert case.connection.sql(rows).fetchall() == [
            ("192.0.2.1", 0xC0000201, '{"/else":"x"}'),
            (None, None, None),
            (None, None, None),
            ("192.0.2.2", 0xC0000202, '{"/else":"x"}'),
            ("none", None, '{"/else":"y"}'),
            ("192.0.2.1", 0xC0000201, '{"/else":"x"}'),
        ]
        held = case.connection.sql(stored).fetchall()
    assert held == [("srcaddr",)]  # what is never there is not stored
