"""Envelopes proven by where their quotes stand: what is done where there are no kernels.

Every quote of an envelope without a backslash begins or ends a string, ten of them to an event.
Their places, and the few bytes that must stand between them, prove each event of all the envelopes
in a window side by side. Nothing can hide between two events.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers import json_text
from parsers.contract import TEXT, TIME, Flags, Integers
from parsers.framing.messages import Said, Texts
from parsers.framing.subscription_documents import Documents, beginnings, head_ends

QUOTES = 10  # of an event: its three names, its id, its message
_DIGITS = 13  # of a time in milliseconds: from 2001 to 2286
_POWERS = 10 ** np.arange(_DIGITS - 1, -1, -1, dtype=np.int64)

Octets = npt.NDArray[np.uint8]


def documents(data: bytes, cut: int) -> Documents:
    """The documents in data[:cut]."""
    first = cut - len(data[:cut].lstrip(b" \t\r\n"))
    bounds = [first, *(at for at in beginnings(data, cut) if at > first), cut]
    ends = [low + len(data[low:high].rstrip()) for low, high in pairwise(bounds)]
    quotes = _Quotes(data, cut)
    begins, heads = np.array(bounds[:-1], dtype=np.int64), head_ends(data, bounds[:-1])
    counts, table = quotes.proven(begins, heads, np.array(ends, dtype=np.int64))
    return Documents(begins, heads, np.array(ends, dtype=np.int64), counts, quotes.said(table))


class _Quotes:
    """The bytes data[:cut], and where the quotes of events stand in them."""

    def __init__(self, data: bytes, cut: int) -> None:
        self._data = data
        self._octets = np.frombuffer(data, dtype=np.uint8)[:cut]

    def proven(self, lows: Integers, begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """How many events each document has, 0 if it is not proven; the quotes of all of them.

        `begins` are where their heads end.
        """
        quotes = np.flatnonzero(self._octets == ord('"'))
        first, last = np.searchsorted(quotes, begins), np.searchsorted(quotes, ends)
        counts, rest = np.divmod(last - first, QUOTES)
        fits = (begins > lows) & self._clean(begins, ends) & (rest == 0) & (counts > 0)
        chosen = np.flatnonzero(fits).tolist()
        parts = [quotes[low:high] for low, high in zip(first[chosen], last[chosen], strict=True)]
        table = np.concatenate([quotes[:0], *parts]).reshape(-1, QUOTES)
        owners = np.repeat(np.flatnonzero(fits), counts[fits])
        sound = self._sound(table, begins[owners], ends[owners], np.diff(owners, append=-1) != 0)
        fits[owners[~sound]] = False
        return np.where(fits, counts, 0), table[fits[owners]]

    def said(self, table: Integers) -> Said:
        """Events by where their quotes stand."""
        digits = self._rows(table[:, 5] + 2, _DIGITS) - np.uint8(ord("0"))
        times = digits.astype(np.int64) @ _POWERS * 1000
        lows, highs = table[:, 8].copy(), table[:, 9].copy()
        pairs = zip((table[:, 2] + 1).tolist(), table[:, 3].tolist(), strict=True)
        ids = pa.array([self._data[low:high] for low, high in pairs], pa.binary()).cast(TEXT)
        texts = Texts(self._data, lows + 1, highs)
        return Said(texts, lows, highs + 1 - lows, pa.array(times).cast(TIME), ids)

    def _clean(self, begins: Integers, ends: Integers) -> Flags:
        """Documents whose events hold no backslash, no control character, nothing but UTF-8."""
        odd = (self._octets == ord("\\")) | (self._octets < ord(" "))
        if not json_text.is_utf8(self._data[: len(self._octets)]):
            odd |= self._octets >= 0x80
        places = np.flatnonzero(odd)
        clean = np.searchsorted(places, begins) == np.searchsorted(places, ends)
        return np.asarray(clean, dtype=bool)

    def _sound(self, table: Integers, begins: Integers, ends: Integers, last: Flags) -> Flags:
        """Whether each event is written as CloudWatch writes events, right after the one before."""
        opens, closes = table[:, 0], table[:, 9]
        sound = (table[:, 8] == table[:, 7] + 2) & (table[:, 6] == table[:, 5] + 3 + _DIGITS)
        sound &= self._says(opens - 1, b'{"id":"') & self._says(table[:, 3], b'","timestamp":')
        sound &= self._says(table[:, 6] - 1, b',"message":"')
        sound &= np.where(last, self._says(closes, b'"}]}'), self._says(closes, b'"},{'))
        sound &= np.where(last, closes + 4 == ends, True)
        first = np.append(True, last)[:-1]
        sound &= np.where(first, opens == begins + 1, opens == np.roll(closes, 1) + 4)
        digits = self._rows(table[:, 5] + 2, _DIGITS) - np.uint8(ord("0"))
        return np.asarray(sound & (digits.max(axis=1) < 10) & (digits[:, 0] > 0), dtype=bool)

    def _says(self, places: Integers, text: bytes) -> Flags:
        """Whether `text` stands at each of the places."""
        found = self._rows(places, len(text)).view(f"S{len(text)}")[:, 0]
        return np.asarray(found == text, dtype=bool)

    def _rows(self, places: Integers, width: int) -> Octets:
        """The bytes from each place on, a row for each."""
        if not len(places):
            return np.empty((0, width), dtype=np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(self._octets, width)
        return windows[np.clip(places, 0, len(windows) - 1)]
