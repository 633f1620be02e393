"""Log events as the AWS CLI prints them with `--output text`: a line each, of values and tabs.

`EVENTS`, then the values in the order of their names: id, time of ingestion, stream, message, time
(filter-log-events), or time of ingestion, message, time (get-log-events). Nothing is escaped: a
message may hold tabs and lines; it ends where a line ends with a time and another event begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers import json_text, scalars
from parsers.contract import Chunks, Units
from parsers.framing.messages import About, Messages, Origin
from parsers.framing.windows import LONGEST, Window, windows

NAME = "cloudwatch-text"
_BEGINS = re.compile(
    rb"^EVENTS\t(?:(\d{40,64})\t(\d{13})\t([^\t\r\n]*)\t|(\d{13})\t)", re.MULTILINE
)
_ENDS = re.compile(rb"\t(\d{13})\r?\n?\Z")
_BETWEEN = re.compile(rb"(?:^SEARCHEDLOGSTREAMS\t(?:True|False)\t[^\n]*+\n?)+\Z", re.MULTILINE)
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:(?!EVENTS\t)[\x21-\x7e]+(?:\t[\x21-\x7e]+)*\r?\n){0,3}+"
)
_TOKENS = "/text"  # where what stands before the events is kept: the CLI names none of it
_UNENDED = "an event without its time at the end"


def begins_in(head: bytes) -> bool:
    """Whether these are the first bytes of such a listing."""
    before = _BEFORE.match(head)
    return bool(before and _BEGINS.match(head, before.end()))


def frame(chunks: Chunks) -> Iterator[Units]:
    """Every event; what stands before the first one and between them is structure."""
    pending, base, number = b"", 0, 1
    for window in windows(chunks):
        pending = window.after(pending)
        found = _Events(pending, Messages(base, number), first=base == 0)
        cut = found.read(window)
        units = found.messages.units(cut)
        units.damage = window.torn
        if found.before:
            units.document[_TOKENS] = json_text.quoted(json_text.shown(found.before)).decode()
        base, pending, number = base + cut, pending[cut:], found.messages.number
        yield units


class _Events:
    """The events in one buffer."""

    def __init__(self, data: bytes, messages: Messages, *, first: bool) -> None:
        self.data, self.messages, self.first = data, messages, first
        self.before = b""

    def read(self, window: Window) -> int:
        """Take what has ended; how many bytes that were."""
        begins = list(_BEGINS.finditer(self.data))
        if not begins:
            return self._without(window)
        if self.first:
            self.before = self.data[: begins[0].start()].strip()
        current = begins[0]
        for following in begins[1:]:
            if self._take(current, following.start()):
                current = following
        if not window.last and len(self.data) - current.start() <= LONGEST:
            return current.start()
        if not self._take(current, len(self.data)):
            code = "torn" if window.torn else "no-message" if window.last else "too-long"
            low = current.start()
            self.messages.refuse(self.data[low:], low, code, window.torn or _UNENDED)
        return len(self.data)

    def _without(self, window: Window) -> int:
        if not window.last and len(self.data) <= LONGEST:
            return 0
        if self.data.strip():
            self.messages.refuse(self.data, 0, "no-message", "no event begins here")
        return len(self.data)

    def _take(self, begin: re.Match[bytes], high: int) -> bool:
        """Add the event that begins here, if it ends before `high`."""
        between = _BETWEEN.search(self.data, begin.end(), high)
        until = between.start() if between else high
        end = _ENDS.search(self.data, max(begin.end() - 1, until - 20), until)
        if end is None:
            return False
        low = begin.start()
        text = self.data[begin.end() : end.start()] if end.start() >= begin.end() else b""
        ingested = int(begin[2] or begin[4])
        about = About(
            scalars.epoch_milliseconds(end[1].decode()),
            begin[1].decode() if begin[1] else None,
            json_text.pointers({"/ingestionTime": str(ingested).encode()}),
        )
        stream = json_text.shown(begin[3]) if begin[3] else None
        self.messages.add(text, low, until - low, Origin(stream=stream), about)
        return True
