"""Worker processes, one driving thread each: backpressure, death, and second tries.

Each driver holds at most one part that the writer has not taken, so evidence in flight is bounded
by the number of workers, whatever is read.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Protocol

from forensics.evidence import SourceRow
from forensics.evidence.readings import Fingerprint
from forensics.ingest import process
from forensics.ingest.parts import Abandoned, Part, Settings, Task, not_evidence_rows
from forensics.ingest.passing import receive, send
from forensics.ingest.worker import ChangedMeanwhile, Reader, path_id
from forensics.intake import Location, NotEvidence

Delivery = Part | Abandoned
STOP_SECONDS = 5.0  # to wait for a stopped thread: one that reads by itself ends with its part


class Failed(Exception):
    """A worker died or stumbled over a bug; the message says which."""


class _Bug(Failed):
    """An exception nobody foresaw; the message is its traceback."""


class _Restless(Failed):
    """The evidence changed under the worker: no bug. What is at rest by the next try is read."""


class _Stopped(Exception):
    """The run is over: nothing is delivered, read or tried again."""


@dataclass(frozen=True, slots=True)
class _Stumbled:
    """What a worker sends in place of a part when an exception got through."""

    trace: str
    changed: str = ""  # what was foreseen: the evidence is no longer what it was


class Tasks(Protocol):
    """Where drivers get their work from; None when there is no more."""

    def get(self) -> Task | None:
        """The next task."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a worker process has to know before its first task."""

    settings: Settings
    known: Mapping[int, Fingerprint]
    run_id: int

    def reader(self) -> Reader:
        """One that has read nothing yet."""
        return Reader(self.settings, self.known, self.run_id)


