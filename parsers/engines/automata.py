r"""Patterns of values as tables that a kernel can follow byte by byte.

A small part of the language of `re`: characters, classes, `\d`, `\w`, `.`, groups, `|`, `?`, `*`,
`+` and `{m,n}`. A byte that is not ASCII leads nowhere: such texts are for `re` to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NOWHERE = -1
MOST_STATES = 1 << 12
_ASCII = [chr(code) for code in range(128)]
_ATOM = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])+\]|[^()|?*+{}\\\[\]]")
_TIMES = re.compile(r"([?*+])|\{(\d+)(?:(,)(\d*))?\}")
_BOUNDS = {"?": (0, 1), "*": (0, None), "+": (1, None)}

State = int
Part = Callable[["_Net", State, State], None]  # leads from one state to another


class Automaton(NamedTuple):
    """From state 0 on, `moves[state, byte]`; a text that ends in a state of `accepts` fits.

    Bytes of one number in `alike` lead to the same state everywhere.
    """

    moves: npt.NDArray[np.int16]
    accepts: npt.NDArray[np.bool_]
    alike: npt.NDArray[np.uint8]


@cache
def automaton(pattern: str) -> Automaton:
    """The automaton of a pattern; ValueError where it is written in other words than these."""
    part, rest = _alternatives(pattern)
    if rest:
        raise ValueError(f"{pattern!r}: {rest!r} is not understood")
    net = _Net()
    start, end = net.state(), net.state()
    part(net, start, end)
    return net.determined(start, end)


class _Net:
    """States, of which a text may be in several at once."""

    def __init__(self) -> None:
        self.free: list[set[State]] = []  # where each state leads without a byte
        self.by_byte: list[list[tuple[frozenset[int], State]]] = []

    def state(self) -> State:
        self.free.append(set())
        self.by_byte.append([])
        return len(self.free) - 1

    def determined(self, start: State, end: State) -> Automaton:
        """The automaton that is in all these states at once."""
        numbers = {self._closed({start}): 0}
        waiting, moves = list(numbers), list[npt.NDArray[np.int16]]()
        while len(moves) < len(waiting):
            row = np.full(128, NOWHERE, dtype=np.int16)
            for byte, reached in self._reached(waiting[len(moves)]).items():
                after = self._closed(reached)
                if after not in numbers:
                    numbers[after] = len(numbers)
                    waiting.append(after)
                row[byte] = numbers[after]
            moves.append(row)
            if len(moves) > MOST_STATES:
                raise ValueError("too many states")
        accepts = np.array([end in states for states in waiting])
        return Automaton(np.array(moves), accepts, _alike(np.array(moves)))

    def _reached(self, states: frozenset[State]) -> dict[int, set[State]]:
        reached: dict[int, set[State]] = {}
        for state in states:
            for octets, after in self.by_byte[state]:
                for octet in octets:
                    reached.setdefault(octet, set()).add(after)
        return reached

    def _closed(self, states: set[State]) -> frozenset[State]:
        found, waiting = set(states), list(states)
        while waiting:
            for after in self.free[waiting.pop()] - found:
                found.add(after)
                waiting.append(after)
        return frozenset(found)


def _alike(moves: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    alike = np.arange(256, dtype=np.uint8)
    alike[:128] = np.unique(moves, axis=1, return_inverse=True)[1].reshape(-1)
    return alike  # what is not ASCII is like nothing but itself


# -------------------------------------------------------------------------------- reading patterns
def _alternatives(text: str) -> tuple[Part, str]:
    """What stands before a closing parenthesis or the end, and what follows."""
    parts, rest = list[Part](), "|" + text
    while rest.startswith("|"):
        part, rest = _sequence(rest[1:])
        parts.append(part)

    def lead(net: _Net, start: State, end: State) -> None:
        for part in parts:
            part(net, start, end)

    return lead, rest


def _sequence(rest: str) -> tuple[Part, str]:
    parts: list[Part] = []
    while rest and rest[0] not in "|)":
        part, rest = _item(rest)
        if times := _TIMES.match(rest):
            part, rest = _repeated(part, *_bounds(times)), rest[times.end() :]
        parts.append(part)

    def lead(net: _Net, start: State, end: State) -> None:
        for part in parts:
            after = net.state()
            part(net, start, after)
            start = after
        net.free[start].add(end)

    return lead, rest


def _item(text: str) -> tuple[Part, str]:
    if text.startswith("(?:"):
        part, rest = _alternatives(text[3:])
        return part, rest.removeprefix(")")
    atom = _ATOM.match(text)
    if atom is None:
        raise ValueError(f"{text!r} is not understood")
    fits = re.compile(atom[0], re.ASCII).fullmatch
    octets = frozenset(code for code, character in enumerate(_ASCII) if fits(character))

    def lead(net: _Net, start: State, end: State) -> None:
        net.by_byte[start].append((octets, end))

    return lead, text[atom.end() :]


def _bounds(times: re.Match[str]) -> tuple[int, int | None]:
    if times[1]:
        return _BOUNDS[times[1]]
    least = int(times[2])
    return least, (int(times[4]) if times[4] else None) if times[3] else least


def _repeated(part: Part, least: int, most: int | None) -> Part:
    def lead(net: _Net, start: State, end: State) -> None:
        for number in range(least if most is None else most):
            if number >= least:
                net.free[start].add(end)
            after = net.state()
            part(net, start, after)
            start = after
        if most is None:  # and round again, from a state of its own
            loop = net.state()
            net.free[start].add(loop)
            part(net, loop, loop)
            start = loop
        net.free[start].add(end)

    return lead
