"""Peak memory and throughput of one ingest, over all its processes (Linux).

    python -m benchmarks.memory DUMP

Memory is proportional set size: a page that several processes share counts once.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from forensics.ingest import Options, ingest


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, open_ = [], [root]
    while open_:
        process = open_.pop()
        found.append(process)
        open_ += children.get(process, [])
    return found


def proportional(process: int) -> int:
    """Bytes of proportional set size; 0 for a process that has just ended."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        return 0
    return 0


class Watch(threading.Thread):
    """Samples the memory of this process and its descendants."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.ended.wait(0.2):
            self.peak = max(self.peak, sum(map(proportional, tree(os.getpid()))))


def main() -> None:
    """Ingest what is named, into a file that is thrown away."""
    watch = Watch()
    watch.start()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        summary = ingest(sys.argv[1:], Path(folder) / "case.duckdb", Options(jobs=2))
        seconds = time.perf_counter() - started
    watch.ended.set()
    rows, volume = summary.totals.rows, summary.totals.decompressed
    print(
        f"{rows:,} rows, {volume / 2**20:,.0f} MiB of content in {seconds:.1f} s:"
        f" {rows / seconds:,.0f} rows/s, {volume / seconds / 2**20:,.0f} MiB/s,"
        f" peak {watch.peak / 2**20:,.0f} MiB (PSS, all processes)"
    )


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
