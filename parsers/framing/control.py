"""Objects that services write to prove that they may: they show when logging was set up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from parsers.contract import Chunks, Units
from parsers.framing.lines import lines
from parsers.framing.windows import windows

NAME = "control"
LONGEST = 4 << 10


class Sentence(NamedTuple):
    """What such an object says, whole."""

    pattern: re.Pattern[bytes]
    about: str


SENTENCES = (
    Sentence(
        re.compile(rb"Permission Check Successful\.?\s*"),
        "an export task of CloudWatch Logs proved that it may write here (aws-logs-write-test)",
    ),
    Sentence(
        re.compile(rb"Enable (?:Access|Connection|Health ?Check) ?Logs? for ELB: [^\r\n]+\s*"),
        "logging of a load balancer was switched on (test file)",
    ),
)


def sentence_in(content: bytes) -> Sentence | None:
    """The sentence that is all of this content."""
    if len(content) > LONGEST:
        return None
    return next((each for each in SENTENCES if each.pattern.fullmatch(content)), None)


def frame(chunks: Chunks) -> Iterator[Units]:
    """All of it is structure: one unit."""
    units = lines(b"", 0, 1)
    units.structure = 1
    for window in windows(chunks):
        units.structure_bytes += len(window.data)
        units.damage = window.torn
    yield units
