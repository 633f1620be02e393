"""A run that is stopped: nothing is read again, nothing stays behind, the next run completes."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from forensics.ingest import plan
from forensics.ingest.parts import Part, Settings, Task
from forensics.ingest.plan import Planner
from forensics.ingest.pool import Driver, Duty
from forensics.ingest.writer import Writer
from forensics.intake import Limits, Location, discover
from tests.ingest.conftest import Ingest, flows, hashes, write

PATIENCE = 60  # seconds after which a test gives up on what never comes
ROOT = Path(__file__).parents[2]


class Numbered:
    """Tasks without end, each of the same evidence."""

    def __init__(self, locations: tuple[Location, ...]) -> None:
        self.locations = locations
        self.asked = 0

    def get(self) -> Task | None:
        self.asked += 1
        return Task(self.asked, self.locations)


@pytest.fixture
def tasks(tmp_path: Path) -> Numbered:
    write(tmp_path / "dump/a.log.gz", flows(50))
    write(tmp_path / "dump/b.log.gz", flows(50, first=100))
    found = discover([tmp_path / "dump"], Limits())
    return Numbered(tuple(each for each in found if isinstance(each, Location)))


def driver(tasks: Numbered, jobs: int) -> Driver:
    duty: Future[Duty] = Future()
    duty.set_result(Duty(Settings(), {}, 1))
    return Driver(tasks, duty, queue.Queue(), jobs)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def nothing_stays(stopped: Driver) -> None:
    stopped.join(PATIENCE)
    assert not stopped.is_alive()
    assert multiprocessing.active_children() == []
    assert (stopped.failures, stopped.error) == ([], None)
    assert (stopped.process, stopped.pipe) == (None, None)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[SpawnProcess]:
    """Worker processes, in the order in which they were started."""
    found: list[SpawnProcess] = []
    start = SpawnProcess.start

    def noting(process: SpawnProcess) -> None:
        found.append(process)
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", noting)
    return found


def test_stopped_while_its_worker_starts(
    tasks: Numbered, started: list[SpawnProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, stopped = threading.Event(), threading.Event()
    start = SpawnProcess.start

    def slowly(process: SpawnProcess) -> None:
        starting.set()
        assert stopped.wait(PATIENCE)
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", slowly)
    driven = driver(tasks, 1)
    driven.start()
    assert starting.wait(PATIENCE)

    driven.stop()
    stopped.set()

    nothing_stays(driven)
    assert [process.exitcode for process in started] == [-9]
    assert tasks.asked == 1


def test_stopped_while_its_worker_reads(
    tasks: Numbered,
    started: list[SpawnProcess],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    flag = tmp_path / "reading"
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(
        "import pathlib, sys, time\n"
        "if 'multiprocessing' in ' '.join(sys.orig_argv):\n"
        "    import forensics.ingest.worker as worker\n"
        "    def forever(*ignored, **more):\n"
        f"        pathlib.Path({str(flag)!r}).touch()\n"
        "        time.sleep(3600)\n"
        "    worker.identify = forever\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "hook"), str(ROOT)]))
    driven = driver(tasks, 1)
    driven.start()
    until(flag.exists)

    driven.stop()

    nothing_stays(driven)
    assert [process.exitcode for process in started] == [-9]
    assert tasks.asked == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("jobs", [0, 1])
def test_stopped_while_it_waits_for_the_writer(tasks: Numbered, jobs: int) -> None:
    driven = driver(tasks, jobs)
    driven.start()
    until(lambda: tasks.asked == 2)  # one part in the slot, the next one has no room

    driven.stop()

    nothing_stays(driven)
    assert tasks.asked in (2, 3)  # it may have had room just then: what it asked for is not read


def test_a_planner_that_nobody_asks_any_more_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        write(tmp_path / f"dump/{number}.log.gz", flows(1, first=number))
    monkeypatch.setattr(plan, "AHEAD", 4)
    monkeypatch.setattr(plan, "TASK_FILES", 1)
    planner = Planner([tmp_path / "dump"], Limits(), [])
    planner.start()
    until(planner._tasks.full)

    planner.stop()

    planner.join(PATIENCE)
    assert not planner.is_alive()
    assert planner.found.files < 20
    left = [planner.get() for _ in range(4)]
    assert left.count(None) >= 3  # all but the one task that it may have been waiting with


def test_workers_leave_interrupts_to_the_run(
    tasks: Numbered, started: list[SpawnProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C reaches every process in the foreground; a worker may be importing by then."""
    driven = driver(tasks, 1)
    driven.start()
    until(lambda: driven.process is not None)
    os.kill(started[0].pid or 0, signal.SIGINT)

    until(lambda: tasks.asked == 2)  # it reads on
    driven.stop()

    nothing_stays(driven)
    assert len(started) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("jobs", [0, 2])
def test_after_an_aborted_run_the_next_one_completes(
    dump: Path,
    take_in: Ingest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: type[BaseException],
    jobs: int,
) -> None:
    monkeypatch.setattr(plan, "TASK_FILES", 1)
    take_in(dump)
    before = set(threading.enumerate())
    take, taken = Writer.take, [0]

    def failing(writer: Writer, delivery: Part) -> None:
        taken[0] += 1
        if taken[0] == 3:
            raise error("injected")
        take(writer, delivery)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "take", failing)
        with pytest.raises(error, match="injected"):
            take_in(dump, db="aborted.duckdb", jobs=jobs)

    assert set(threading.enumerate()) <= before
    assert multiprocessing.active_children() == []
    assert capfd.readouterr().err == ""
    take_in(dump, db="aborted.duckdb", jobs=jobs)
    assert hashes(tmp_path / "aborted.duckdb") == hashes(tmp_path / "case.duckdb")
