"""Messages between a worker and its driver: rows go from their buffers into the pipe and back.

A pipe, and not shared memory: whatever dies, nothing stays behind, and evidence is never on a disk.
Pickled into the message, 750 MB of rows cost the two of them 0.6 CPU seconds, like this 0.13.
"""

from __future__ import annotations

import os
import pickle
from multiprocessing.connection import Connection
from typing import Any

import pyarrow as pa

_AT_ONCE = hasattr(os, "readv")  # not on Windows, whose pipes are no file descriptors


def send(pipe: Connection, message: Any) -> None:
    """Send a message; buffers in it are not copied."""
    found: list[pickle.PickleBuffer] = []
    said = pickle.dumps(message, protocol=5, buffer_callback=found.append)
    buffers = [each.raw() for each in found]
    pipe.send_bytes(pickle.dumps((said, [len(each) for each in buffers])))
    for each in buffers:
        _put(pipe, each)


def receive(pipe: Connection) -> Any:
    """The next message. Raises EOFError where nobody is left to send one."""
    said, lengths = pickle.loads(pipe.recv_bytes())  # noqa: S301 -- of our own process
    return pickle.loads(said, buffers=[_got(pipe, each) for each in lengths])  # noqa: S301


def _put(pipe: Connection, data: memoryview) -> None:
    if not _AT_ONCE:
        pipe.send_bytes(data)
        return
    while data:
        data = data[os.write(pipe.fileno(), data) :]


def _got(pipe: Connection, length: int) -> pa.Buffer:
    if not _AT_ONCE:
        return pa.py_buffer(pipe.recv_bytes())
    buffer = pa.allocate_buffer(length)
    rest = memoryview(buffer).cast("B")
    while rest:
        read = os.readv(pipe.fileno(), [rest])
        if not read:
            raise EOFError
        rest = rest[read:]
    return buffer
