"""Messages taken out of their envelopes: what each says, where it stood, what came along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from parsers import json_text
from parsers.contract import CONTEXT, JSON, TEXT, TIME, Integers, Reject, Units
from parsers.framing.lines import CR, LF
from parsers.framing.windows import SHOWN

NAME = pa.dictionary(pa.int32(), pa.string())
_SHARED = ("log_group", "log_stream", "owner")
CONTEXT_TYPES = {column.name: NAME if column.name in _SHARED else column.type for column in CONTEXT}
"""Types of the columns of a context: what all messages of an envelope share is a dictionary."""


class Origin(NamedTuple):
    """What all messages of one envelope share."""

    group: str | None = None
    stream: str | None = None
    owner: str | None = None


class About(NamedTuple):
    """What an envelope says of one message."""

    time: int | None = None  # microseconds
    event_id: str | None = None
    extra: str | None = None


class Texts(NamedTuple):
    """What messages say: `data[starts[i]:ends[i]]` for each; `data` may hold much else."""

    data: bytes
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        """Texts that stand apart."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(lengths + 1) - 1
        return cls(b"\n".join(texts), ends - lengths, ends)

    @classmethod
    def joined(cls, parts: Sequence[Texts]) -> Texts:
        """All of them in one buffer."""
        if len(parts) == 1:
            return parts[0]
        bases = np.cumsum([0, *(len(part.data) + 1 for part in parts)])[:-1].tolist()
        moved = list(zip(parts, bases, strict=True))
        return cls(
            b"\n".join(part.data for part in parts),
            _joined([part.starts + base for part, base in moved]),
            _joined([part.ends + base for part, base in moved]),
        )

    def slice(self, low: int, high: int) -> Texts:
        """Texts low..high, which stand in that order, without the bytes of the others."""
        begin, end = (int(self.starts[low]), int(self.ends[high - 1])) if high > low else (0, 0)
        starts, ends = self.starts[low:high] - begin, self.ends[low:high] - begin
        return Texts(self.data[begin:end], starts, ends)


class Said(NamedTuple):
    """Messages side by side: texts, where their tokens stand, how long these are, and more."""

    texts: Texts
    places: Integers
    extents: Integers
    times: pa.Array  # of TIME
    ids: pa.Array | None = None
    extras: pa.Array | None = None

    def slice(self, low: int, high: int) -> Said:
        """Messages low..high of these."""
        if (low, high) == (0, len(self.places)):
            return self
        texts, places, extents, *others = self
        arrays = [None if each is None else each[low:high] for each in others]
        return Said(texts.slice(low, high), places[low:high], extents[low:high], *arrays)

    def take(self, indices: Integers) -> Said:
        """Some of these messages."""
        (data, starts, ends), places, extents, *others = self
        texts = Texts(data, starts[indices], ends[indices])
        arrays = [None if each is None else each.take(pa.array(indices)) for each in others]
        return Said(texts, places[indices], extents[indices], *arrays)


NOWHERE, SILENT = Origin(), About()


class Messages:
    """Messages in the order of the stream, and all that is needed to make `Units` of them.

    Places are positions in the buffer that began at byte `base` of the stream. What is neither
    added nor refused is structure. One line end at the end of a message ends it and is left out.
    """

    def __init__(self, base: int, number: int) -> None:
        self.base = base
        self.number = number  # of the next unit
        self.rejects: list[Reject] = []
        self.reject_bytes = 0
        self.structure = 0
        self._parts: list[Said] = []
        self._numbers: list[Integers] = []
        self._origins: list[Origin] = []
        self._owners: list[Integers] = []  # which of the origins each message has
        self._single: list[tuple[bytes, int, int, About]] = []  # not yet in a part

    def extend(self, origins: Sequence[Origin], owners: Integers, said: Said) -> None:
        """Add messages; `owners` says which of the origins each of them has."""
        self._collect()
        self._parts.append(said)
        self._numbers.append(np.arange(self.number, self.number + len(owners)))
        self._owners.append(owners + len(self._origins))
        self._origins += origins
        self.number += len(owners)

    def add(
        self, text: bytes, place: int, extent: int, origin: Origin = NOWHERE, about: About = SILENT
    ) -> None:
        """Add one message."""
        self._single.append((text, place, extent, about))
        self._numbers.append(np.array([self.number]))
        self._owners.append(np.array([len(self._origins)]))
        self._origins.append(origin)
        self.number += 1

    def _collect(self) -> None:
        """Messages added one by one as a part."""
        if not self._single:
            return
        texts, places, extents, abouts = zip(*self._single, strict=True)
        times, ids, extras = zip(*abouts, strict=True)
        self._single = []
        self._parts.append(
            Said(
                Texts.of(texts),
                np.array(places, dtype=np.int64),
                np.array(extents, dtype=np.int64),
                pa.array(times, TIME),
                pa.array(ids, pa.string()),
                pa.array(extras, pa.string()),
            )
        )

    def refuse(self, raw: bytes, place: int, code: str, detail: str) -> None:
        """A unit that cannot be read; nothing of it is structure."""
        offset = self.base + place
        self.rejects.append(Reject(0, self.number, offset, code, detail, raw[:SHOWN]))
        self.reject_bytes += len(raw)
        self.number += 1

    def take_over(self, reject: Reject) -> None:
        """A reject of another framing in its place; its bytes are counted by who takes it."""
        self.rejects.append(reject._replace(record_no=self.number))
        self.number += 1

    def set_aside(self, count: int) -> None:
        """Units that are structure themselves: counted, their bytes are structure."""
        self.structure += count
        self.number += count

    def units(self, size: int) -> Units:
        """All of it, out of a buffer of `size` bytes."""
        self._collect()
        texts = Texts.joined([part.texts for part in self._parts])
        extents = _joined([part.extents for part in self._parts])
        units = Units(
            texts.data,
            texts.starts,
            texts.ends.copy(),
            _joined([part.places for part in self._parts]) + self.base,
            extents,
            _joined(self._numbers),
            context=self._context(len(extents)),
        )
        _leave_line_ends(units)
        units.rejects, units.reject_bytes = self.rejects, self.reject_bytes
        units.structure = self.structure
        units.structure_bytes = size - int(extents.sum()) - self.reject_bytes
        return units

    def _context(self, count: int) -> pa.RecordBatch:
        owners = _joined(self._owners)
        groups, streams, accounts = zip(*self._origins, strict=True) if self._origins else ((),) * 3
        return context_batch(
            {
                "log_group": _named(groups, owners),
                "log_stream": _named(streams, owners),
                "owner": _named(accounts, owners),
                "log_time": _column([part.times for part in self._parts], self._parts, TIME),
                "log_event_id": _column([part.ids for part in self._parts], self._parts, TEXT),
                "context_extra": _column([part.extras for part in self._parts], self._parts, TEXT),
            },
            count,
        )


