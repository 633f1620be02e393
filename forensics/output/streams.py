"""The only writer of standard output and standard error."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys

from forensics.errors import ForensicsError
from forensics.output.safe import lines


class OutputLost(ForensicsError):
    """What was to be said could not be written."""


class _Emitted:
    """What this process has sent to standard output so far."""

    size = 0
    sha256 = hashlib.sha256()


def emitted() -> tuple[int, str]:
    """Number and SHA-256 of the bytes emitted so far."""
    return _Emitted.size, _Emitted.sha256.hexdigest()


def emit(data: bytes) -> None:
    """Bytes to standard output. A reader that went away (`| head`) is no error.

    Raises OutputLost where they cannot be written.
    """
    _Emitted.size += len(data)
    _Emitted.sha256.update(data)
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python flushes stdout once more on exit and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            hint = "what was done is done; ask again with room for the answer"
            raise OutputLost(f"standard output: {error.strerror}", hint=hint) from error


def say(text: str) -> None:
    """Talk to standard error, a line or more; what comes from a log in it controls no terminal."""
    sys.stderr.write(lines(text) + "\n")
    sys.stderr.flush()


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def terminal_width() -> int:
    """Columns of the terminal that standard output is; 0 where it is none."""
    return shutil.get_terminal_size((120, 24)).columns if is_terminal() else 0
