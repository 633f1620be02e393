"""What a worker process changes in itself, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

SETTLED = """
import gc, weakref
import pyarrow as pa
from forensics.ingest import process

class Circle:
    def __init__(self): self.itself = self

process.settle()
assert not gc.isenabled()
assert pa.default_memory_pool().backend_name == "system"
assert pa.array([1, None]).cast(pa.string()).to_pylist() == ["1", None]
left = weakref.ref(Circle())
assert left() is not None
process.tidy()
assert left() is None
assert gc.get_freeze_count() > 0
print("settled")
"""


def test_a_worker_reuses_memory_and_collects_what_refers_to_itself() -> None:
    command = [sys.executable, "-c", SETTLED]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("settled\n", "")
