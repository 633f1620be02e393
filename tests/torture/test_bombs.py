"""Bombs: each ends as promised, in bounded memory and time, and what lies beside it is read.

make torture ARGS="tests/torture/test_bombs.py"     prints a line for each
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.ingest.conftest import event, flows
from tests.intake.build import COMPRESS, patched, zipped

ROOT = Path(__file__).parents[2]
MOST_MEMORY = 900 << 20  # bytes of the whole process: DuckDB's 512 MB are among them
MOST_SECONDS = 240  # of processor time
NEIGHBOUR = flows(10)
PROGRAM = """
import json, re, sys, time
from forensics.ingest import Options, ingest
summary = ingest([sys.argv[1]], sys.argv[2], Options(jobs=0))
seconds = time.process_time()
from pathlib import Path
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
from forensics.evidence import Case, answer
from forensics.evidence.sums import check_sums
with Case.for_reading(sys.argv[2]) as case:
    def column(query):
        return [next(iter(row.values())) for row in answer(case.connection, query).to_pylist()]
    found = {
        "wrong": check_sums(case.connection),
        "reasons": column("SELECT DISTINCT reason FROM sources WHERE status <> 'complete' LIMIT 9"),
        "codes": column("SELECT code FROM rejects UNION SELECT code FROM defects ORDER BY code"),
    }
