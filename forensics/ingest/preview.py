"""What ingest would make of files, without a case: `identify`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from forensics.evidence.readings import MIXED
from forensics.ingest.worker import END
from forensics.intake import (
    Archive,
    Limits,
    Location,
    NotEvidence,
    discover,
    expand,
    open_location,
    read,
)
from parsers.contract import NOTHING_ASSUMED, Assumed
from parsers.framing import parquet
from parsers.identify import MOST, Identified, Look, Unrecognised, identify, sampled

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("path", "format", "framing", "layout", "reason", "sample")]
)


def preview(
    paths: Sequence[str | os.PathLike[str]],
    limits: Limits | None = None,
    assumed: Assumed = NOTHING_ASSUMED,
) -> pa.Table:
    """One row per file: format, framing, layout, the reason, and the first record."""
    limits = limits or Limits()
    opened = _opened(paths, limits)
    rows = [_row(location, stored, limits, assumed) for location, stored in opened]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _opened(
    paths: Sequence[str | os.PathLike[str]], limits: Limits
) -> Iterator[tuple[Location | NotEvidence, BinaryIO | None]]:
    for item in discover(paths, limits):
        if isinstance(item, NotEvidence):
            yield item, None
        elif isinstance(item, Archive):
            for member in expand(item, limits):
                if isinstance(member, NotEvidence):
                    yield member, None
                else:
                    yield member
        else:
            with open_location(item) as stored:
                yield item, stored


def _row(
    found: Location | NotEvidence, stored: BinaryIO | None, limits: Limits, assumed: Assumed
) -> dict[str, Any]:
    if isinstance(found, NotEvidence) or stored is None:
        assert isinstance(found, NotEvidence)
        return {"path": found.location.path, "reason": f"{found.status}: {found.reason}"}
    head, whole, end = _head(found, stored, limits)
    if not head:
        return {"path": found.path, "reason": "empty"}
    answer = identify(head, whole=whole, key=found.key, end=end, assumed=assumed)
    if isinstance(answer, Unrecognised):
        return {"path": found.path, "reason": f"not recognised: {answer.reason}"}
    return {"path": found.path, **_named(answer), "sample": _sample(answer, head, whole=whole)}


def _named(answer: Identified) -> dict[str, Any]:
    return {
        "format": MIXED if answer.framing.startswith(MIXED) else answer.format.name,
        "framing": answer.framing,
        "layout": " ".join(answer.layout) or None,
        "reason": answer.reason,
    }


def _sample(answer: Identified, head: bytes, *, whole: bool) -> str | None:
    units = sampled(Look(head, whole), answer.framing).units
    return units[0].decode("utf-8", "backslashreplace") if units else None


def _head(location: Location, stored: BinaryIO, limits: Limits) -> tuple[bytes, bool, bytes]:
    """The first bytes of a content, whether they are all, and of a table the last ones."""
    head, end = bytearray(), b""
    for chunk in read(location, stored, limits):
        if len(head) <= MOST:
            head += chunk
        end = (end + chunk)[-END:]
        if len(head) > MOST and not parquet.begins_in(bytes(head[:4])):
            break
    return bytes(head[:MOST]), len(head) <= MOST, end
