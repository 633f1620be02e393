"""The threads of a run: one finds evidence, each of the others has a process that reads it."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from forensics.ingest.plan import Planner
from forensics.ingest.pool import STOP_SECONDS, Driver, Duty


class Crew:
    """A context manager: at its end, early as it may be, no thread and no process is left.

    Processes take longest to load what they need, so they are started before the case is opened,
    and wait for their `duty` until it is.
    """

    def __init__(self, planner: Planner, jobs: int) -> None:
        self.planner = planner
        self.duty: Future[Duty] = Future()
        self.ready: queue.Queue[Driver] = queue.Queue()
        self.drivers = [Driver(planner, self.duty, self.ready, jobs) for _ in range(max(jobs, 1))]

    @property
    def failures(self) -> list[str]:
        """What workers died of."""
        return [failure for driver in self.drivers for failure in driver.failures]

    @property
    def bugs(self) -> int:
        """How many of these are bugs."""
        return sum(driver.bugs for driver in self.drivers)

    def __enter__(self) -> Self:
        self.planner.start()
        for driver in self.drivers:
            driver.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.planner.stop()
        for driver in self.drivers:
            driver.stop()
        for thread in (self.planner, *self.drivers):
            if thread.is_alive():
                thread.join(STOP_SECONDS)
