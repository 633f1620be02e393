"""The main job: nothing lost, nothing doubled, whatever happens on the way."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import ForensicsError, UsageError
from forensics.evidence import Case
from forensics.evidence.sums import check_sums
from forensics.ingest import Options, ingest
from forensics.ingest import worker as worker_module
from forensics.ingest.run import processors
from tests.ingest.conftest import Ingest, flows, hashes, rows, trail, write


def test_a_dump_becomes_a_case(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    said = take_in(dump).as_json()

    assert said["sources"] == {
        "found": 9,
        "complete": 5,
        "skipped": 0,
        "duplicate": 0,
        "structure_only": 1,
        "damaged": 1,
        "over_limit": 0,
        "unrecognised": 1,
        "unreadable": 0,
        "ignored": 1,
    }
    records, volume = said["records"], said["bytes"]
    assert records["units"] == records["rows"] + records["structure"] + records["rejects"]
    stray = len(b"call the customer\n")
    assert volume["decompressed"] == volume["units"] + volume["structure"] + stray
    assert said["formats"]["cloudtrail"]["rows"] == 30
    assert records["rejects"] == 1  # the line that the torn file breaks off in


def test_the_ledger_adds_up(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    take_in(dump)

    with Case.for_reading(tmp_path / "case.duckdb") as case:
        assert check_sums(case.connection) == []


def test_every_row_traces_back_to_a_file(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    take_in(dump)

    found = rows(
        tmp_path / "case.duckdb",
        "SELECT record_no, path, account_id, region FROM cloudtrail JOIN source_locations"
        " USING (source_id) WHERE requestParameters->>'number' = '13'",
    )

    assert [(number, Path(path).name[-11:], *rest) for number, path, *rest in found] == [
        (4, "n01.json.gz", "111122223333", "us-east-1")
    ]


def test_a_torn_file_keeps_what_came_before(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    take_in(dump)

    case = tmp_path / "case.duckdb"
    [(status, reason, units, kept)] = rows(
        case, "SELECT status, reason, units, \"rows\" FROM sources WHERE status = 'damaged'"
    )
    assert status == "damaged"
    assert "byte" in reason
    assert kept > 100
    assert units == kept + 2  # header and fragment
    assert rows(case, "SELECT code FROM rejects") == [("torn",)]


def test_again_adds_nothing(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    take_in(dump)
    before = hashes(tmp_path / "case.duckdb")

    said = take_in(dump).as_json()

    assert hashes(tmp_path / "case.duckdb") == before
    assert said["sources"]["skipped"] == said["sources"]["found"] == 9
    assert said["records"]["rows"] == 0


@pytest.mark.parametrize("jobs", [1, 3])
def test_any_number_of_workers_gives_the_same_case(
    dump: Path, take_in: Ingest, tmp_path: Path, jobs: int
) -> None:
    take_in(dump)
    take_in(dump, db="other.duckdb", jobs=jobs)

    assert hashes(tmp_path / "other.duckdb") == hashes(tmp_path / "case.duckdb")


@pytest.mark.parametrize("order", [("AWSLogs", "flow"), ("flow", "AWSLogs")])
def test_two_halves_in_either_order_give_the_same_case(
    dump: Path, take_in: Ingest, tmp_path: Path, order: tuple[str, str]
) -> None:
    take_in(dump / "AWSLogs", dump / "flow")

    for half in order:
        take_in(dump / half, db="halves.duckdb")

    assert hashes(tmp_path / "halves.duckdb") == hashes(tmp_path / "case.duckdb")


def test_one_content_in_many_places_is_one_source(take_in: Ingest, tmp_path: Path) -> None:
    content = trail(1, 2)
    write(tmp_path / "dump/a.json.gz", content)
    write(tmp_path / "dump/copy/b.json", content, packed=False)
    write(tmp_path / "dump/c.json.gz", gzip.compress(content))

    said = take_in(tmp_path / "dump").as_json()

    case = tmp_path / "case.duckdb"
    assert said["sources"]["complete"] == 1
    assert said["sources"]["duplicate"] == 2
    assert rows(case, "SELECT count(*) FROM cloudtrail") == [(2,)]
    assert rows(case, "SELECT count(*), count(DISTINCT stored_sha256) FROM source_locations") == [
        (3, 3)
    ]


def test_archives_give_the_same_rows(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    take_in(dump)
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / "dump.tar.gz", "w:gz") as archive:
        archive.add(dump / "AWSLogs", "AWSLogs")
    with zipfile.ZipFile(packed / "dump.zip", "w") as archive:
        for path in sorted((dump / "flow").iterdir()):
            archive.write(path, f"flow/{path.name}")

    take_in(packed, db="packed.duckdb", jobs=2)

    tables = ("cloudtrail", "vpc_flow", "rejects", "defects")
    before, after = hashes(tmp_path / "case.duckdb"), hashes(tmp_path / "packed.duckdb")
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}


def test_big_sources_are_read_in_parts(
    take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "dump/big.log.gz", flows(20_000))
    write(tmp_path / "dump/small.json.gz", trail(1))
    take_in(tmp_path / "dump")
    monkeypatch.setattr("forensics.ingest.run.MOST_HELD", 1 << 16)
    for name, size in (("PIECE", 1 << 16), ("BLOCK", 1 << 16), ("PART", 1 << 16)):
        monkeypatch.setattr(worker_module, name, size)
    monkeypatch.setattr("parsers.framing.windows.WINDOW", 1 << 16)
    monkeypatch.setattr("forensics.ingest.writer.EPOCH_BYTES", 1 << 17)

    take_in(tmp_path / "dump", db="parts.duckdb")

    assert hashes(tmp_path / "parts.duckdb") == hashes(tmp_path / "case.duckdb")


def test_a_bug_costs_its_source_and_nothing_else(
    dump: Path, take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identify = vars(worker_module)["identify"]

    def stumbling(head: bytes, *, whole: bool, key: str = "", **others: Any) -> object:
        if key.endswith("b.log.gz"):
            raise RuntimeError("stumbled")
        return identify(head, whole=whole, key=key, **others)

    monkeypatch.setattr(worker_module, "identify", stumbling)

    summary = take_in(dump)

    assert len(summary.failures) == 1
    assert "RuntimeError: stumbled" in summary.failures[0]
    assert summary.bugs == 1
    assert summary.as_json()["formats"]["cloudtrail"]["rows"] == 30
    found = rows(
        tmp_path / "case.duckdb",
        "SELECT status, reason FROM sources JOIN source_locations USING (source_id)"
        " WHERE path LIKE '%/b.log.gz'",
    )
    assert found == [("damaged", "reader died: RuntimeError: stumbled")]


def test_asserted_format_is_recorded(take_in: Ingest, tmp_path: Path) -> None:
    line = "203.0.113.9 192.0.2.10 22 REJECT\n"
    write(tmp_path / "dump/custom.log", (line * 3).encode(), packed=False)
    assert take_in(tmp_path / "dump").as_json()["sources"]["unrecognised"] == 1

    take_in(
        tmp_path / "dump",
        asserted="vpc_flow",
        fields=("srcaddr", "dstaddr", "dstport", "action"),
    )

    case = tmp_path / "case.duckdb"
    assert rows(case, "SELECT asserted, layout, status FROM sources") == [
        ("vpc_flow", ["srcaddr", "dstaddr", "dstport", "action"], "complete")
    ]
    assert rows(case, "SELECT DISTINCT srcaddr, dstport, action FROM vpc_flow") == [
        ("203.0.113.9", 22, "REJECT")
    ]


def test_strict_summary(dump: Path, take_in: Ingest, tmp_path: Path) -> None:
    assert not take_in(dump).flawless
    assert take_in(dump / "AWSLogs", db="clean.duckdb").flawless


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"asserted": "nonsense"}, "no such log format"),
        ({"fields": ("srcaddr",)}, "--fields without --as"),
    ],
)
def test_wrong_options(
    take_in: Ingest, dump: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        take_in(dump, **options)


def test_the_case_may_not_lie_in_the_evidence(dump: Path) -> None:
    with pytest.raises(UsageError, match="inside the evidence"):
        ingest([dump], dump / "case.duckdb")

    assert not (dump / "case.duckdb").exists()


def test_a_missing_path_makes_no_case(take_in: Ingest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        take_in(tmp_path / "nowhere")

    assert not (tmp_path / "case.duckdb").exists()


def test_a_second_ingest_is_told_who_has_the_case(
    dump: Path, take_in: Ingest, tmp_path: Path
) -> None:
    take_in(dump / "flow")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import sys, time; from forensics.evidence import Case\n"
                "with Case.for_ingest(sys.argv[1]): print('open', flush=True); time.sleep(60)"
            ),
            str(tmp_path / "case.duckdb"),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(ForensicsError, match=str(holder.pid)):
            take_in(dump)
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()


@pytest.mark.parametrize("after", [0.05, 0.6, 1.2])
def test_killed_and_run_again(dump: Path, take_in: Ingest, tmp_path: Path, after: float) -> None:
    write(dump / "flow/more.log.gz", flows(200_000, first=100_000))
    take_in(dump)
    command = [sys.executable, "-m", "forensics", "ingest", str(dump), "--db"]
    killed = tmp_path / "killed.duckdb"

    process = subprocess.Popen(
        [*command, str(killed), "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    take_in(dump, db="killed.duckdb")

    assert hashes(killed) == hashes(tmp_path / "case.duckdb")


def test_a_worker_that_dies_is_survived(
    dump: Path, take_in: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker kills itself on one file, every time; all others are read."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'multiprocessing' in ' '.join(sys.orig_argv):\n"
        "    import forensics.ingest.worker as worker\n"
        "    whole = worker.identify\n"
        "    def dying(head, *, whole=whole, key='', _identify=whole, **more):\n"
        "        if key.endswith('b.log.gz'):\n"
        "            os.kill(os.getpid(), 9)\n"
        "        return _identify(head, whole=whole, key=key)\n"
        "    worker.identify = dying\n"
    )
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(hook), str(root)]))

    summary = take_in(dump, jobs=2)

    assert [failure.split(": ", 1)[1] for failure in summary.failures] == [
        "the worker process ended with exit code -9"
    ]
    assert summary.as_json()["formats"]["cloudtrail"]["rows"] == 30
    assert rows(
        tmp_path / "case.duckdb",
        "SELECT status FROM sources JOIN source_locations USING (source_id)"
        " WHERE path LIKE '%/b.log.gz'",
    ) == [("damaged",)]


def test_options_reach_the_ledger(dump: Path, tmp_path: Path) -> None:
    ingest([dump], tmp_path / "case.duckdb", Options(jobs=0, examiner="佐藤", evidence_id="E-7"))

    [(examiner, evidence, paths, ended)] = rows(
        tmp_path / "case.duckdb",
        "SELECT examiner, evidence_id, options->>'$.paths[0]', ended IS NOT NULL FROM runs",
    )
    assert (examiner, evidence, paths, ended) == ("佐藤", "E-7", str(dump), True)


def test_a_fragment_gives_way_to_the_whole(take_in: Ingest, tmp_path: Path) -> None:
    whole = gzip.compress(flows(2000), mtime=0)
    place = write(tmp_path / "dump/a.log.gz", whole[: len(whole) // 2], packed=False)
    take_in(tmp_path / "dump")
    place.write_bytes(whole)

    take_in(tmp_path / "dump")

    case = tmp_path / "case.duckdb"
    assert rows(case, "SELECT status FROM sources ORDER BY status") == [
        ("complete",),
        ("superseded",),
    ]
    assert rows(case, "SELECT count(*), count(DISTINCT source_id) FROM vpc_flow") == [(2000, 1)]
    assert rows(case, "SELECT count(*) FROM rejects") == [(0,)]
    with Case.for_reading(case) as opened:
        assert check_sums(opened.connection) == []


def test_a_fragment_stays_where_something_else_lies_in_its_place(
    take_in: Ingest, tmp_path: Path
) -> None:
    torn = gzip.compress(flows(2000), mtime=0)
    place = write(tmp_path / "dump/a.log.gz", torn[: len(torn) // 2], packed=False)
    take_in(tmp_path / "dump")
    place.write_bytes(gzip.compress(flows(3000).replace(b"ACCEPT", b"REJECT"), mtime=0))

    take_in(tmp_path / "dump")

    case = tmp_path / "case.duckdb"
    assert rows(case, "SELECT status FROM sources ORDER BY status") == [("complete",), ("damaged",)]
    assert rows(case, "SELECT count(DISTINCT source_id) FROM vpc_flow") == [(2,)]


def test_damage_is_told_of_what_no_format_knows(take_in: Ingest, tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(4000), mtime=0)
    write(tmp_path / "dump/odd.gz", packed[:2000], packed=False)

    take_in(tmp_path / "dump")

    [(status, reason)] = rows(tmp_path / "case.duckdb", "SELECT status, reason FROM sources")
    assert status == "unrecognised"
    assert reason.startswith("no format knows this content")
    assert "of the stored stream" in reason


def test_the_journal_of_readers_may_not_lie_in_the_evidence(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSLOGS_FORENSICS_JOURNAL", str(dump / "journal"))

    with pytest.raises(UsageError, match="journal would lie inside the evidence"):
        ingest([dump], tmp_path / "case.duckdb", Options(jobs=0))


def test_processors_are_counted_where_the_system_does_not_tell_which_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert processors() >= 1
