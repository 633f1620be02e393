"""Text in which each message begins with its time, and may go on for lines that do not.

An export task writes `2024-05-01T10:00:00.123Z message`, `aws logs tail` writes
`2024-05-01T10:00:00.123000+00:00 stream message`. A message ends where the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text, kernels, scalars
from parsers.contract import TIME, Chunks, Integers, Units
from parsers.framing.lines import CR, LF
from parsers.framing.messages import NOWHERE, About, Messages, Origin, Said, Texts
from parsers.framing.windows import BYTE_ORDER_MARK, LONGEST, Window, windows

ENOUGH = 64  # bytes that show how times are written
TOO_LONG = f"a message longer than {LONGEST} bytes"
Octets = npt.NDArray[np.uint8]

ISO = "dddd-dd-ddTdd:dd:dd.dddZ"  # d stands for a digit
EPOCH = "d" * 13  # milliseconds
_COLON = np.uint8(ord(":"))
_SPACES = np.frombuffer(b" \r\n", dtype=np.uint8)
_SGR = rb"(?:\x1b\[[0-9;]*m)*"  # colours of a terminal
_TIME = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_DETAILED = re.compile(
    rb"^%b%b(?:\.\d{6})?\+00:00)%b %b([^\s:*\x1b]+)%b(?: |$)" % (_SGR, _TIME, _SGR, _SGR, _SGR),
    re.MULTILINE,
)
_SHORT = re.compile(rb"^%b%b)%b()(?: |$)" % (_SGR, _TIME, _SGR), re.MULTILINE)
_BEFORE_JSON = re.compile(rb"\n(?=[{\[])")


class Stamps(NamedTuple):
    """Where messages begin: their lines, and their texts; their times and streams, if any."""

    lines: Integers
    texts: Integers
    times: pa.Array  # of TIME
    streams: Sequence[str | None] = ()


class Find(Protocol):
    """Finds stamps in a text; where it is not the `last`, a time at its end may go on, as text."""

    def __call__(self, data: bytes, /, *, last: bool = True) -> Stamps:
        """All of them."""


def export(chunks: Chunks) -> Iterator[Units]:
    """Messages of an export task. The first line says how times are written: ISO or epoch."""
    yield from _Text(_exported).units(chunks)


def tail(chunks: Chunks) -> Iterator[Units]:
    """Messages as `aws logs tail` prints them, with the stream (detailed, json) or without (short).

    The name of a stream may hold spaces; here it ends at the first, as nothing tells it apart.
    """
    yield from _Text(_tailed).units(chunks)


class _Text:
    """One pass over one stream; `kind` says by its first bytes how stamps are found in it."""

    def __init__(self, kind: Callable[[bytes], Find]) -> None:
        self._kind = kind
        self._find: Find | None = None
        self._skipping = False  # what follows belongs to a message that is too long
        self._found = Messages(0, 1)

    def units(self, chunks: Chunks) -> Iterator[Units]:
        """Hold back the last message of every window: it may go on in the next."""
        pending, base = b"", 0
        for window in windows(chunks):
            pending = window.after(pending)
            if len(pending) < ENOUGH and not window.last:
                continue
            stamps = self._stamps(pending, last=window.last)
            cut = int(stamps.lines[-1]) if len(stamps.lines) else 0
            self._found = Messages(base, self._found.number)
            self._add(pending, stamps)
            if window.last or len(pending) - cut > LONGEST:
                self._end(pending, stamps, window)
                cut = len(pending)
            units = self._found.units(cut)
            units.damage = window.torn
            base, pending = base + cut, pending[cut:]
            yield units

    def _stamps(self, data: bytes, *, last: bool = True) -> Stamps:
        """Where messages begin."""
        if self._find is None:
            self._find = self._kind(data)
        return self._find(data, last=last)

    def _add(self, data: bytes, stamps: Stamps) -> None:
        """Messages that the next one ends, and what comes before the first of all."""
        count = len(stamps.lines) - 1
        if count >= 0:
            self._before(data[: stamps.lines[0]])
        if count < 1:
            return
        lows, highs = stamps.texts[:-1], stamps.lines[1:]
        ends = _line_ends(data, highs)
        streams = stamps.streams[:-1]
        self._found.extend(
            [Origin(stream=stream) for stream in streams] or [NOWHERE],
            np.arange(count) if streams else np.zeros(count, dtype=np.int64),
            Said(Texts(data, lows, ends), lows, highs - lows, stamps.times[:-1]),
        )

    def _before(self, text: bytes) -> None:
        """Lines before the first time: the rest of a message that is too long, or a message."""
        mark = 3 if self._found.base == 0 and text.startswith(BYTE_ORDER_MARK) else 0
        if self._skipping:
            self._found.reject_bytes += len(text)
        elif text[mark:].strip():
            self._found.add(text[mark : _line_end(text, len(text))], mark, len(text) - mark)
        self._skipping = False

    def _end(self, data: bytes, stamps: Stamps, window: Window) -> None:
        """The last message of the stream, or one that is too long to wait for its end."""
        if not len(stamps.lines):
            self._endless(data, window)
            return
        text = int(stamps.texts[-1])
        if not window.last:
            self._skipping = True
            self._found.refuse(data[text:], text, "too-long", TOO_LONG)
        elif window.torn and not data.endswith(b"\n"):
            self._found.refuse(data[text:], text, "torn", window.torn)
        else:
            origin = Origin(stream=stamps.streams[-1]) if stamps.streams else NOWHERE
            about = About(stamps.times[-1].value)
            said = data[text : _line_end(data, len(data))]
            self._found.add(said, text, len(data) - text, origin, about)

    def _endless(self, data: bytes, window: Window) -> None:
        """Lines among which no message begins."""
        if not window.last and not self._skipping:
            self._skipping = True
            self._found.refuse(data, 0, "too-long", TOO_LONG)
        elif self._skipping:
            self._found.reject_bytes += len(data)
        else:
            self._before(data)


def _line_end(data: bytes, high: int) -> int:
    """Where the text ends whose line end is written before `high`."""
    if data[high - 1 : high] == b"\n":
        high -= 1
        if data[high - 1 : high] == b"\r":
            high -= 1
    return high


def _line_ends(data: bytes, highs: Integers) -> Integers:
    """The same for many texts, before each of which a line ends."""
    octets = np.frombuffer(data, dtype=np.uint8)
    ends = highs - 1
    return ends - (octets[np.maximum(ends - 1, 0)] == CR)  # type: ignore[no-any-return]


# -------------------------------------------------------------------------------- export tasks
def _exported(head: bytes) -> Find:
    by_epoch = _mark(head) in Stamped(EPOCH)(head[:ENOUGH], last=True).lines
    return Stamped(EPOCH if by_epoch else ISO)


class Stamped:
    """Finds the lines that begin with a time of this template, and a space after it."""

    def __init__(self, template: str) -> None:
        pattern = np.frombuffer(template.encode(), dtype=np.uint8)
        self._width = len(template)
        self._digits = np.flatnonzero(pattern == ord("d"))
        self._fixed = np.flatnonzero(pattern != ord("d"))
        self._marks = pattern[self._fixed]
        self._epoch = template == EPOCH

    def __call__(self, data: bytes, /, *, last: bool = True) -> Stamps:
        """All of them in these bytes."""
        octets = np.frombuffer(data, dtype=np.uint8)
        if kernels.worth(len(data)):
            found = kernels.messages.stamped(octets, _mark(data), epoch=self._epoch, last=last)
            return Stamps(found[0], found[1], pa.array(found[2]).cast(TIME))
        return self._by_columns(octets if last else np.append(octets, _COLON))

    def _by_columns(self, octets: Octets) -> Stamps:
        """The same of all lines side by side."""
        starts = np.concatenate([[_mark(octets[:3].tobytes())], np.flatnonzero(octets == LF) + 1])
        starts = starts[starts + self._width <= len(octets)]
        for at, mark in zip(self._fixed[-1:], self._marks[-1:], strict=True):
            starts = starts[octets[starts + at] == mark]  # many lines could be very short
        if not len(starts):
            return Stamps(starts, starts, pa.nulls(0, TIME))
        rows = np.lib.stride_tricks.sliding_window_view(octets, self._width)[starts]
        fits = (rows[:, self._digits] - np.uint8(ord("0"))).max(axis=1) < 10
        fits &= (rows[:, self._fixed] == self._marks).all(axis=1)
        after = starts + self._width
        following = octets[np.minimum(after, len(octets) - 1)]
        whole = after == len(octets)
        fits &= whole | np.isin(following, _SPACES)
        after += ~whole & (following == ord(" "))
        times = self._times(rows[fits])
        if times.null_count:  # digits, but no date
            fits[np.flatnonzero(fits)[np.asarray(times.is_null())]] = False
            times = times.drop_null()
        return Stamps(starts[fits], after[fits], times)

    def _times(self, rows: Octets) -> pa.Array:
        """NULL where the digits are no date."""
        width = self._width - (len(self._fixed) > 0)  # without the Z
        offsets = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(rows[:, :width].tobytes())]
        texts = pa.Array.from_buffers(pa.string(), len(rows), buffers)
        if not len(self._fixed):
            return pc.multiply(texts.cast(pa.int64()), 1000).cast(TIME)
        try:
            read = texts.cast(TIME)
            return pc.if_else(pc.less(pc.year(read), 1), None, read)
        except pa.ArrowInvalid:
            return scalars.times(texts, "iso")


def _mark(data: bytes) -> int:
    return 3 if data.startswith(BYTE_ORDER_MARK) else 0


# -------------------------------------------------------------------------------- aws logs tail
def _tailed(head: bytes) -> Find:
    pattern = _SHORT if _SHORT.match(head) and not _DETAILED.match(head) else _DETAILED
    return partial(_by_pattern, pattern)


def _by_pattern(pattern: re.Pattern[bytes], data: bytes, /, *, last: bool = True) -> Stamps:
    found: list[tuple[int, int, int, str | None]] = []
    for match in pattern.finditer(data if last else data + b":"):
        try:
            time = scalars.iso(match[1].decode())
        except ValueError:  # digits, but no date
            continue
        below = _BEFORE_JSON.match(data, match.end())
        stream = json_text.shown(match[2]) or None
        found.append((match.start(), below.end() if below else match.end(), time, stream))
    lines, texts, times, streams = zip(*found, strict=True) if found else ((),) * 4
    at, said = np.array(lines, dtype=np.int64), np.array(texts, dtype=np.int64)
    return Stamps(at, said, pa.array(times, TIME), streams)
