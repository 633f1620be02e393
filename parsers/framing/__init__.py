"""The few ways in which bytes divide into units; each accounts for every byte it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from parsers.contract import Chunks, Framing, Units
from parsers.framing import (
    charsets,
    cli_text,
    cloudwatch,
    control,
    envelopes,
    exports,
    joined,
    json_stream,
    lines,
    listings,
    openings,
    parquet,
    payloads,
    stamped,
    tables,
)

RECORD_ARRAYS = {
    "Records": "cloudtrail",
    "configurationItems": "config_item",  # history, snapshots, get-resource-config-history
    "baseConfigurationItems": "config_item",  # batch-get-resource-config
    "resourceIdentifiers": "config_item",  # list-discovered-resources
    "EvaluationResults": "config_compliance",  # get-compliance-details-by-config-rule, -by-resource
    "AggregateEvaluationResults": "config_compliance",
    "ComplianceByConfigRules": "config_compliance",  # describe-compliance-by-config-rule
    "ComplianceByResources": "config_compliance",  # describe-compliance-by-resource
    "AggregateComplianceByConfigRules": "config_compliance",
    "databaseActivityEventList": "rds_das",  # decrypted
    "ConformancePackRuleEvaluationResults": "config_compliance",
}
"""Members of a wrapper document whose elements are the records themselves.

With the format that an empty one is said to be of; the records of others say what they are.
"""
EMPTY_ARRAYS = {name: ("records", of_format) for name, of_format in RECORD_ARRAYS.items()} | {
    "Events": ("enveloped", "cloudtrail")  # lookup-events
}
"""Members that show, where they are empty, what a document has no records of: framing, format."""


def _records(chunks: Chunks) -> Iterator[Units]:
    return json_stream.records(chunks, *RECORD_ARRAYS)


def _enveloped(chunks: Chunks) -> Iterator[Units]:
    return envelopes.enveloped(chunks, *RECORD_ARRAYS)


def _exported(chunks: Chunks) -> Iterator[Units]:
    return envelopes.opened(exports.rows(chunks))


MIXED, MIXED_LINES = "mixed", "mixed-lines"
DEEPEST = 3  # contents inside contents


def _inside(depth: int, chunks: Chunks) -> Iterator[Units]:
    """A content framed by what it holds."""
    head, chunks = payloads.peeked(iter(chunks))
    opening = openings.opening_of(head)
    if opening in _PAYLOADS:
        yield from _payload(opening, depth + 1, chunks)
    elif opening:
        yield from FRAMINGS[opening](chunks)
    else:
        looks_like_json = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
        yield from FRAMINGS["enveloped" if looks_like_json else "lines"](chunks)


def _payload(name: str, depth: int, chunks: Chunks) -> Iterator[Units]:
    inside = partial(_inside, depth) if depth <= DEEPEST else lines.frame
    return _PAYLOADS[name](chunks, inside)


_PAYLOADS: dict[str, Callable[[Chunks, payloads.Inside], Iterator[Units]]] = {
    "cloudwatch-awslogs": payloads.awslogs,
    "kinesis-records": payloads.kinesis,
    "firehose-errors": payloads.firehose_errors,
}
MESSAGES: dict[str, Framing] = {
    "cloudwatch-subscription": cloudwatch.subscription,
    "cloudwatch-events": listings.api_events,
    "messages": listings.api_events,
    "cloudwatch-insights": listings.insights,
    "cloudwatch-console": listings.console,
    "cloudwatch-export": stamped.export,
    "cloudwatch-tail": stamped.tail,
    "cloudwatch-table": tables.console,
    cli_text.NAME: cli_text.frame,
    **{name: partial(_payload, name, 1) for name in _PAYLOADS},
    control.NAME: control.frame,
    MIXED: _enveloped,
    MIXED_LINES: lines.filled,
}
"""Framings whose units may each be of another format; `openings` says which one a source needs."""

JOINED: dict[str, Framing] = joined.framings()
"""Framings of records of several lines, each for the formats that name it."""

FRAMINGS: dict[str, Framing] = {
    "lines": lines.frame,
    **JOINED,
    "records": _records,
    "enveloped": _enveloped,
    "documents": json_stream.documents,
    "exported": _exported,
    parquet.NAME: parquet.frame,
    **MESSAGES,
}
"""Every way of framing, in the order in which `identify` tries them."""


MESSAGE_FRAMINGS = (
    *MESSAGES,
    *(f"{each}+{name}" for each in charsets.CHARSETS for name in MESSAGES),
)
"""The same under every name that they have in a ledger."""


def named(name: str) -> Framing:
    """The framing of a name: a key of FRAMINGS, perhaps after a charset and a plus."""
    charset, plus, inner = name.rpartition("+")
    return partial(charsets.frame, charset, FRAMINGS[inner]) if plus else FRAMINGS[name]


def is_framing(name: str) -> bool:
    """Whether a name, perhaps one of a ledger, means a framing."""
    charset, plus, inner = name.rpartition("+")
    return inner in FRAMINGS and (not plus or charset in charsets.CHARSETS)


def holds_messages(name: str) -> bool:
    """Whether units of this framing may each be of another format."""
    return name in MESSAGE_FRAMINGS
