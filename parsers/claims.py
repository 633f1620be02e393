"""Which formats claim a sample, and which comes closest.

Files of one folder look alike: where all formats judge objects by nothing but their members, the
answer for these members holds for every other sample that has the same.
"""

from __future__ import annotations

from typing import NamedTuple

from parsers.contract import Claim, Format, Misfit, Sample
from parsers.formats import FORMATS
from parsers.framing import JOINED

_MOST = 1024  # answers that are remembered


class Claims(NamedTuple):
    """The formats that claim a sample; where none does, `closest` says why the likeliest does not.

    A misfit without likeness says nothing of any format.
    """

    found: tuple[tuple[Format, Claim], ...]
    closest: Misfit


_remembered: dict[tuple[str, frozenset[frozenset[str]]], Claims] = {}


def claims_of(framing: str, sample: Sample) -> Claims:
    """What every format says of a sample that this framing made."""
    if sample.assumed.template or not sample.of_objects:
        return _asked(framing, sample)
    key = framing, frozenset(sample.kinds)
    if key not in _remembered:
        answers = _asked(framing, sample)
        # What came closest names a record by its place: that holds for these units only.
        alike = len(answers.found) == 1 or len(sample.kinds) == 1
        if not (alike and all(each.by_members(sample) for each in FORMATS)):
            return answers
        if len(_remembered) >= _MOST:
            _remembered.clear()
        _remembered[key] = answers
    return _remembered[key]


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
