"""Progress of an ingest on standard error: what is found, read and written, and how fast."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Self

from tqdm import tqdm

from forensics.ingest.plan import Found
from forensics.ingest.writer import Totals


class Progress:
    """A bar over stored bytes; its total grows while files are still being found."""

    def __init__(self, wanted: bool | None) -> None:
        shown = sys.stderr.isatty() if wanted is None else wanted
        self.bar = tqdm(
            total=0,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            disable=not shown,
            file=sys.stderr,
            desc="ingest",
            mininterval=0.5,
            dynamic_ncols=True,
        )
        self._found = Found()
        self._ended = threading.Event()
        self._telling = threading.Thread(target=self._keep_telling, daemon=True)

    def watch(self, found: Found, totals: Totals) -> None:
        """Called by ingest at its start and after every part."""
        if self.bar.disable:
            return
        self._found = found
        self.bar.total = max(found.stored_bytes, totals.stored_bytes)
        self.bar.n = totals.stored_bytes
        seconds = self.bar.format_dict["elapsed"] or 1.0
        files = sum(totals.statuses.values())
        more = "" if found.complete else "+"
        rows = f"{totals.rows / seconds:,.0f} rows/s"
        kinds = " ".join(f"{name}:{count.rows:,}" for name, count in sorted(totals.formats.items()))
        self.bar.set_postfix_str(f"{files:,}/{found.files:,}{more} files {rows} {kinds}")

    def _keep_telling(self) -> None:
        """Time and what is found go on while nothing has been read to its end yet."""
        while not self._ended.wait(1):
            self.bar.total = max(self._found.stored_bytes, self.bar.n)
            self.bar.refresh()

    def __enter__(self) -> Self:
        if not self.bar.disable:
            self._telling.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._telling.is_alive():
            self._telling.join()
        self.bar.close()
