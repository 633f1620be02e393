"""Which formats claim a sample, and which comes closest.

Files of one folder look alike: where all formats judge objects by nothing but their members, the
answer for these members holds for every other sample that has the same. What the analyst asserts
may change it: then nothing is remembered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from parsers.contract import NOTHING_ASSUMED, Claim, Format, Misfit, Sample
from parsers.formats import BY_NAME, FORMATS
from parsers.framing import JOINED

_MOST = 1024  # answers that are remembered


class Claims(NamedTuple):
    """The formats that claim a sample; where none does, `closest` says why the likeliest does not.

    A misfit without likeness says nothing of any format.
    """

    found: tuple[tuple[Format, Claim], ...]
    closest: Misfit


Kind = tuple[str, frozenset[str]]  # a framing, and the members of an object it made
_fitting: dict[Kind, frozenset[str] | None] = {}
_remembered: dict[Kind, Claims] = {}


def claims_of(framing: str, sample: Sample) -> Claims:
    """What every format says of a sample that this framing made."""
    if sample.assumed != NOTHING_ASSUMED or not sample.of_objects:
        return _asked(framing, sample)
    each = [_fits(framing, sample, kind) for kind in sample.kinds]
    known = [names for names in each if names is not None]
    if len(known) < len(each):
        return _asked(framing, sample)
    common = frozenset.intersection(*known)
    if len(common) == 1:
        declared = BY_NAME[next(iter(common))]
        answer = declared.claim(sample)
        assert isinstance(answer, Claim)
        return Claims(((declared, answer),), Misfit(""))
    if len(sample.kinds) > 1:  # what comes closest names a record by its place
        return _asked(framing, sample)
    key = framing, next(iter(sample.kinds))
    if key not in _remembered:
        _make_room(_remembered)
        _remembered[key] = _asked(framing, sample)
    return _remembered[key]


def _fits(framing: str, sample: Sample, kind: frozenset[str]) -> frozenset[str] | None:
    """The formats that claim an object with these members; None if one looks at more than them.

    A sample of several kinds is claimed by those that claim every kind.
    """
    key = framing, kind
    if key not in _fitting:
        alone = Sample((sample.units[sample.kinds[kind]],), sample.whole, sample.key)
        _make_room(_fitting)
        found = _asked(framing, alone).found
        free = all(each.by_members(alone) for each in FORMATS)
        _fitting[key] = frozenset(declared.name for declared, _ in found) if free else None
    return _fitting[key]


def _make_room(memory: dict[Kind, Any]) -> None:
    if len(memory) >= _MOST:
        memory.clear()


def _asked(framing: str, sample: Sample) -> Claims:
    found: list[tuple[Format, Claim]] = []
    closest = Misfit("")
    for declared in FORMATS:
        if not suits(declared, framing, sample):
            continue
        answer = declared.claim(sample)
        if isinstance(answer, Claim):
            found.append((declared, answer))
        elif answer.likeness > closest.likeness:
            closest = Misfit(f"closest is {declared.name}, but {answer.reason}", answer.likeness)
    return Claims(tuple(found), closest)


def suits(declared: Format, framing: str, sample: Sample) -> bool:
    """Whether this framing makes the units of the format: joined lines are of one format only."""
    if framing in JOINED:
        return framing in declared.joined
    divided = bool(declared.joined) and framing == "lines"
    return not divided or not sample.units or sample.units[0].startswith(b"{")
