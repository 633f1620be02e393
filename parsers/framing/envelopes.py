"""Records inside records: what an envelope carries beside its message goes along as context."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from parsers import json_text
from parsers.contract import CONTEXT, Chunks, Reject, Units
from parsers.framing import json_stream
from parsers.framing.lines import SHOWN

Opened = tuple[bytes, dict[str, Any]]
"""What an envelope holds: the text of the unit inside, and values for columns of CONTEXT."""


def lookup_events(chunks: Chunks) -> Iterator[Units]:
    """`aws cloudtrail lookup-events`: the record is a string beside what the answer says of it."""
    for units in json_stream.records(chunks, "Events"):
        yield opened(units, _lookup_event)


def _lookup_event(envelope: bytes) -> Opened | None:
    found = json_text.members(envelope)
    members = dict(found or ())
    record = json_text.string(members.pop("CloudTrailEvent", b""))
    if record is None:
        return None
    beside = {json_text.pointer(key): json_text.kept(value) for key, value in members.items()}
    return record.encode("utf-8"), {"context_extra": json_text.pointers(beside)}


def opened(units: Units, open_one: Callable[[bytes], Opened | None]) -> Units:
    """Each unit replaced by the one inside it; an envelope that does not open is a reject."""
    texts: list[bytes] = []
    contexts: list[dict[str, Any]] = []
    kept: list[int] = []
    for index, (low, high) in enumerate(
        zip(units.starts.tolist(), units.ends.tolist(), strict=True)
    ):
        inside = open_one(units.data[low:high])
        if inside is None:
            _refuse(units, index, units.data[low:high])
            continue
        kept.append(index)
        texts.append(inside[0])
        contexts.append(inside[1])
    return replaced(units, kept, texts, contexts)


def _refuse(units: Units, index: int, raw: bytes) -> None:
    number, offset = int(units.numbers[index]), int(units.offsets[index])
    detail = "the envelope does not hold the message it should"
    units.rejects.append(Reject(0, number, offset, "empty-envelope", detail, raw[:SHOWN]))
    units.reject_bytes += len(raw)


def replaced(
    units: Units, kept: Sequence[int], texts: Sequence[bytes], contexts: Sequence[dict[str, Any]]
) -> Units:
    """Units `kept`, saying `texts`, with one context each; bytes are accounted as before."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1) - 1
    chosen = np.array(kept, dtype=np.int64)
    return Units(
        b"\n".join(texts),
        ends - lengths,
        ends,
        units.offsets[chosen],
        units.extents[chosen],
        units.numbers[chosen],
        units.structure_bytes,
        units.rejects,
        units.reject_bytes,
        context_batch(contexts),
        units.document,
        units.damage,
    )


def context_batch(contexts: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Contexts as a batch with the columns of CONTEXT, one row per unit."""
    arrays = []
    for column in CONTEXT:
        values = [context.get(column.name) for context in contexts]
        storage = pa.string() if column.verbatim else column.type
        array = pa.array(values, storage)
        arrays.append(
            pa.ExtensionArray.from_storage(column.type, array) if column.verbatim else array
        )
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in CONTEXT])


def decoded(token: bytes) -> Any:
    """A JSON value as Python objects; None where it is no JSON."""
    try:
        return msgspec.json.decode(token)
    except msgspec.DecodeError:
        return None
