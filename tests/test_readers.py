"""Two readers, one declaration: of any noise, the vector reader says what the plain one says."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import kernels
from parsers.contract import JSON, Block, Decoded, Format, Layout
from parsers.engines import delimited, pattern_objects
from parsers.engines.patterns import Patterns
from parsers.formats import BY_NAME, FORMATS
from parsers.framing.subscription_proof import is_json
from parsers.identify import Identified
from parsers.reading import Outcome, Reading, read_as
from tests.cases import cases
from tests.noise import corrupted, events, is_subsequence, noisy_line, noisy_object, written

EXAMPLES = [40, pytest.param(3000, marks=pytest.mark.torture)]


class Pool(NamedTuple):
    """Units of one format and layout, from its fixtures."""

    declared: Format
    layout: Layout
    units: list[bytes]
    context: pa.RecordBatch | None


@functools.cache
def pools() -> dict[str, list[Pool]]:
    found: dict[tuple[str, Layout, bool], Pool] = {}
    for case in cases():
        identified = case.identified(case.key)
        if not isinstance(identified, Identified):
            continue
        for declared, block in Reading(identified).blocks([case.content]):
            if block.table is not None:  # its units have no text to make noise of
                continue
            place = (declared.name, block.layout, block.context is not None)
            pool = found.setdefault(place, Pool(declared, block.layout, [], block.context))
            pool.units.extend(block.texts())
    return {
        declared.name: [pool for pool in found.values() if pool.declared is declared]
        for declared in FORMATS
    }


def block_of(pool: Pool, units: Sequence[bytes], between: bytes) -> Block:
    """The units as a block, with what is of no unit between them."""
    lengths = np.array([len(unit) for unit in units], dtype=np.int64)
    ends = np.cumsum(lengths + len(between)) - len(between)
    numbers = np.arange(1, len(units) + 1)
    context = None
    if pool.context is not None:
        context = pool.context.take(pa.array(np.zeros(len(units), dtype=np.int64)))
    data = between.join(units) + between
    source = np.zeros(len(units), dtype=np.int64)
    return Block(data, ends - lengths, ends, ends - lengths, source, numbers, pool.layout, context)


def outcome(decoded: Decoded) -> list[str]:
    """Everything a reader said, in one order."""
    rows = sorted(decoded.rows.to_pylist(), key=lambda row: row["record_no"])
    said = [rows, sorted(decoded.defects), sorted(decoded.rejects), sorted(decoded.structure)]
    return [repr(each) for each in said]


@st.composite
def noisy_blocks(draw: st.DrawFn, name: str) -> Block:
    pool = draw(st.sampled_from(pools()[name]))
    drawn = draw(st.lists(st.sampled_from(pool.units), min_size=1, max_size=8))
    noisy = noisy_object if drawn[0].lstrip().startswith(b"{") else noisy_line
    units = [draw(noisy(unit)) for unit in drawn]
    return block_of(pool, units, draw(st.sampled_from([b"\n", b"\r\n", b'"', b'\n"\n', b","])))


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_both_readers_agree_on_noise(
    name: str, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "FEWEST", 1)
    monkeypatch.setattr(pattern_objects, "FEWEST", 1)
    monkeypatch.setattr(kernels, "LEAST", 0)
    declared = BY_NAME[name]

    @settings(max_examples=examples)
    @given(noisy_blocks(name))
    def agree(block: Block) -> None:
        plain = declared.plain(block)

        assert outcome(declared.decode(block)) == outcome(plain)
        assert len(plain.rows) + len(plain.structure) + len(plain.rejects) == len(block)
        assert {defect.record_no for defect in plain.defects} <= set(
            plain.rows.column("record_no").to_pylist()
        )
        assert plain.rows.validate(full=True) is None

    agree()


PATTERNS = sorted(name for name, declared in BY_NAME.items() if isinstance(declared, Patterns))


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_need_no_kernels(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "AVAILABLE", False)

    @settings(max_examples=10)
    @given(noisy_blocks(name))
    def agree(block: Block) -> None:
        assert outcome(BY_NAME[name].decode(block)) == outcome(BY_NAME[name].plain(block))

    agree()


# What objects of one shape may differ in: values, nulls, objects inside, unknown members.
VARIED = st.sampled_from(
    [None, "", "-", "a", "ü", "\x00", "1", 1, -0.5, True, [], [1], {}, {"a": None}, "{}",
     "2024-05-01T10:00:00.123Z", "platform.start", "Failed password for a from 192.0.2.1 port 1"]
)  # fmt: skip


def _is_object(unit: bytes) -> bool:
    return unit.startswith(b"{") and is_json(unit)


@pytest.mark.parametrize("name", PATTERNS)
def test_objects_of_one_shape_are_read_as_each_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_objects, "FEWEST", 1)
    monkeypatch.setattr(kernels, "LEAST", 0)
    found = [pool for pool in pools()[name] if any(map(_is_object, pool.units))]
    if not found:
        pytest.skip("it has no objects")

    @settings(max_examples=60)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        pool = data.draw(st.sampled_from(found))
        record = json.loads(data.draw(st.sampled_from(list(filter(_is_object, pool.units)))))
        units = []
        for _ in range(data.draw(st.integers(1, 6))):
            varied = dict(record)
            for key in data.draw(st.lists(st.sampled_from([*record, "new", "time"]), max_size=3)):
                varied[key] = data.draw(VARIED)
            units.append(written(varied, data.draw(st.integers(0, 3))))
        block = block_of(pool, units, b"\n")

        assert outcome(pool.declared.decode(block)) == outcome(pool.declared.plain(block))

    agree()


# ---------------------------------------------------------------------------- one bad record
@st.composite
def one_corrupted(draw: st.DrawFn) -> tuple[list[bytes], int, bytes]:
    """Records of CloudTrail, which of them is to go wrong, and what it becomes."""
    records = draw(st.lists(events(), min_size=2, max_size=5))
    texts = [written(record, draw(st.integers(0, 3))) for record in records]
    bad = draw(st.integers(0, len(texts) - 1))
    return texts, bad, draw(corrupted(texts[bad]))


@given(one_corrupted())
def test_a_corrupted_record_changes_no_other_row(case: tuple[list[bytes], int, bytes]) -> None:
    texts, bad, corrupt = case
    known = Identified(BY_NAME["cloudtrail"], "records", (), "by this test")
    whole = read_as(b'{"Records":[' + b",".join(texts) + b"]}", known)
    texts[bad] = corrupt
    torn = read_as(b'{"Records":[' + b",".join(texts) + b"]}", known)
    wanted = [row for number, row in enumerate(rows_of(whole)) if number != bad]

    assert is_subsequence(wanted, rows_of(torn))


def rows_of(found: Outcome) -> list[str]:
    """Rows in order of the stream, without their numbers."""
    rows = [row for _, part in found.decoded for row in part.rows.to_pylist()]
    rows.sort(key=lambda row: row["record_no"])
    return [repr({**row, "record_no": 0}) for row in rows]


# ---------------------------------------------------------------------------- what DuckDB takes
DATABASE = duckdb.connect()
DATABASE.execute("SET threads=1; SET autoload_known_extensions=false")
PROBES = """
    SELECT count(*) FILTER (NOT json_valid(t)), count(t ->> '$.a'), count(json_keys(t::JSON)),
           count(json_type(t::JSON)), count(json_extract(t::JSON, '$."a"[0]'))
    FROM texts
"""


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_stands_in_a_json_column_is_json_for_duckdb(name: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(noisy_blocks(name))
    def valid(block: Block) -> None:
        found = json_texts(BY_NAME[name].plain(block).rows)
        DATABASE.register("texts", pa.table({"t": pa.array(found, pa.string())}))

        assert DATABASE.sql(PROBES).fetchall()[0][0] == 0, found

    valid()


def json_texts(rows: pa.RecordBatch) -> list[str]:
    """Every value of a JSON column."""
    return [
        text
        for field, column in zip(rows.schema, rows.columns, strict=True)
        if field.type == JSON
        for text in column.storage.drop_null().to_pylist()
    ]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_duckdb_stores_what_the_fixtures_become(name: str) -> None:
    for case in cases():
        if case.format != name:
            continue
        identified = case.identified(case.key)
        assert isinstance(identified, Identified)
        for _, part in read_as(case.content, identified).decoded:
            DATABASE.register("rows", pa.Table.from_batches([part.rows]))
            DATABASE.execute("CREATE OR REPLACE TABLE stored AS FROM rows")
            stored = DATABASE.sql("FROM stored").to_arrow_table()

            assert stored.to_pylist() == part.rows.to_pylist()
