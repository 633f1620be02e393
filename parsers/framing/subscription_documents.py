"""Documents of a subscription side by side, and what CloudWatch writes at the head of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from parsers import json_text
from parsers.contract import Integers
from parsers.framing.messages import Origin, Said

BEGINNING = b'{"messageType":"'
NO_HEAD = -1
LONGEST = 1 << 10  # bytes of a head: see cloudwatch.REPEATED
_NAME = rb'"((?:[^"\\\x00-\x1f])*)"'
_HEAD = re.compile(
    rb'\{"messageType":"(DATA_MESSAGE)","owner":%b,"logGroup":%b,"logStream":%b,'
    rb'"subscriptionFilters":(\[(?:"[^"\\\x00-\x1f]*"(?:,"[^"\\\x00-\x1f]*")*)?\]),"logEvents":\['
    % (_NAME, _NAME, _NAME)
)
_EVENTS = b',"logEvents":['


class Documents(NamedTuple):
    """Where each document begins, where its head ends, and where it ends.

    The head of one that has none ends where it begins. `counts` says how many events each has, 0
    where it is not proven; `said` what these say.
    """

    begins: Integers
    heads: Integers
    ends: Integers
    counts: Integers
    said: Said


class Head(NamedTuple):
    """What an envelope says before its events."""

    origin: Origin
    kind: str
    filters: bytes

    def rest(self) -> dict[str, bytes]:
        """What it says beyond the context of its messages, by JSON pointer."""
        quoted = json_text.quoted(self.kind)
        return {"/messageType": quoted, "/subscriptionFilters": json_text.kept(self.filters)}


@lru_cache(16)
def head_of(text: bytes) -> Head | None:
    """What a head says; None where the text is none."""
    match = _HEAD.fullmatch(text)
    if match is None:
        return None
    try:
        kind, owner, group, stream = (match[at].decode() for at in range(1, 5))
    except UnicodeDecodeError:
        return None
    return Head(Origin(group, stream, owner), kind, match[5])


def distinct(data: bytes, lows: Integers, highs: Integers) -> tuple[list[Head], Integers]:
    """The heads that stand in these places, and which of them stands in each: many are alike."""
    heads: list[Head] = []
    ranks: dict[bytes, int] = {b"": NO_HEAD}
    found = np.empty(len(lows), dtype=np.int64)
    for at, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True)):
        text = data[low:high]
        rank = ranks.get(text)
        if rank is None:
            head = head_of(text)
            rank = ranks[text] = NO_HEAD if head is None else len(heads)
            heads += [head] if head else []
        found[at] = rank
    return heads, found


def head_ends(data: bytes, lows: Iterable[int]) -> Integers:
    """Where heads end that begin in these places; where they begin, if there is none."""
    sought = ((low, data.find(_EVENTS, low, low + LONGEST)) for low in lows)
    places = [low if at < 0 else at + len(_EVENTS) for low, at in sought]
    return np.array(places, dtype=np.int64)


def beginnings(data: bytes, cut: int) -> Iterator[int]:
    """Where documents begin in data[:cut] after the first one."""
    at = data.find(BEGINNING, 1, cut)
    while at > 0:
        if _after_document(data, at):
            yield at
        at = data.find(BEGINNING, at + 1, cut)


def last_beginning(data: bytes) -> int:
    """Where the last document begins that is written like the first ones; 0 if nowhere."""
    at = data.rfind(BEGINNING)
    while at > 0 and not _after_document(data, at):
        at = data.rfind(BEGINNING, 0, at)
    return max(at, 0)


def _after_document(data: bytes, at: int) -> bool:
    """Whether what stands before, white space left out, is the end of an object."""
    at -= 1
    while at > 0 and data[at] in b" \t\r\n":
        at -= 1
    return data[at] == ord("}")
