"""Killed, starved and robbed: run again, and the case is the one of an undisturbed run."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.evidence import Case
from tests.torture.harness import ROOT, Bench, Point, address_space, bench, file_size

WRITER, WORKER, RUN = (f"forensics.ingest.{name}" for name in ("writer", "worker", "run"))
IN_MAIN = [
    Point("main", WRITER, "insert_batches"),
    Point("main", WRITER, "insert_rejects"),
    Point("main", WRITER, "insert_sources"),
    Point("main", WRITER, "Writer.flush"),
    Point("main", RUN, "supersede"),
    Point("main", RUN, "end_run"),
    Point("main", "forensics.evidence.case", "Case.close"),
]
IN_WORKER = [
    Point("worker", WORKER, "identify", 5),
    Point("worker", WORKER, "packed"),
    Point("worker", WORKER, "packed", 2),
    Point("worker", WORKER, "Reader._big"),
    Point("worker", WORKER, "Reader.handed_over", 2),
    Point("worker", WORKER, "expand"),
]
QUICK = [IN_MAIN[2], IN_WORKER[3]]


def name(point: Point) -> str:
    return f"{point.name}-{point.count}"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench(tmp_path_factory.mktemp("small"), 200_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench(tmp_path_factory.mktemp("large"), 1_000_000)


def killed_at(at: Bench, db: Path, point: Point) -> None:
    done = at.hurt(db, point=point)
    assert db.with_name(db.name + ".hurt").exists(), done.stderr
    if point.role == "worker":
        assert done.returncode == 0, done.stderr
        at.compare(db)  # another worker has done its work
    else:
        assert done.returncode == -9
    at.again(db)


@pytest.mark.parametrize("point", QUICK, ids=name)
def test_killed_at_a_point_quickly(small: Bench, tmp_path: Path, point: Point) -> None:
    killed_at(small, tmp_path / "case.duckdb", point)


@pytest.mark.torture
@pytest.mark.parametrize("point", [*IN_MAIN, *IN_WORKER], ids=name)
def test_killed_at_a_point(small: Bench, tmp_path: Path, point: Point) -> None:
    killed_at(small, tmp_path / "case.duckdb", point)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(60))
def test_killed_at_a_moment(
    large: Bench, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """One to three times in a row, at random moments of the whole run."""
    chance, db = random.Random(seed), tmp_path / "case.duckdb"
    ends = [
        large.hurt(db, after=chance.uniform(0.3, 8), jobs=chance.choice([0, 1, 2])).returncode
        for _ in range(chance.randint(1, 3))
    ]
    with capsys.disabled():
        sys.stdout.write(f"\nseed {seed}: killed in {ends.count(-9)} of {len(ends)} runs\n")
    large.again(db)


@pytest.mark.parametrize(
    "limit",
    [
        1,
        100_000,
        *(pytest.param(size, marks=pytest.mark.torture) for size in (10_000, 300_000, 900_000)),
        *(pytest.param(size, marks=pytest.mark.torture) for size in (1_500_000, 2_500_000)),
    ],
)
def test_a_full_disk(small: Bench, tmp_path: Path, limit: int) -> None:
    db = tmp_path / "case.duckdb"

    done = small.hurt(db, jobs=1, limits=file_size(limit))

    assert done.returncode == 1, done.stderr
    assert "no room left on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    small.again(db)


@pytest.mark.parametrize(
    ("gone", "point"),
    [
        ("trail/07.json.gz", Point("worker", WORKER, "identify", 2)),
        ("flow/big.log.gz", Point("worker", WORKER, "Reader._big")),
        pytest.param(
            "flow/big.log.gz",
            Point("worker", WORKER, "packed", 2),
            marks=pytest.mark.torture,
        ),
        pytest.param("packed.tar.gz", Point("worker", WORKER, "expand"), marks=pytest.mark.torture),
    ],
)
def test_a_source_removed_while_it_is_read(
    small: Bench, tmp_path: Path, gone: str, point: Point
) -> None:
    db, kept = tmp_path / "case.duckdb", tmp_path / "kept"
    shutil.copy2(small.dump / gone, kept)
    try:
        done = small.hurt(db, jobs=1, point=point, act=str(small.dump / gone))
    finally:
        shutil.copy2(kept, small.dump / gone)

    assert done.returncode == 0, done.stderr
    small.again(db)


@pytest.mark.torture
@pytest.mark.parametrize("megabytes", [700, 1000, 1300, 1700])
def test_memory_taken_away(small: Bench, tmp_path: Path, megabytes: int) -> None:
    """Whatever fails, it is told, and what was committed is whole."""
    db = tmp_path / "case.duckdb"

    small.hurt(db, jobs=1, limits=address_space(megabytes << 20))

    small.again(db)


def test_a_case_is_read_while_it_is_read(small: Bench) -> None:
    db = small.folder / "undisturbed.duckdb"
    query = [sys.executable, "-m", "forensics", "sql", "--db", str(db), "--format", "csv"]
    with Case.for_reading(db):
        many = [
            subprocess.Popen(
                [*query, "SELECT count(*) AS n FROM vpc_flow"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for _ in range(3)
        ]
        said = {process.communicate()[0] for process in many}

    assert len(said) == 1
    assert next(iter(said)).startswith("n\n2")


@pytest.mark.torture
def test_two_ingests_at_once(large: Bench, tmp_path: Path) -> None:
    db = tmp_path / "case.duckdb"
    words = [sys.executable, "-m", "forensics", "ingest", str(large.dump), "--db", str(db)]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    while not db.exists():
        time.sleep(0.05)
    second = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)

    assert second.returncode == 1
    assert f"in use by process {first.pid}" in second.stderr
    assert first.wait() == 0
    large.compare(db)
