"""Divides evidence into tasks while it is being found: small files together, big ones alone."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from forensics.ingest.parts import Task
from forensics.intake import Archive, Limits, Location, NotEvidence, discover

TASK_BYTES = 4 << 20  # stored bytes that one task reads, unless a single file is larger
TASK_FILES = 256
AHEAD = 256  # tasks found ahead of what is read: enough for a forecast, small enough to hold


@dataclass(slots=True)
class Found:
    """What discovery has seen so far; `complete` once it has seen everything."""

    files: int = 0
    stored_bytes: int = 0
    complete: bool = False


class Planner(threading.Thread):
    """Walks the evidence in a thread of its own and hands out tasks in the order found."""

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        limits: Limits,
        exclude: Collection[str | os.PathLike[str]],
    ) -> None:
        super().__init__(daemon=True)
        self.walk = discover(paths, limits, exclude=exclude)
        self.found = Found()
        self.not_evidence: queue.SimpleQueue[NotEvidence] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self.stopping = threading.Event()
        self._tasks: queue.Queue[Task | None] = queue.Queue(AHEAD)
        self._group: list[Location] = []
        self._numbered = 0

    def get(self) -> Task | None:
        """The next task; None when there is no more, or raises what discovery stumbled over."""
        task = self._tasks.get()
        if task is None:
            self._tasks.put(None)  # for the next driver that asks
            if self.error is not None:
                raise self.error
        return task

    def stop(self) -> None:
        """Walk no further, whoever may wait: this thread for room, drivers for a task."""
        self.stopping.set()
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        self._tasks.put(None)

    def run(self) -> None:
        """Walk to the end, or until it is stopped."""
        try:
            for item in self.walk:
                if self.stopping.is_set():
                    return
                self._sort(item)
            self._close_group()
        except BaseException as error:  # noqa: BLE001 -- raised again by whoever asks for a task
            self.error = error
        finally:
            self.found.complete = True
            self._tasks.put(None)

    def _sort(self, item: Location | NotEvidence | Archive) -> None:
        self.found.files += 1
        if isinstance(item, NotEvidence):
            self.not_evidence.put(item)
            return
        location = item.location if isinstance(item, Archive) else item
        self.found.stored_bytes += max(location.stored_bytes, 0)
        if isinstance(item, Archive):
            self._close_group()
            self._put((), item)
            return
        self._group.append(item)
        held = sum(each.stored_bytes for each in self._group)
        if held >= TASK_BYTES or len(self._group) >= TASK_FILES:
            self._close_group()

    def _close_group(self) -> None:
        if self._group:
            self._put(tuple(self._group), None)
            self._group = []

    def _put(self, locations: tuple[Location, ...], archive: Archive | None) -> None:
        if self.stopping.is_set():
            return
        self._numbered += 1
        self._tasks.put(Task(self._numbered, locations, archive))
