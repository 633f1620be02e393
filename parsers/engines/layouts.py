"""Which tokens of a line make which field, for every layout and width that lines come in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from parsers import json_text
from parsers.contract import Column, Layout
from parsers.engines.splits import Split
from parsers.engines.tokens import Quoting, Token


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a line and the columns it becomes.

    Attributes:
        name: as its owner spells it.
        columns: several where `split` divides the field.
        also: names of further fields without which this one says nothing (a time its date): the
            texts of all, a space between each, are the value.
        quoted: its owner writes it in quotes.
        like: a pattern that its values have, the whole of them. A leading run of such fields is
            what the format is recognised by; elsewhere, another value only makes a line odd.
    """

    name: str
    columns: tuple[Column, ...]
    split: Split | None = None
    also: tuple[str, ...] = ()
    quoted: bool = False
    like: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name under which a layout mentions the field."""
        return (self.name, *self.also)


def field(
    column: Column,
    name: str = "",
    *,
    also: tuple[str, ...] = (),
    quoted: bool = False,
    like: str = "",
) -> Field:
    """A field that is one column; `name` where AWS spells the field otherwise."""
    return Field(name or column.name, (column,), also=also, quoted=quoted, like=like)


class Unknown(NamedTuple):
    """A token without a column, and the pointer under which `extra` holds it."""

    at: int
    pointer: str
    surplus: bool  # beyond what the layout names: kept even where it is a bare dash


class Plan(NamedTuple):
    """Lines of one layout and width: the tokens of every field, and those of none."""

    known: tuple[tuple[Field, tuple[int, ...]], ...]
    unknown: tuple[Unknown, ...]

    def is_like(self, found: Sequence[Token]) -> bool:
        """Whether the tokens are what their fields say they are like."""
        return all(
            re.fullmatch(each.like, " ".join(found[at].text for at in places), re.ASCII)
            for each, places in self.known
            if each.like
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """A value that its owner writes without quotes though it holds delimiters.

    `count` tokens from `at` on are one where, joined, they are `like` it.
    """

    at: int
    count: int
    like: str

    def merged(self, found: list[Token], delimiter: str) -> list[Token]:
        """The tokens with those of the value as one; as they were where it is not `like` it."""
        mine = found[self.at : self.at + self.count]
        text = delimiter.join(map(str, mine))
        if len(mine) < self.count or not re.fullmatch(self.like, text, re.ASCII):
            return found
        return [*found[: self.at], Token(text), *found[self.at + self.count :]]

    def spread(self, quoting: Quoting) -> Quoting:
        """Where quotes stand in lines with such a value."""
        more = np.zeros(self.count - 1, dtype=bool)
        return quoting._replace(allowed=np.insert(quoting.allowed, self.at + 1, more))


class Dialect(NamedTuple):
    """How the lines of a format are divided, and what their tokens are."""

    delimiter: str
    runs: bool
    quoting: Quoting | None
    quoted_with: Callable[[Spread | None], tuple[Quoting | None, int]]
    plan: Callable[[Layout, int], Plan]


class Anchors:
    """What the lines of a format begin with: its leading fields that are `like` something."""

    def __init__(self, fields: Sequence[Field], delimiter: str) -> None:
        leading = list(takewhile(lambda each: each.like, fields))
        patterns = [f"(?:{each.like})" for each in leading]
        edge = rf"(?={re.escape(delimiter)}|\Z)"
        self._begins = [
            (each.name, re.compile(delimiter.join(patterns[:count]) + edge, re.ASCII))
            for count, each in enumerate(leading, 1)
        ]

    def fit(self, line: str) -> bool:
        """Whether a line begins as it should."""
        return not self._begins or bool(self._begins[-1][1].match(line))

    def misfit(self, line: str) -> str:
        """Why a line does not begin as it should; "" if it does."""
        if self.fit(line):
            return ""
        name = next(name for name, pattern in self._begins if not pattern.match(line))
        return f"no {name} where it should be: {line[:80]!r}"


def names_of(fields: Sequence[Field]) -> Layout:
    """The names of fields in their order: the layout of lines without a header."""
    return tuple(name for each in fields for name in each.names)


def planned(fields: Sequence[Field], names: Layout, width: int) -> Plan:
    """Find the fields among the first `width` names; of a name that repeats, the first counts."""
    first: dict[str, int] = {}
    for at, name in enumerate(names[:width]):
        first.setdefault(name, at)
    known = tuple(
        (each, tuple(first[name] for name in each.names))
        for each in fields
        if all(name in first for name in each.names)
    )
    used = {at for _, places in known for at in places}
    unknown = (_unknown(names, at) for at in range(width) if at not in used)
    return Plan(known, tuple(sorted(unknown, key=lambda each: each.pointer)))


def _unknown(names: Layout, at: int) -> Unknown:
    if at >= len(names):
        return Unknown(at, json_text.pointer("tail", str(at - len(names) + 1)), surplus=True)
    earlier = names[:at].count(names[at])
    keys = (names[at], str(earlier + 1)) if earlier else (names[at],)
    return Unknown(at, json_text.pointer(*keys), surplus=False)


def quoting_of(fields: Sequence[Field], *, escapes: bool) -> Quoting:
    """Which tokens of a line without a header may be quoted."""
    declared = [each.quoted for each in fields for _ in each.names]
    return Quoting(np.array([*declared, escapes]), escapes)
