"""Times as logs write them, a column at once. What is spelt in any other way is not read here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE = int(np.iinfo(np.int64).min)
"""Stands for a time that is not told here."""
LOCAL, ISO, NAMED_UTC = 1, 2, 4
"""How a time may end: without a zone, with `Z` or an offset like `+01:00`, with ` UTC`."""
ENDINGS = {"": LOCAL, "Z": ISO, " UTC": NAMED_UTC}
_UTC = np.frombuffer(b" UTC", dtype=np.uint8)
_ZERO, _SPACE, _COLON, _DASH, _PLUS, _DOT, _T, _Z = b"0 :-+.TZ"
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_NAMES = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", dtype=np.uint8).reshape(12, 3)
_DAY = 86_400_000_000


def moments(texts: pa.Array, endings: int) -> Integers:
    """`2024-05-01T10:00:00.123Z`, with a space, in six decimals or none, or `20240501 10:00:00`.

    Microseconds; NONE where a text is anything else, or does not end in one of these ways.
    """
    octets, offsets = _buffers(texts)
    found = np.full(len(texts), NONE, dtype=np.int64)
    if len(texts):
        _moments(octets, offsets, endings, found)
    return found


def stamps(texts: pa.Array, seen: Integers) -> tuple[Integers, Flags]:
    """`Jan  1 12:34:56` in the year that brings it nearest to what is seen, NONE for nothing seen.

    Microseconds, and whether the text is such a time of every year; else nothing is told of it.
    """
    octets, offsets = _buffers(texts)
    found = np.full(len(texts), NONE, dtype=np.int64)
    told = np.zeros(len(texts), dtype=np.bool_)
    if len(texts):
        _stamps(octets, offsets, seen, found, told)
    return found, told


def _buffers(texts: pa.Array) -> tuple[Octets, Offsets]:
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets or b"\0" * 4, dtype=np.int32)
    places = places[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"\0", dtype=np.uint8), places


@compiled
def _moments(octets: Octets, offsets: Offsets, endings: int, found: Integers) -> None:
    for row in range(len(found)):
        at, high = int(offsets[row]), int(offsets[row + 1])
        if high - at < 17:
            continue
        year, compact = digits(octets, at, 4), octets[at + 4] != _DASH
        if compact:
            month, day = digits(octets, at + 4, 2), digits(octets, at + 6, 2)
            at += 8
        else:
            month, day = digits(octets, at + 5, 2), digits(octets, at + 8, 2)
            if octets[at + 7] != _DASH:
                continue
            at += 10
        if octets[at] != _SPACE and (compact or octets[at] != _T):
            continue
        clock = _clock(octets, at + 1, high)
        days = day_of(year, month, day)
        if clock < 0 or days == NONE:
            continue
        at += 9
        if at < high and octets[at] == _DOT and not compact:
            at += 1
            scale = 100_000
            while at < high and scale > 0 and _ZERO <= octets[at] <= _ZERO + 9:
                clock += (int(octets[at]) - _ZERO) * scale
                scale //= 10
                at += 1
            if scale == 100_000:
                continue
        ending, ahead = _ending(octets, at, high)
        if ending & endings:
            found[row] = days * _DAY + clock - ahead


@compiled
def _ending(octets: Octets, at: int, high: int) -> tuple[int, int]:
    """How a time ends, and by how many microseconds its zone is ahead."""
    if at == high:
        return LOCAL, 0
    if at + 1 == high and octets[at] == _Z:
        return ISO, 0
    if at + 4 == high:
        same = octets[at] == _UTC[0] and octets[at + 1] == _UTC[1]
        same = same and octets[at + 2] == _UTC[2] and octets[at + 3] == _UTC[3]
        return (NAMED_UTC if same else 0), 0
    if at + 6 != high or octets[at + 3] != _COLON or octets[at] not in (_PLUS, _DASH):
        return 0, 0
    hours, minutes = digits(octets, at + 1, 2), digits(octets, at + 4, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return 0, 0
    ahead = (hours * 60 + minutes) * 60_000_000
    return ISO, (ahead if octets[at] == _PLUS else -ahead)


@compiled
def _clock(octets: Octets, at: int, high: int) -> int:
    """Microseconds since midnight of `10:00:00`; -1 where that is none."""
    if at + 8 > high or octets[at + 2] != _COLON or octets[at + 5] != _COLON:
        return -1
    hour, minute = digits(octets, at, 2), digits(octets, at + 3, 2)
    second = digits(octets, at + 6, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return -1
    return ((hour * 60 + minute) * 60 + second) * 1_000_000


@compiled
def digits(octets: Octets, at: int, count: int) -> int:
    """The number that so many digits say; -1 where they are not all digits."""
    value = 0
    for place in range(at, at + count):
        digit = int(octets[place]) - _ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@compiled
def day_of(year: int, month: int, day: int) -> int:
    """Days since 1970; NONE where there is no such day in the years 1 to 9999."""
    if year < 1 or month < 1 or month > 12 or day < 1:
        return NONE
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _DAYS[month - 1] + (leap and month == 2):
        return NONE
    past = year - 1
    days: int = past * 365 + past // 4 - past // 100 + past // 400 - 719_162
    days += _DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1
    return days


@compiled
def _stamps(octets: Octets, offsets: Offsets, seen: Integers, found: Integers, told: Flags) -> None:
    for row in range(len(found)):
        at = int(offsets[row])
        if offsets[row + 1] - at != 15 or octets[at + 3] != _SPACE or octets[at + 6] != _SPACE:
            continue
        month = _month(octets, at)
        day = digits(octets, at + 5, 1) if octets[at + 4] == _SPACE else digits(octets, at + 4, 2)
        clock = _clock(octets, at + 7, at + 15)
        if clock < 0 or day_of(2023, month, day) == NONE:  # not in every year
            continue
        near = seen[row]
        if near == NONE:
            told[row] = True
            continue
        year = int(1970 + near // (_DAY * 146_097 // 400))  # or the one beside it
        if year < 3 or year > 9997:
            continue
        told[row] = True
        best = NONE
        for each in range(year - 2, year + 3):
            moment = day_of(each, month, day) * _DAY + clock
            if best == NONE or abs(moment - near) < abs(best - near):
                best = moment
        found[row] = best


@compiled
def _month(octets: Octets, at: int) -> int:
    for month in range(12):
        names = _NAMES[month]
        if octets[at] == names[0] and octets[at + 1] == names[1] and octets[at + 2] == names[2]:
            return month + 1
    return 0
