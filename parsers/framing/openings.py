"""How a source begins that holds messages of CloudWatch Logs: what it is framed by, if any.

Recognition of envelopes is by the names of their members, of text by the first line. It looks at
the first bytes only and so costs next to nothing, whatever the source is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from parsers.framing import cli_text, events, spans
from parsers.framing.stamped import EPOCH, ISO, Stamped
from parsers.json_scan import skip_space

LOOKED_AT = 4 << 10  # bytes of the first document
_STAMPS = (Stamped(ISO), Stamped(EPOCH))
_TAIL = re.compile(
    rb"(?:\x1b\[[0-9;]*m)*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    rb"(?:(?:\.\d{6})?\+00:00(?:\x1b\[[0-9;]*m)* \S|(?:\x1b\[[0-9;]*m)* )"
)
_TABLE = re.compile(rb'(?:timestamp,message\r?(?:\n|\Z)|"?@(?:\w|\.)+"?[,\r\n])')
_TOKENS = frozenset({"nextForwardToken", "nextBackwardToken", "nextToken", "searchedLogStreams"})
_STORED = frozenset({"ingestionTime", "eventId", "logStreamName", "logGroupIdentifier"})
_FIREHOSE = frozenset({"errorCode", "lastErrorCode", "ErrorCode"})


class Opening(NamedTuple):
    """Names of the members of the first document, and of the first element of its arrays."""

    keys: frozenset[str]
    inside: frozenset[str] = frozenset()
    nested: bool = False  # that element is itself an array


def opening(head: bytes) -> Opening:
    """Look at the first document; what it says after LOOKED_AT bytes does not count."""
    head = head.lstrip()[:LOOKED_AT]
    if head.startswith(b"["):
        return Opening(frozenset(), *_first_element(head, 0))
    keys, inside, nested = [], frozenset[str](), False
    for key, start, _ in spans.members(head) if head.startswith(b"{") else ():
        keys.append(key)
        if head[start : start + 1] == b"[" and not inside:
            inside, nested = _first_element(head, start)
    return Opening(frozenset(keys), inside, nested)


def _first_element(head: bytes, low: int) -> tuple[frozenset[str], bool]:
    first = at = skip_space(head, low + 1)
    while head[at : at + 1] == b"[":
        at = skip_space(head, at + 1)
    if head[at : at + 1] != b"{":
        return frozenset(), at > first
    return frozenset(member.key for member in spans.members(head, at)), at > first


def _subscription(found: Opening) -> bool:
    beside = found.keys & {"messageType", "logGroup"}
    return "logEvents" in found.keys and bool(beside or events.MESSAGE in found.inside)


def _kinesis(found: Opening) -> bool:
    inside = "kinesis" in found.inside or {"Data", "SequenceNumber"} <= found.inside
    return "Records" in found.keys and inside


def _firehose_errors(found: Opening) -> bool:
    return "rawData" in found.keys and bool(found.keys & _FIREHOSE)


def _events(found: Opening) -> bool:
    page = found.keys or found.inside
    if "events" in page:
        return events.MESSAGE in found.inside or bool(page & _TOKENS)
    return events.MESSAGE in page and page <= events.MEMBERS and bool(page & _STORED)


def _insights(found: Opening) -> bool:
    rows = found.nested and found.inside == {"field", "value"}
    return "results" in found.keys and (rows or "statistics" in found.keys)


def _console(found: Opening) -> bool:
    return not found.keys and any(key.startswith("@") for key in found.inside)


DOCUMENTS: dict[str, Callable[[Opening], bool]] = {
    "cloudwatch-subscription": _subscription,
    "cloudwatch-awslogs": lambda found: "awslogs" in found.keys,
    "cloudwatch-events": _events,
    "cloudwatch-insights": _insights,
    "cloudwatch-console": _console,
    "kinesis-records": _kinesis,
    "firehose-errors": _firehose_errors,
    "messages": lambda found: found.keys == {events.MESSAGE},
}
TEXTS: dict[str, Callable[[bytes], bool]] = {
    "cloudwatch-export": lambda head: (
        head[:1].isdigit() and any(0 in stamps(head).lines for stamps in _STAMPS)
    ),
    "cloudwatch-tail": lambda head: bool(_TAIL.match(head)),
    "cloudwatch-table": lambda head: bool(_TABLE.match(head)),
    cli_text.NAME: cli_text.begins_in,
}


WEAK = frozenset({"cloudwatch-tail", "messages"})
"""What only its messages prove: others begin their lines with a time, or have messages, too."""

ABOUT = {
    "cloudwatch-subscription": "envelopes of a CloudWatch Logs subscription",
    "cloudwatch-awslogs": "a CloudWatch Logs subscription, as a function gets it",
    "cloudwatch-events": "CloudWatch log events, as the API lists them",
    "cloudwatch-insights": "results of CloudWatch Logs Insights, as the API gives them",
    "cloudwatch-console": "results of CloudWatch Logs Insights, as the console saves them",
    "cloudwatch-export": "a CloudWatch Logs export task: each message begins with its time",
    "cloudwatch-tail": "messages as `aws logs tail` prints them",
    cli_text.NAME: "log events as the AWS CLI prints them with --output text",
    "cloudwatch-table": "log events or results of CloudWatch Logs Insights, in CSV",
    "kinesis-records": "records of a Kinesis stream",
    "messages": "messages, each an object",
    "firehose-errors": "records that Firehose could not deliver",
}


# One of these stands in every document that is told by its members, unless they are escaped.
_TOLD_BY = (
    b"logEvents", b"kinesis", b"SequenceNumber", b"rawData", b"events", b"message",
    b"results", b'"@', b"awslogs", b"\\u",
)  # fmt: skip


def opening_of(head: bytes) -> str:
    """The framing that the first bytes of a source ask for; "" if they ask for none."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if head.lstrip()[:1] in (b"{", b"["):
        begins = head.lstrip()[:LOOKED_AT]
        if not any(token in begins for token in _TOLD_BY):
            return ""
        found = opening(head)
        return next((name for name, fits in DOCUMENTS.items() if fits(found)), "")
    head = head[:LOOKED_AT]
    return next((name for name, fits in TEXTS.items() if fits(head)), "")
