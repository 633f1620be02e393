"""A case that holds the rows of fixtures, read and inserted without an ingest."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from forensics.evidence import Case, LocationRow, insert_batches, insert_locations
from parsers.formats import BY_NAME
from parsers.identify import Unrecognised
from parsers.reading import read_as
from tests.cases import Case as Fixture
from tests.cases import cases

ACCOUNT, REGION = "444455556666", "ap-northeast-1"


def fixtures(*names: str) -> list[Fixture]:
    """The cases of these formats; of all without names."""
    return [each for each in cases() if each.format in (names or BY_NAME)]


def fill(case: Case, chosen: Iterable[Fixture]) -> dict[str, int]:
    """Insert the rows of fixtures, numbered as sources from 1; the source of each by its name."""
    sources: dict[str, int] = {}
    batches: dict[str, list[pa.RecordBatch]] = {}
    for source_id, fixture in enumerate(chosen, 1):
        found = fixture.identified(fixture.key)
        assert not isinstance(found, Unrecognised), fixture.name
        for declared, part in read_as(fixture.content, found).decoded:
            batches.setdefault(declared.name, []).append(_numbered(part.rows, source_id))
        sources[fixture.name] = source_id
    for table, parts in batches.items():
        insert_batches(case.connection, table, parts)
    places = [
        LocationRow(each, name, account_id=ACCOUNT, region=REGION) for name, each in sources.items()
    ]
    insert_locations(case.connection, places)
    return sources


def _numbered(rows: pa.RecordBatch, source_id: int) -> pa.RecordBatch:
    place = rows.schema.get_field_index("source_id")
    return rows.set_column(place, "source_id", pa.array([source_id] * len(rows), pa.int64()))
