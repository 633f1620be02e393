"""What a framing has found in the text it holds, in order, until it is handed out as Units."""

from __future__ import annotations

import numpy as np

from parsers.contract import Integers, Reject, Units
from parsers.framing import windows


class Found:
    """Collects units and rejects by their positions in the text; numbers and offsets go on."""

    def __init__(self) -> None:
        self.base = 0  # offset of text[0] in the stream
        self.number = 1  # of the next unit
        self._starts: list[Integers] = []
        self._ends: list[Integers] = []
        self._numbers: list[Integers] = []
        self._rejects: list[Reject] = []
        self._reject_bytes = 0

    def proven(self, starts: Integers, ends: Integers) -> None:
        """Units at text[starts[i]:ends[i]]."""
        self._starts.append(starts)
        self._ends.append(ends)
        self._numbers.append(np.arange(self.number, self.number + len(starts)))
        self.number += len(starts)

    def unit(self, low: int, high: int) -> None:
        """One unit, text[low:high]."""
        self.proven(np.array([low]), np.array([high]))

    def reject(self, text: bytes, low: int, high: int, code: str, detail: str) -> None:
        """text[low:high] is a unit that cannot be handed out whole."""
        raw = text[low : min(high, low + windows.SHOWN)]
        self._rejects.append(Reject(0, self.number, self.base + low, code, detail, raw))
        self._reject_bytes += high - low
        self.number += 1

    def reject_more(self, count: int) -> None:
        """So many bytes more belong to the last reject."""
        self._reject_bytes += count

    def units(self, text: bytes, at: int) -> Units:
        """What was found in text[:at]; every byte that is of no unit is structure."""
        starts, ends, numbers = map(_joined, (self._starts, self._ends, self._numbers))
        units = Units(text, starts, ends, starts + self.base, ends - starts, numbers)
        units.rejects, units.reject_bytes = self._rejects, self._reject_bytes
        units.structure_bytes = at - int(units.extents.sum()) - self._reject_bytes
        self._starts, self._ends, self._numbers, self._rejects = [], [], [], []
        self._reject_bytes = 0
        self.base += at
        return units


def _joined(parts: list[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