print(json.dumps({**summary.as_json(), **found, "seconds": seconds, "peak": peak}))
"""


class Bomb(NamedTuple):
    """What lies in the dump, and what has to come of it (the neighbour aside)."""

    name: str
    build: Callable[[], bytes]
    sources: dict[str, int]  # by status
    rows: int = 0
    codes: tuple[str, ...] = ()  # of rejects and defects
    said: str = ""  # in some reason
    slow: bool = True


def zeros(megabytes: int) -> bytes:
    """A gzip file of so many MiB of nothing, as streams one after the other."""
    return gzip.compress(bytes(16 << 20), 9, mtime=0) * (megabytes // 16)


def layered(layers: int) -> bytes:
    whole = NEIGHBOUR
    for _ in range(layers):
        whole = gzip.compress(whole, mtime=0)
    return whole


def overlapping(entries: int) -> bytes:
    """A zip whose directory names the same data again and again (as zbsm.zip does)."""
    kernel = (b"x" * 99 + bytes(range(97, 122))) * 80_000
    stored = zipped({"0": kernel})
    at = stored.index(b"PK\x01\x02")
    entry = stored[at : stored.index(b"PK\x05\x06")]
    many = [entry[:-1] + b"%c" % (48 + number % 10) for number in range(entries)]
    directory = b"".join(many)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, len(directory), at, 0)
    return stored[:at] + directory + end


def lying() -> bytes:
    """A zip whose directory says that a member is small."""
    stored = zipped({"log": bytes(64 << 20)})
    return patched(stored, 24, struct.pack("<L", 1000))


def matryoshka() -> bytes:
    """Zips in zips, ten in each, seven deep: ten million files, if anybody unpacked them."""
    stored = zipped({"log": bytes(1 << 20)})
    for _ in range(6):
        stored = zipped({f"{number}": stored for number in range(10)})
    return stored


def many_members(count: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number:07}", b"")
    return target.getvalue()


def many_in_tar(count: int) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", compresslevel=1) as archive:
        for number in range(count):
            archive.addfile(tarfile.TarInfo(f"{number:07}"))
    return target.getvalue()


def records(*inside: bytes) -> bytes:
    """A CloudTrail log of two honest records, with others between them."""
    first, last = (json.dumps(event(number)).encode() for number in (1, 2))
    return b'{"Records":[' + b",".join([first, *inside, last]) + b"]}"


def deep(depth: int) -> bytes:
    call = json.dumps(event(3, requestParameters="DEEP")).encode()
    return call.replace(b'"DEEP"', b'{"a":[' * depth + b"]}" * depth)


def long_line(megabytes: int) -> bytes:
    first, _, rest = NEIGHBOUR.partition(b"\n2 ")
    return first + b"\n2 " + b"x" * (megabytes << 20) + b"\n2 " + rest


def quotes(line: bytes) -> bytes:
    """Lines that a careless pattern would look at again and again."""
    return NEIGHBOUR + line * ((1 << 20) // len(line)) + b"\n" + line * 1000 + b"\n"


KEPT = 10  # rows of a flow log around something
BOMBS = [
    Bomb("gzip of 4 GiB", lambda: zeros(4096), {"over_limit": 1}, said="more than 200 times"),
    Bomb("gzip in gzip in gzip in gzip", lambda: layered(4), {"over_limit": 1}, slow=False),
    Bomb("gzip of a gzip of 4 GiB", lambda: gzip.compress(zeros(4096)), {"over_limit": 1}),
    Bomb("bzip2 of 512 MiB", lambda: COMPRESS["bzip2"](bytes(512 << 20)), {"over_limit": 1}),
    Bomb("xz of 512 MiB", lambda: COMPRESS["xz"](bytes(512 << 20)), {"over_limit": 1}),
    Bomb("zstd of 1 GiB", lambda: COMPRESS["zstd"](bytes(1 << 30)), {"over_limit": 1}),
    Bomb("zip of 1 GiB", lambda: zipped({"log": bytes(1 << 30)}), {"over_limit": 1}),
    Bomb("zip that lies about its sizes", lying, {"unrecognised": 1}),
    Bomb("zip of overlapping members", lambda: overlapping(5_000), {"over_limit": 1}),
    Bomb("zips seven deep", matryoshka, {"over_limit": 10_000}),
    Bomb("zip of 100,000 members", lambda: many_members(100_000), {"structure_only": 1}),
    Bomb("tar of 100,000 members", lambda: many_in_tar(100_000), {"structure_only": 1}),
    Bomb("JSON 5,000,000 deep", lambda: b"[" * 5_000_000, {"unrecognised": 1}),
    Bomb(
        "a record 200,000 deep", lambda: records(deep(200_000)), {"complete": 1}, 3, ("too-deep",)
    ),
    Bomb("a line of 150 MiB", lambda: long_line(150), {"complete": 1}, KEPT, ("too-long",)),
    Bomb(
        "a record of 150 MiB",
        lambda: records(json.dumps(event(3, userAgent="x" * (150 << 20))).encode()),
        {"complete": 1},
        2,
        ("too-long",),
    ),
    Bomb("a line of 1,000,000 quotes", lambda: quotes(b'"'), {"complete": 1}, KEPT),
    Bomb("a line of 500,000 escapes", lambda: quotes(b'\\"'), {"complete": 1}, KEPT),
    Bomb("a line of 500,000 fields", lambda: quotes(b"a "), {"complete": 1}, KEPT + 1, ("width",)),
]


@pytest.mark.skipif(sys.platform != "linux", reason="tells the memory of a process in another way")
@pytest.mark.parametrize(
    "bomb",
    [pytest.param(b, id=b.name, marks=[pytest.mark.torture] if b.slow else []) for b in BOMBS],
)
def test_a_bomb_ends_as_promised(
    bomb: Bomb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "a").write_bytes(bomb.build())
    (dump / "b.log").write_bytes(flows(7, first=5000))
    found = ingested(dump, tmp_path / "case.duckdb")

    shown = {name: count for name, count in found["sources"].items() if count and name != "found"}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{bomb.name}: {(dump / 'a').stat().st_size:,} bytes stored; {shown}; "
            f"{found['records']['rejects']} rejects; peak {found['peak'] >> 20} MiB; "
            f"{found['seconds']:.1f} s of processor time\n"
        )
    bomb_sources = dict(shown)
    bomb_sources["complete"] = shown["complete"] - 1
    assert {name: bomb_sources.get(name, 0) for name in bomb.sources} == bomb.sources
    assert found["records"]["rows"] == bomb.rows + 7
    assert set(found["codes"]) >= set(bomb.codes)
    assert bomb.said in " ".join(found["reasons"])
    assert found["wrong"] == []
    assert found["peak"] < MOST_MEMORY
    assert found["seconds"] < MOST_SECONDS


def ingested(dump: Path, db: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(dump), str(db)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said
