"""JSON records and lines of text with holes, filled for many of them at once.

In a template, `@name@` inside a string and the whole string `"#name#"` are holes; what fills the
second kind stands there without quotes. Holes of equal name hold the same value within a record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.generators.columns import Column, constant, interleave, join
from benchmarks.generators.noise import Noise

UNKNOWN_KEY = {"workloadDetails": {"workloadId": "w-0a1b2c3d", "tier": "standard"}}
HOLE = re.compile(r'"#(\w+)#"|@(\w+)@')


class Template:
    """One kind of record: literal bytes and the names of the holes between them."""

    def __init__(self, record: dict[str, Any] | str, opening: str = "", closing: str = "") -> None:
        """Take the record in the order in which its members are to be written, or a text."""
        if not isinstance(record, str):
            record = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        text = opening + record + closing
        self.literals: list[bytes] = []
        self.holes: list[str] = []
        place = 0
        for match in HOLE.finditer(text):
            self.literals.append(text[place : match.start()].encode())
            self.holes.append(match[1] or match[2])
            place = match.end()
        self.rest = text[place:].encode()

    def fill(self, column: Callable[[str], Column]) -> Column:
        """The records; `column` is asked once for each name."""
        values = {name: column(name) for name in dict.fromkeys(self.holes)}
        parts = []
        for literal, hole in zip(self.literals, self.holes, strict=True):
            parts += [constant(literal), values[hole]]
        return join(*parts, constant(self.rest))


def json_lines(
    noise: Noise,
    kinds: Sequence[tuple[float, dict[str, Any]]],
    columns: Mapping[str, Column],
    unknown_key: bool,
) -> Column:
    """One object on each line, its kind drawn by weight, its holes filled from the columns."""
    added = UNKNOWN_KEY if unknown_key else {}
    return mixed_lines(noise, [(weight, record | added) for weight, record in kinds], columns)


def mixed_lines(
    noise: Noise,
    kinds: Sequence[tuple[float, dict[str, Any] | str]],
    columns: Mapping[str, Column],
) -> Column:
    """The same for lines of text, too."""
    drawn = noise.kinds([weight for weight, _ in kinds])
    groups = []
    for kind, (_, record) in enumerate(kinds):
        places = np.flatnonzero(drawn == kind)
        if len(places):
            own = {name: column.take(pa.array(places)) for name, column in columns.items()}
            groups.append((places, Template(record, closing="\n").fill(own.__getitem__)))
    return interleave(groups)