def _column(
    arrays: Sequence[pa.Array | None], parts: Sequence[Said], kind: pa.DataType
) -> pa.Array:
    """One column of all parts; NULL where a part does not say it."""
    whole = [
        pa.nulls(len(part.places), kind) if array is None else array
        for array, part in zip(arrays, parts, strict=True)
    ]
    if len(whole) == 1:
        return whole[0]  # without a copy
    return pa.concat_arrays(whole) if whole else pa.nulls(0, kind)


def consumed(units: Units) -> int:
    """How many bytes of the stream these units and all around them took."""
    return int(units.extents.sum()) + units.reject_bytes + units.structure_bytes


def in_order(units: Units, base: int) -> Iterator[tuple[int, int]]:
    """Units and rejects as they stand in a buffer: index and place; ~index for a reject."""
    lows = [*units.starts.tolist(), *(reject.offset - base for reject in units.rejects)]
    for index in sorted(range(len(lows)), key=lows.__getitem__):
        yield (index if index < len(units) else ~(index - len(units))), lows[index]


def context_batch(arrays: dict[str, pa.Array], count: int) -> pa.RecordBatch:
    """A context of `count` rows; columns not given are NULL, `context_extra` comes as text."""
    columns = []
    for name, kind in CONTEXT_TYPES.items():
        array = arrays.get(name)
        if array is None:
            array = pa.nulls(count, kind)
        elif kind == JSON and array.type != JSON:
            array = pa.ExtensionArray.from_storage(JSON, array)
        columns.append(array if array.type == kind else array.cast(kind))
    return pa.RecordBatch.from_arrays(columns, names=list(CONTEXT_TYPES))


def with_extra(
    context: pa.RecordBatch | None, besides: Sequence[Mapping[str, bytes]]
) -> pa.RecordBatch:
    """A context whose `context_extra` says more, by JSON pointer, of each unit."""
    if context is None:
        context = context_batch({}, len(besides))
    if not any(besides):
        return context
    arrays = dict(zip(context.schema.names, context.columns, strict=True))
    said = arrays["context_extra"].storage.to_pylist()
    texts = [
        json_text.pointers({**beside, **dict(json_text.members((own or "{}").encode()) or ())})
        for own, beside in zip(said, besides, strict=True)
    ]
    return context_batch(arrays | {"context_extra": pa.array(texts, pa.string())}, len(besides))


def _named(names: Iterable[str | None], owners: Integers) -> pa.Array:
    """The name that each message has by its owner, as a dictionary array."""
    codes: dict[str, int] = {}
    each = [-1 if name is None else codes.setdefault(name, len(codes)) for name in names]
    indices = np.array(each, dtype=np.int32)[owners]
    encoded = pa.array(indices, mask=indices < 0 if -1 in each else None)
    return pa.DictionaryArray.from_arrays(encoded, pa.array(list(codes), pa.string()))


def _leave_line_ends(units: Units) -> None:
    octets = np.frombuffer(units.data or b"\0", dtype=np.uint8)
    starts, ends = units.starts, units.ends
    ended = np.flatnonzero((octets[ends - 1] == LF) & (ends > starts))
    ends[ended] -= 1
    before = ends[ended]
    ended = ended[(octets[before - 1] == CR) & (before > starts[ended])]
    ends[ended] -= 1


def _joined(arrays: Sequence[Integers]) -> Integers:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)
