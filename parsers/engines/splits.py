"""Declared splits of one field into several columns, each with its inverse.

Where joining the parts does not give the field back, the plain reader leaves the parts NULL and
keeps the whole in `extra`; the vector form only points such fields out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Parts = tuple[str | None, ...]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """`parts` and `whole` are inverse; `vector` gives the parts' arrays and the misfits, if any."""

    parts: Callable[[str], Parts | None]
    whole: Callable[[Parts], str]
    vector: Callable[[pa.Array], tuple[list[pa.Array], Flags | None]]


def _endpoint(text: str) -> Parts | None:
    """`address:port` at the last colon; an IPv6 address has no brackets in these logs."""
    address, colon, port = text.rpartition(":")
    return (address, port) if colon and address and port else None


def _endpoints(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
    halves = pc.split_pattern(texts, ":", max_splits=1, reverse=True)
    return _columns(texts, halves, 2)


def _request(text: str) -> Parts | None:
    """`VERB URL PROTOCOL` at the first and the last space: a URL may hold raw spaces."""
    verb, space, rest = text.partition(" ")
    url, last, protocol = rest.rpartition(" ")
    return (verb, url, protocol) if space and last else None


def _requests(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
    (verbs, rests), misfits = _columns(texts, pc.split_pattern(texts, " ", max_splits=1), 2)
    halves = pc.split_pattern(rests, " ", max_splits=1, reverse=True)
    (urls, protocols), wrong = _columns(rests, halves, 2)
    if misfits is not None and wrong is not None:
        wrong = misfits | wrong
    return [verbs, urls, protocols], misfits if wrong is None else wrong


def _columns(texts: pa.Array, pieces: pa.Array, count: int) -> tuple[list[pa.Array], Flags | None]:
    """Lists of `count` texts as `count` arrays; lists of another length are misfits (NULL)."""
    lengths = pc.list_value_length(pieces)
    fits = pc.fill_null(pc.equal(lengths, count), False)
    misfits = np.asarray(pc.and_(texts.is_valid(), pc.invert(fits)))
    if fits.true_count == len(texts):
        flat = pieces.flatten()
        steps = [pa.array(np.arange(at, len(flat), count)) for at in range(count)]
        return [flat.take(step) for step in steps], None
    safe = pc.if_else(fits, pieces, pa.scalar([None] * count, pieces.type))
    arrays = [pc.list_element(safe, at) for at in range(count)]
    empty = np.zeros(len(texts), dtype=bool)
    return arrays, misfits if misfits.any() else empty


ENDPOINT = Split(_endpoint, lambda parts: f"{parts[0]}:{parts[1]}", _endpoints)
REQUEST = Split(_request, lambda parts: f"{parts[0]} {parts[1]} {parts[2]}", _requests)
