"""One CloudWatch log event as a JSON object, in the spellings of every API that hands it out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import json_text, scalars
from parsers.framing import spans
from parsers.framing.messages import About, Messages, Origin
from parsers.framing.spans import BROKEN

EARLIEST, LATEST = -62_135_596_800_000, 253_402_300_799_999  # milliseconds: years 1 to 9999
MESSAGE, TIMESTAMP = "message", "timestamp"
IDS = ("id", "eventId")
STREAMS = ("logStreamName", "logStream")
GROUPS = ("logGroupName", "logGroup")
MEMBERS = frozenset(
    (MESSAGE, TIMESTAMP, *IDS, *STREAMS, *GROUPS, "ingestionTime", "logGroupIdentifier")
)
_INTEGER = re.compile(rb"-?(?:0|[1-9]\d{0,18})")
_ACCOUNT_AND_GROUP = re.compile(r"(\d{12}):(.+)", re.DOTALL)


class Token(NamedTuple):
    """The text of a message and the place of its token in the event."""

    text: bytes
    start: int
    end: int


@dataclass(slots=True)
class Event:
    """What an event says; `extra` holds by JSON pointer what has no column of its own."""

    said: list[Token] = field(default_factory=list)
    time: int | None = None  # microseconds
    event_id: str | None = None
    group: str | None = None
    stream: str | None = None
    owner: str | None = None
    extra: dict[str, bytes] = field(default_factory=dict)


def read(document: bytes) -> Event | None:
    """Read the object; None where it is none, or has no message that is a string.

    An event that has two messages says both.
    """
    event = Event()
    if not document.startswith(b"{"):
        return None
    for key, start, end in spans.members(document):
        if end == BROKEN:
            return None
        value = document[start:end]
        if key == MESSAGE and value.startswith(b'"'):
            event.said.append(Token(json_text.unescaped(value), start, end))
        elif not _known(event, key, value):
            event.extra[json_text.pointer(key)] = json_text.kept(value)
    return event if event.said else None


def _known(event: Event, key: str, value: bytes) -> bool:
    """Take a member that has a column, if its value fits it and it is the first of its kind."""
    if key == TIMESTAMP and event.time is None:
        event.time = microseconds(value)
        return event.time is not None
    attribute = {IDS: "event_id", STREAMS: "stream", GROUPS: "group"}
    for keys, name in attribute.items():
        if key in keys and getattr(event, name) is None:
            setattr(event, name, json_text.string(value))
            return getattr(event, name) is not None
    if key == "logGroupIdentifier" and event.group is None:
        event.owner, event.group = account_and_group(json_text.string(value) or "")
        return event.group is not None
    return False


def microseconds(value: bytes) -> int | None:
    """A token of milliseconds since 1970 in microseconds; None where it is none."""
    if not _INTEGER.fullmatch(value) or not EARLIEST <= int(value) <= LATEST:
        return None
    return int(value) * 1000


def account_and_group(text: str) -> tuple[str | None, str | None]:
    """`<account>:<log group>`, as CloudWatch writes `@log`; both None where it is not that."""
    match = _ACCOUNT_AND_GROUP.fullmatch(text)
    return (match[1], match[2]) if match else (None, None)


def take_field(event: Event, name: str, text: str | None) -> bool:
    """Take a field of Logs Insights that has a column, if it fits and is the first of its name."""
    if text is None:
        return False
    if name == "@timestamp" and event.time is None:
        event.time = _insights_time(text)
        return event.time is not None
    if name == "@logStream" and event.stream is None:
        event.stream = text
        return True
    if name == "@log" and event.group is None:
        event.owner, event.group = account_and_group(text)
        return event.group is not None
    return False


def _insights_time(text: str) -> int | None:
    """`2024-05-01 10:00:00.123`, which is UTC."""
    try:
        return scalars.iso(text)
    except ValueError:
        return None


def add(
    found: Messages, event: Event, place: int, shared: Origin, beside: dict[str, bytes]
) -> None:
    """Add what an event at `place` says; what it does not say of its origin the envelope says."""
    origin = Origin(
        event.group if event.group is not None else shared.group,
        event.stream if event.stream is not None else shared.stream,
        event.owner if event.owner is not None else shared.owner,
    )
    about = About(event.time, event.event_id, json_text.pointers(beside | event.extra))
    for text, start, end in event.said:
        found.add(text, place + start, end - start, origin, about)
