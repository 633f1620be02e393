"""The few ways in which bytes divide into units; each accounts for every byte it reads."""

from __future__ import annotations

from collections.abc import Iterator

from parsers.contract import Chunks, Framing, Units
from parsers.framing import envelopes, json_stream, lines

RECORD_ARRAYS = ("Records", "configurationItems")
"""Members of a wrapper document whose elements are the records themselves."""


def _records(chunks: Chunks) -> Iterator[Units]:
    return json_stream.records(chunks, *RECORD_ARRAYS)


FRAMINGS: dict[str, Framing] = {
    "lines": lines.frame,
    "records": _records,
    "lookup-events": envelopes.lookup_events,
    "documents": json_stream.documents,
}
"""Every way of framing, in the order in which `identify` tries them."""
