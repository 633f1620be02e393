"""Mutated evidence of every format, in every framing: read the same by any road, or refused.

    make fuzz                                   10,000 inputs for each format and container
    FUZZ_SEED=7 FUZZ_INPUTS=100000 make fuzz    others, or more of them

Every input is made from the seed, the format and its number alone; a failure names all three.
"""

from __future__ import annotations

import functools
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest

from forensics.evidence import Case as Database
from forensics.evidence import answer, insert_batches, insert_defects, insert_rejects
from forensics.evidence.ddl import stored
from forensics.ingest.counts import counts_by_source
from parsers.formats import BY_NAME
from parsers.framing import FRAMINGS, JOINED
from parsers.identify import HEAD, Identified, asserted, identify
from parsers.reading import Outcome
from tests.cases import UNRECOGNISED, Case, cases
from tests.torture.mutation import Mutator
from tests.torture.oracle import (
    batches,
    check_source,
    check_tiles,
    json_texts,
    no_hang,
    peak_bytes,
)

SEED = int(os.environ.get("FUZZ_SEED", "0"))
INPUTS = int(os.environ.get("FUZZ_INPUTS", "10000"))
QUICK = 15
GROWTH = 512 << 20  # bytes of memory that all inputs of a format together may add
STORED_EVERY = 20  # inputs; these are stored, and their units are laid side by side
WINDOWS = (0, 0, 16, 64, 500)
CHUNKS = (1 << 20, 1 << 20, 1000, 64, 7)
HOW_MANY = [QUICK, pytest.param(INPUTS, marks=pytest.mark.torture, id="many")]


class Input(NamedTuple):
    """One mutated source and how it is to be read."""

    content: bytes
    identified: Identified | None  # None: nobody recognises it
    chunk: int
    window: int


@functools.cache
def corpus() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {name: [] for name in [*BY_NAME, UNRECOGNISED]}
    for case in cases():
        found[case.format].append(case)
    return found


@functools.cache
def contents() -> list[bytes]:
    return [case.content for case in cases() if len(case.content) < 1 << 16]


@functools.cache
def known(case: Case) -> Identified | None:
    found = case.identified(case.key)
    return found if isinstance(found, Identified) else None


def made(name: str, number: int) -> Input:
    """Input `number` of a format."""
    chance = Random(f"{SEED}/{name}/{number}")
    known_cases = corpus()[name]
    weights = [1 / (500 + len(case.content)) for case in known_cases]  # small ones are read sooner
    (case,) = chance.choices(known_cases, weights)
    content = Mutator(chance, contents())(case.content)
    identified = chance.choice(_WAYS)(chance, case, content)
    return Input(content, identified, chance.choice(CHUNKS), chance.choice(WINDOWS))


# -------------------------------------------------------------------- ways to come to a reading
def _as_it_was(chance: Random, case: Case, content: bytes) -> Identified | None:
    """What is broken lies behind the bytes by which the source was recognised."""
    return known(case)


def _as_it_is(chance: Random, case: Case, content: bytes) -> Identified | None:
    found = identify(content[:HEAD], whole=len(content) <= HEAD, key=case.key)
    return found if isinstance(found, Identified) else None


def _on_the_analysts_word(chance: Random, case: Case, content: bytes) -> Identified | None:
    name = case.format if case.format in BY_NAME else chance.choice(sorted(BY_NAME))
    return asserted(content[:HEAD], name, whole=len(content) <= HEAD)


def _in_any_framing(chance: Random, case: Case, content: bytes) -> Identified | None:
    found = known(case)
    if found is None:
        return None
    fitting = [each for each in FRAMINGS if each not in JOINED or each in found.format.joined]
    return found._replace(framing=chance.choice(fitting))


_WAYS = (_as_it_was, _as_it_was, _as_it_is, _as_it_is, _on_the_analysts_word, _in_any_framing)


# -------------------------------------------------------------------- the target
@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database.for_ingest(tmp_path_factory.mktemp("fuzz") / "case.duckdb", threads=1) as case:
        yield case


@pytest.mark.parametrize("inputs", HOW_MANY)
@pytest.mark.parametrize("name", [*BY_NAME, UNRECOGNISED])
def test_mutated_sources(
    name: str, inputs: int, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, ends = peak_bytes(), Counter[str]()
    for number in range(inputs):
        ends += _one(name, number, database, tmp_path)
    grown = peak_bytes() - before
    with capsys.disabled():
        if inputs > QUICK:
            shown = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
            told = f"{name}: seed {SEED}, {inputs} inputs: {shown}; +{grown >> 20} MiB at peak"
            sys.stdout.write(f"\n{told}\n")
    assert grown < GROWTH


def _one(name: str, number: int, database: Database, folder: Path) -> Counter[str]:
    """How the units of one input ended; a failure names the input and keeps it."""
    given = made(name, number)
    try:
        with no_hang():
            return _read(given, database, store=number % STORED_EVERY == 0)
    except BaseException as error:
        kept = folder / f"{name}-{number}"
        kept.write_bytes(given.content)
        how = given._replace(content=b"...")
        error.add_note(f"seed {SEED}, format {name}, input {number}, kept in {kept}: {how}")
        raise


def _read(given: Input, database: Database, *, store: bool) -> Counter[str]:
    if given.identified is None:
        return Counter({"sources not recognised": 1})
    outcome = check_source(given.content, given.identified, given.chunk, given.window)
    if store:
        check_tiles(given.content, given.identified.framing, torn=False)
        check_tiles(given.content, given.identified.framing, torn=True)
        _store(outcome, database)
    counts = [counts_by_source(*decoded) for decoded in outcome.decoded]
    assert sum(each.units for found in counts for each in found.values()) == sum(
        part.rows.num_rows + len(part.structure) + len(part.rejects) for _, part in outcome.decoded
    )
    rejects = sum(len(part.rejects) for _, part in outcome.decoded) + len(outcome.tally.rejects)
    rows = sum(part.rows.num_rows for _, part in outcome.decoded)
    defects = sum(len(part.defects) for _, part in outcome.decoded)
    return Counter({"rows": rows, "rejects": rejects, "defects": defects})


def _store(outcome: Outcome, database: Database) -> None:
    """The case takes it, gives back what it took, and its JSON is what DuckDB takes for JSON."""
    parts = [part for _, part in outcome.decoded]
    with database.transaction() as connection:
        for name, rows in batches(outcome):
            insert_batches(connection, name, [rows])
            assert _texts(answer(connection, f'FROM "{name}"'), rows) == _texts(rows, rows)
            connection.execute(f"DELETE FROM {stored(name)}")
        _check_json([text for _, rows in batches(outcome) for text in json_texts(rows)], connection)
        insert_rejects(connection, [*outcome.tally.rejects, *(r for p in parts for r in p.rejects)])
        insert_defects(connection, [each for part in parts for each in part.defects])
        connection.execute("DELETE FROM rejects; DELETE FROM defects")


def _texts(found: pa.Table | pa.RecordBatch, like: pa.RecordBatch) -> list[str]:
    rows = found.select(like.schema.names).to_pylist()
    return [repr(row) for row in sorted(rows, key=lambda row: row["record_no"])]


def _check_json(texts: list[str], connection: duckdb.DuckDBPyConnection) -> None:
    connection.register("texts", pa.table({"t": pa.array(texts, pa.string())}))
    query = "SELECT t FROM texts WHERE NOT json_valid(t) OR length(t ->> '$.a') < 0"
    assert answer(connection, query).to_pylist() == []
    connection.unregister("texts")
