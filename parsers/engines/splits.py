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

from parsers import kernels

Parts = tuple[str | None, ...]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
_ARN = np.frombuffer(b"arn:", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Split:
    """`parts` and `whole` are inverse; `vector` gives the parts' arrays and the misfits, if any.

    `spans` does the same for fields that are spans of a block: it gives those of the parts, and
    marks what cannot be divided as doubtful.
    """

    parts: Callable[[str], Parts | None]
    whole: Callable[[Parts], str]
    vector: Callable[[pa.Array], tuple[list[pa.Array], Flags | None]]
    spans: Callable[[Octets, Places, Places, Flags], list[tuple[Places, Places]]]


def _endpoint(text: str) -> Parts | None:
    """`address:port` at the last colon; an IPv6 address has no brackets in these logs."""
    address, colon, port = text.rpartition(":")
    return (address, port) if colon and address and port else None


def _endpoints(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
    halves = pc.split_pattern(texts, ":", max_splits=1, reverse=True)
    parts, misfits = _columns(texts, halves, 2)
    for part in parts:
        if pc.min(pc.binary_length(part)).as_py() == 0:
            empty = np.asarray(pc.equal(part, "").fill_null(False))
            misfits = empty if misfits is None else misfits | empty
    return parts, misfits


def _endpoint_spans(
    octets: Octets, starts: Places, ends: Places, doubtful: Flags
) -> list[tuple[Places, Places]]:
    middles, seconds = np.empty_like(starts), np.empty_like(starts)
    kernels.values.endpoints(octets, starts, ends, middles, seconds, doubtful)
    return [(starts, middles), (seconds, ends)]


def _endpoint_or_arn(text: str) -> Parts | None:
    """`address:port`, or a Lambda function, which has neither."""
    if text.startswith("arn:"):
        return None, None, text
    endpoint = _endpoint(text)
    return None if endpoint is None else (*endpoint, None)


def _endpoints_or_arns(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
    is_arn = pc.starts_with(texts, "arn:")
    halves, misfits = _endpoints(pc.if_else(is_arn, None, texts))
    return [*halves, pc.if_else(is_arn, texts, None)], misfits


def _endpoint_or_arn_spans(
    octets: Octets, starts: Places, ends: Places, doubtful: Flags
) -> list[tuple[Places, Places]]:
    is_arn = np.empty(len(starts), dtype=bool)
    kernels.values.begin_with(octets, starts, ends, _ARN, is_arn)
    nothing = starts - 1
    halves = _endpoint_spans(octets, starts, np.where(is_arn, nothing, ends), doubtful)
    return [*halves, (starts, np.where(is_arn, ends, nothing))]


def _request(text: str) -> Parts | None:
    """`VERB URL PROTOCOL` at the first and the last space: a URL may hold raw spaces.

    A space that ends the text is the protocol's: `- - - ` is how a balancer says "no request".
    """
    verb, space, rest = text.partition(" ")
    last = rest.rfind(" ", 0, len(rest) - 1)
    return (verb, rest[:last], rest[last + 1 :]) if space and last >= 0 else None


def _request_spans(
    octets: Octets, starts: Places, ends: Places, doubtful: Flags
) -> list[tuple[Places, Places]]:
    firsts, lasts = np.empty_like(starts), np.empty_like(starts)
    kernels.values.requests(octets, starts, ends, firsts, lasts, doubtful)
    return [(starts, firsts), (firsts + 1, lasts), (lasts + 1, ends)]


def _requests(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
    ends_in_space = pc.ends_with(texts, " ")
    if not pc.any(ends_in_space).as_py():
        return _at_first_and_last_space(texts)
    shorter = pc.if_else(ends_in_space, pc.utf8_slice_codeunits(texts, 0, -1), texts)
    (verbs, urls, protocols), misfits = _at_first_and_last_space(shorter)
    longer = pc.binary_join_element_wise(protocols, " ", "")
    return [verbs, urls, pc.if_else(ends_in_space, longer, protocols)], misfits


def _at_first_and_last_space(texts: pa.Array) -> tuple[list[pa.Array], Flags | None]:
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


ENDPOINT = Split(_endpoint, lambda parts: f"{parts[0]}:{parts[1]}", _endpoints, _endpoint_spans)
ENDPOINT_OR_ARN = Split(
    _endpoint_or_arn,
    lambda parts: parts[2] or f"{parts[0]}:{parts[1]}",
    _endpoints_or_arns,
    _endpoint_or_arn_spans,
)
REQUEST = Split(
    _request, lambda parts: f"{parts[0]} {parts[1]} {parts[2]}", _requests, _request_spans
)