class Driver(threading.Thread):
    """Feeds one worker process and passes on what it reads; `slot` holds one delivery."""

    def __init__(
        self, tasks: Tasks, duty: Future[Duty], ready: queue.Queue[Driver], jobs: int
    ) -> None:
        super().__init__(daemon=True)
        self.tasks, self.ready = tasks, ready
        self.expected = duty
        self.isolated = jobs > 0
        self.slot: queue.Queue[Delivery | None] = queue.Queue(1)
        self.failures: list[str] = []
        self.bugs = 0  # how many of them are bugs
        self.error: BaseException | None = None
        self.stopping = threading.Event()
        self.process: multiprocessing.process.BaseProcess | None = None
        self.pipe: Connection | None = None

    # ------------------------------------------------------------------ the thread
    def run(self) -> None:
        """Drive until there are no tasks; None in the slot says that it is over."""
        try:
            while (task := self.tasks.get()) is not None:
                self._drive(task)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 -- raised again by whoever empties the slot
            self.error = error
        finally:
            self._end_worker()
            with suppress(_Stopped):
                self._deliver(None)

    def take(self) -> Delivery | None:
        """The delivery in the slot; raises what the driver stumbled over."""
        delivery = self.slot.get()
        if delivery is None and self.error is not None:
            raise self.error
        return delivery

    def stop(self) -> None:
        """Have the thread end, from another one; it closes its pipe and buries its process."""
        self.stopping.set()
        self.expected.cancel()
        running = self.process
        if running is not None:
            running.kill()
        with suppress(queue.Empty):
            self.slot.get_nowait()  # it may wait for room; from now on it puts nothing more

    @property
    def duty(self) -> Duty:
        """What to read by, as soon as it is known."""
        try:
            return self.expected.result()
        except CancelledError:
            raise _Stopped from None

    def _unless_stopped(self) -> None:
        if self.stopping.is_set():
            raise _Stopped

    def _deliver(self, delivery: Delivery | None) -> None:
        self._unless_stopped()
        self.slot.put(delivery)
        self.ready.put(self)

    # ------------------------------------------------------------------ tasks
    def _drive(self, task: Task) -> None:
        self._unless_stopped()
        finished: set[str] = set()
        try:
            self._attempt(task, finished)
        except Failed as failure:
            self._again(task, finished, failure)

    def _again(self, task: Task, finished: set[str], failure: Failed) -> None:
        """Read what a failed task left, source by source; what fails alone is given up."""
        self._unless_stopped()
        if task.archive is not None:
            self._archive_again(task, finished, failure)
            return
        for location in task.locations:
            if location.path in finished:
                continue
            try:
                self._attempt(replace(task, locations=(location,)), finished)
            except Failed as again:
                self._give_up(task, location, again)

    def _archive_again(self, task: Task, finished: set[str], failure: Failed) -> None:
        """Go on behind what is finished, as long as each try finishes something."""
        assert task.archive is not None
        before = -1
        while len(finished) > before:
            before = len(finished)
            try:
                self._attempt(replace(task, taken=frozenset(finished)), finished)
            except Failed as again:
                failure = again
            else:
                return
        self._give_up(task, task.archive.location, failure)

    def _give_up(self, task: Task, location: Location, failure: Failed) -> None:
        reason = str(failure)
        if not isinstance(failure, _Restless):
            self.failures.append(f"{location.path}: {failure}")
            self.bugs += isinstance(failure, _Bug)
            reason = f"reader died: {reason.strip().splitlines()[-1]}"
        found = NotEvidence(location, "unreadable", reason)
        source, where = not_evidence_rows(found, path_id(location.path), self.duty.run_id)
        source = replace(source, status="damaged")
        self._deliver(Part(task.number, sources=[source], locations=[where], last=True))

    def _attempt(self, task: Task, finished: set[str]) -> None:
        """Pass on the parts of one try; raises Failed, the open source then abandoned."""
        opened: int | None = None
        try:
            for part in self._parts(task):
                opened = part.opens
                self._deliver(part)
                finished |= {each.path for each in part.locations if each.source_id != opened}
        except Failed:
            if opened is not None:
                self._deliver(Abandoned(opened))
            raise

    # ------------------------------------------------------------------ the process
    def _parts(self, task: Task) -> Iterator[Part]:
        if not self.isolated:
            yield from self._parts_here(task)
            return
        is_new = self.pipe is None
        pipe = self._worker()
        duty = self.duty
        try:
            if is_new:
                send(pipe, duty)
            send(pipe, task)
            while True:
                part = receive(pipe)
                if isinstance(part, _Stumbled):
                    raise _failure(part)
                yield part
                if part.last:
                    return
        except (EOFError, OSError) as error:
            code = self._exit_code()
            self._end_worker()
            self._unless_stopped()
            raise Failed(f"the worker process ended with exit code {code}") from error

    def _parts_here(self, task: Task) -> Iterator[Part]:
        """The same without a process of its own (--jobs 0)."""
        duty = self.duty
        try:
            yield from duty.reader().run(task)
        except Exception as error:
            raise _failure(_stumbled(error)) from error

    def _worker(self) -> Connection:
        self._unless_stopped()
        if self.pipe is None:
            # `spawn` on every system: a forked copy of a process that has threads can hang.
            spawn = multiprocessing.get_context("spawn")
            self.pipe, theirs = spawn.Pipe()
            started = spawn.Process(target=work, args=(theirs,), daemon=True)
            _hold_interrupts()
            with theirs:
                started.start()
            self.process = started
            self._unless_stopped()  # whoever stopped this thread meanwhile saw no process to kill
        return self.pipe

    def _end_worker(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None

    def _exit_code(self) -> int | None:
        if self.process is None:
            return None
        self.process.join(5)
        return self.process.exitcode


def _hold_interrupts() -> None:
    """Have the processes that this thread starts left alone by Ctrl-C: they end with the run."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()  # whoever starts it lets interrupts through again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _stumbled(error: Exception) -> _Stumbled:
    """What to say of an exception that is being dealt with."""
    changed = str(error) if isinstance(error, ChangedMeanwhile) else ""
    return _Stumbled(traceback.format_exc(), changed)


def _failure(stumbled: _Stumbled) -> Failed:
    return _Restless(stumbled.changed) if stumbled.changed else _Bug(stumbled.trace)


def work(pipe: Connection) -> None:
    """A worker process: its duty and tasks in, parts out, until the pipe closes."""
    process.settle()
    duty = _received(pipe)
    if duty is None:
        return
    reader = duty.reader()
    for number, task in enumerate(iter(partial(_received, pipe), None)):
        if number:
            process.tidy()
        try:
            for part in reader.run(task):
                if not _sent(pipe, part):
                    return
        except Exception as error:  # noqa: BLE001 -- the driver decides what a bug costs
            if not _sent(pipe, _stumbled(error)):
                return
            reader = duty.reader()


def _received(pipe: Connection) -> Any:
    """The next message; None when nobody is at the other end any more."""
    try:
        return receive(pipe)
    except (EOFError, OSError):
        return None


def _sent(pipe: Connection, message: Part | _Stumbled) -> bool:
    """Whether there is still somebody to send it to."""
    try:
        send(pipe, message)
    except OSError:
        return False
    return True


__all__ = ["STOP_SECONDS", "Delivery", "Driver", "Duty", "Failed", "SourceRow", "Tasks", "work"]
