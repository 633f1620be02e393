"""Mutated containers of every kind: what can be read is, what cannot is named, and nothing breaks.

Counts and seed as in `test_fuzz`; a failure names the container and the number, and keeps the file.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from forensics.evidence import Case, answer
from forensics.evidence.sums import check_sums
from forensics.ingest import Options, ingest
from forensics.intake import (
    Archive,
    Content,
    Limits,
    Location,
    NotEvidence,
    discover,
    expand,
    open_location,
    read,
)
from tests.cases import cases
from tests.intake.build import COMPRESS, outcome, tar, zipped
from tests.torture.mutation import Mutator
from tests.torture.oracle import no_hang, peak_bytes
from tests.torture.test_fuzz import GROWTH, HOW_MANY, INPUTS, QUICK, SEED

LIMITS = Limits(content_bytes=32 << 20, ratio_floor=1 << 20, members=2_000)
INGESTED = 100  # files of one ingest
Build = Callable[[dict[str, bytes]], bytes]


def _first(compress: Callable[[bytes], bytes]) -> Build:
    return lambda members: compress(next(iter(members.values())))


def _zip(method: int) -> Build:
    return lambda members: zipped(members, method)


def _around(outer: Callable[[bytes], bytes], inner: Build) -> Build:
    return lambda members: outer(inner(members))


def _streamed_zip(members: dict[str, bytes]) -> bytes:
    """A zip written to a pipe: sizes stand behind the data."""
    target = io.BytesIO()
    with zipfile.ZipFile(_Pipe(target), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 0)), content)
    return target.getvalue()


class _Pipe(io.RawIOBase):
    """Writes and nothing else."""

    def __init__(self, target: io.BytesIO) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        return self._target.write(data)  # type: ignore[arg-type]


def _chained(compress: Callable[[bytes], bytes]) -> Build:
    """Several streams one after the other, as `cat a.gz b.gz` makes them."""
    return lambda members: b"".join(map(compress, members.values()))


CONTAINERS: dict[str, Build] = {
    **{name: _first(compress) for name, compress in COMPRESS.items()},
    "gzips": _chained(COMPRESS["gzip"]),
    "zip": _zip(zipfile.ZIP_DEFLATED),
    "zip-stored": _zip(zipfile.ZIP_STORED),
    "zip-bzip2": _zip(zipfile.ZIP_BZIP2),
    "zip-lzma": _zip(zipfile.ZIP_LZMA),
    "zip-streamed": _streamed_zip,
    "tar": tar,
    **{f"tar+{name}": _around(compress, tar) for name, compress in COMPRESS.items()},
    "zip-in-tar+gzip": _around(COMPRESS["gzip"], lambda m: tar({"in.zip": zipped(m), **m})),
    "tar-in-zip": lambda members: zipped({"in.tar": tar(members), **members}),
    "gzip-in-zip": lambda members: zipped(
        {f"{n}.gz": gzip.compress(c) for n, c in members.items()}
    ),
}


def made(name: str, number: int) -> bytes:
    """Input `number` of a container."""
    chance = Random(f"{SEED}/{name}/{number}")
    members = {
        f"logs/{case.folder.parent.name}/{at}.log": Mutator(chance, [b"x"])(case.content)
        if chance.random() < 0.2
        else case.content
        for at, case in enumerate(chance.sample(cases(), chance.randint(1, 3)))
    }
    whole = CONTAINERS[name](members)
    return Mutator(chance, [whole, CONTAINERS[chance.choice(sorted(CONTAINERS))](members)])(whole)


@pytest.mark.parametrize("inputs", HOW_MANY)
@pytest.mark.parametrize("name", CONTAINERS)
def test_mutated_containers(
    name: str, inputs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, ends = peak_bytes(), Counter[str]()
    for number in range(inputs):
        ends += _one(name, number, tmp_path)
    grown = peak_bytes() - before
    with capsys.disabled():
        if inputs > QUICK:
            shown = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
            told = f"{name}: seed {SEED}, {inputs} inputs: {shown}; +{grown >> 20} MiB at peak"
            sys.stdout.write(f"\n{told}\n")
    assert grown < GROWTH


def _one(name: str, number: int, folder: Path) -> Counter[str]:
    file = folder / f"{name}-{number}"
    file.write_bytes(made(name, number))
    try:
        with no_hang():
            ends = _taken(file)
    except BaseException as error:
        error.add_note(f"seed {SEED}, container {name}, input {number}, kept in {file}")
        raise
    file.unlink()
    return ends


def _taken(file: Path) -> Counter[str]:
    """How everything in a file ended; all of it is read twice, the second time by its location."""
    ends, paths = Counter[str](), Counter[str]()
    for item in discover([file], LIMITS):
        for found in expand(item, LIMITS) if isinstance(item, Archive) else [item]:
            location = found[0] if isinstance(found, tuple) else found
            where = location.location if isinstance(location, NotEvidence) else location
            assert isinstance(where, Location)
            paths[where.path] += 1
            if isinstance(found, NotEvidence):
                assert found.reason
                ends[found.status] += 1
            elif isinstance(found, Location):
                ends[str(_again(found)[-2])] += 1
            else:
                content = read(found[0], found[1], LIMITS)
                size = sum(map(len, content))
                _check(content, size)
                ends[content.status] += 1
                assert outcome(content) == _again(found[0])
    assert set(paths.values()) <= {1}, "a location is told of once"
    assert paths
    return ends


def _again(location: Location) -> tuple[object, ...]:
    with closing(open_location(location, LIMITS)) as stored:
        content = read(location, stored, LIMITS)
        _check(content, sum(map(len, content)))
    return outcome(content)


def _check(content: Content, size: int) -> None:
    assert content.bytes == size
    assert size <= LIMITS.content_bytes + (2 << 20)
    assert (content.status == "whole") == (content.damage is None)


# -------------------------------------------------------------------- into a case
@pytest.mark.parametrize("inputs", HOW_MANY)
def test_mutated_containers_are_ingested(inputs: int, tmp_path: Path) -> None:
    """Whole runs over what is broken: nothing raised, every file in the ledger, both sums."""
    for first in range(0, min(inputs, INPUTS // 10), INGESTED):
        dump, db = tmp_path / f"dump{first}", tmp_path / f"{first}.duckdb"
        dump.mkdir()
        for number in range(first, min(first + INGESTED, inputs)):
            name = sorted(CONTAINERS)[number % len(CONTAINERS)]
            (dump / f"{name}-{number}").write_bytes(made(name, -1 - number))
        summary = ingest([dump], db, Options(jobs=0, limits=LIMITS))
        with Case.for_reading(db) as case:
            assert check_sums(case.connection) == []
            query = "SELECT DISTINCT path FROM source_locations"
            paths = {row["path"] for row in answer(case.connection, query).to_pylist()}
        named = {path.removeprefix(f"{dump}{os.sep}").partition("!/")[0] for path in paths}
        assert named == {file.name for file in dump.iterdir()}
        assert summary.failures == []
        db.unlink()
