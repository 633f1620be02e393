"""Units made to break the reader of everybody else's: each costs itself."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forensics.ingest import Options, ingest
from forensics.ingest.parts import Settings
from forensics.ingest.worker import BLOCK, Reader
from parsers import json_text, kernels
from parsers.contract import Block
from parsers.formats import BY_NAME
from parsers.formats.cloudtrail import CLOUDTRAIL
from parsers.formats.route53_resolver import ROUTE53_RESOLVER

RECORD = {
    "eventVersion": "1.09",
    "userIdentity": {"type": "IAMUser"},
    "eventTime": "2024-05-01T10:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "x",
    "awsRegion": "us-east-1",
    "eventID": "00000000-0000-4000-8000-000000000001",
}


def block_of(units: list[bytes]) -> Block:
    lengths = np.array([len(unit) + 1 for unit in units], dtype=np.int64)
    ends = np.cumsum(lengths)
    numbers = np.arange(1, len(units) + 1)
    return Block(b"\n".join(units) + b"\n", ends - lengths, ends - 1, ends, numbers, numbers)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_is_of_no_format_is_rejected_whatever_is_asserted(name: str, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "garbage.log").write_bytes(b"\x01 no log at all\n" * 3)

    summary = ingest([tmp_path / "dump"], tmp_path / "a.duckdb", Options(jobs=0, asserted=name))

    assert summary.failures == []
    said = summary.as_json()
    assert said["sources"]["damaged"] == 0
    assert (
        said["records"]["units"]
        == said["records"]["rows"] + said["records"]["rejects"] + (said["records"]["structure"])
    )
    assert said["records"]["units"] > 0


@pytest.mark.parametrize(
    "when", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z"]
)
def test_a_time_that_no_calendar_has_costs_its_column(when: str, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    document = json.dumps({"Records": [RECORD, {**RECORD, "eventTime": when}]})
    (tmp_path / "dump" / "a.json.gz").write_bytes(gzip.compress(document.encode()))

    summary = ingest([tmp_path / "dump"], tmp_path / "a.duckdb", Options(jobs=0))

    records = summary.as_json()["records"]
    assert (summary.failures, records["rows"], records["rows_with_defects"]) == ([], 2, 1)


def test_a_unit_of_many_elements_is_no_burden_for_the_next_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernels, "LEAST", 0)
    many = json.dumps({**RECORD, "resources": [{}] * 50_000}, separators=(",", ":")).encode()
    usual = [json.dumps(RECORD).encode()] * 6_000

    first = CLOUDTRAIL.decode(block_of([many]))
    second = CLOUDTRAIL.decode(block_of(usual))

    assert len(first.rows.column("resources")[0]) == 50_000
    assert second.rows.num_rows == 6_000
    assert max(CLOUDTRAIL._kernel.room) < 0.34


def test_units_in_great_number_are_decoded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LEAST", 0)
    monkeypatch.setattr("parsers.engines.typed_json.MOST_UNITS", 7)
    block = block_of([json.dumps({**RECORD, "eventName": str(n)}).encode() for n in range(50)])

    found = CLOUDTRAIL.decode(block).rows

    assert found.column("eventName").to_pylist() == [str(number) for number in range(50)]
    assert found.column("record_no").to_pylist() == list(range(1, 51))


def alone(data: bytes) -> Block:
    one = np.array([1])
    return Block(data, one - 1, one * len(data), one - 1, one, one)


def test_texts_that_are_no_utf8_make_none_together() -> None:
    first, second = alone(b"hello \xc3"), alone(b"\xa9 again")

    joined = Block.joined([first, second, first])

    assert not json_text.is_utf8(joined.data)
    assert joined.texts() == [b"hello \xc3", b"\xa9 again", b"hello \xc3"]


@pytest.mark.parametrize(
    "doubled",
    ['["a"],"srcids":{"instance":"i-1"}', '["a"],"srcids":null', 'null,"srcids":["a"]',
     '{"instance":"i-1"},"srcids":["a"]', '{"instance":"i-1"},"srcids":[]',
     '[],"srcids":{"instance":"i-1"}', '[],"srcids":null'],
)  # fmt: skip
def test_a_member_of_two_meanings_given_twice_is_seen(
    doubled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "LEAST", 0)
    unit = f'{{"srcids":{doubled},"query_timestamp":"2024-05-01T10:00:00Z","srcaddr":"192.0.2.1"}}'
    block = block_of([unit.encode()])

    plain, fast = ROUTE53_RESOLVER.plain(block), ROUTE53_RESOLVER.decode(block)

    assert fast.rows.to_pylist() == plain.rows.to_pylist()


def test_what_is_pending_is_counted_with_all_that_it_holds() -> None:
    decoded: list[int] = []

    class Counting(Reader):
        def _decode(self) -> None:
            decoded.append(self.held)
            super()._decode()

        def _decoded(self, declared: Any, decoded: Any) -> None:
            """Nothing is kept here."""

    reader = Counting(Settings(), {}, 1)
    unit = json.dumps(RECORD).encode()
    for _ in range(4):
        block = block_of([unit])
        block.data += b" " * (BLOCK // 2)
        reader._add(CLOUDTRAIL, block)

    assert len(decoded) == 2
