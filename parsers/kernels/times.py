"""Times as logs write them: microseconds since 1970. What is spelt in any other way is not read.

They are read from spans (see `values` for what is promised), or from texts, a column at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ZERO, PLUS, DASH, DOT, SLASH, COLON, SPACE, T, Z = b"0+-./: TZ"
DATE = 10  # bytes of a date
SECOND = 1_000_000
DAY = 86_400 * SECOND
EARLIEST, LATEST = -62135596800000000, 253402300799999999  # years 1 to 9999
NOT_A_TIME = int(np.iinfo(np.int64).min)
LOCAL, ISO, NAMED_UTC = 1, 2, 4
"""How a text may end: without a zone, with `Z` or an offset like `+01:00`, with ` UTC`."""
ENDINGS = {"": LOCAL, "Z": ISO, " UTC": NAMED_UTC}
UTC = np.frombuffer(b" UTC", dtype=np.uint8)
MOST_DIGITS = 18
MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", dtype=np.uint8).reshape(12, 3)
BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])  # days of the year
LENGTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
ZONE = np.frombuffer(b" +0000]", dtype=np.uint8)


@compiled
def digits(octets: Octets, at: int, count: int) -> int:
    """The number that so many digits, at most MOST_DIGITS, spell; negative where they are none."""
    value = 0
    flaw = 0  # negative as soon as one of them is no digit
    for here in range(at, at + count):
        digit = int(octets[here]) - ZERO
        flaw |= digit | (9 - digit)
        value = value * 10 + digit
    return value if flaw >= 0 else -1


@compiled
def midnight(year: int, month: int, day: int) -> int:
    """When a day begins; NOT_A_TIME for one that is in no calendar."""
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return NOT_A_TIME
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= LENGTHS[month - 1] + (leap and month == 2):
        return NOT_A_TIME
    past = year - 1
    days: int = past * 365 + past // 4 - past // 100 + past // 400 - 719_162
    days += BEFORE[month - 1] + (leap and month > 2) + day - 1
    return days * DAY


@compiled
def clock(octets: Octets, at: int) -> int:
    """`hh:mm:ss` since midnight; NOT_A_TIME for another text."""
    hour, minute = digits(octets, at, 2), digits(octets, at + 3, 2)
    second = digits(octets, at + 6, 2)
    spelt = octets[at + 2] == COLON and octets[at + 5] == COLON
    if spelt and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60:
        return ((hour * 60 + minute) * 60 + second) * SECOND
    return NOT_A_TIME


@compiled
def says(octets: Octets, at: int, text: Octets) -> bool:
    """Whether a text stands at `at`."""
    place = 0
    while place < len(text) and octets[at + place] == text[place]:
        place += 1
    return place == len(text)


@compiled
def month_named(octets: Octets, at: int) -> int:
    """The number of the month whose short name stands at `at`; 0 for another text."""
    for month in range(12):
        if says(octets, at, MONTHS[month]):
            return month + 1
    return 0


@compiled
def date(octets: Octets, at: int) -> int:
    """`yyyy-mm-dd`: when the day begins."""
    if octets[at + 4] != DASH or octets[at + 7] != DASH:
        return NOT_A_TIME
    return midnight(digits(octets, at, 4), digits(octets, at + 5, 2), digits(octets, at + 8, 2))


@compiled
def _since_midnight(octets: Octets, at: int, end: int, mark: int) -> int:
    """What follows a date: `Thh:mm:ss`, with up to six decimals and `Z`, or neither."""
    length = end - at
    if octets[at] != T and octets[at] != SPACE and octets[at] != mark:
        return NOT_A_TIME
    if length > 9 and octets[end - 1] != Z:
        return NOT_A_TIME
    since = clock(octets, at + 1)
    if length <= 10 or since == NOT_A_TIME:
        return since
    fraction = digits(octets, at + 10, length - 11)
    if octets[at + 9] != DOT or fraction < 0:
        return NOT_A_TIME
    for _ in range(17 - length):
        fraction *= 10
    return since + fraction


@compiled
def _clf(octets: Octets, at: int, end: int) -> int:
    """`[dd/Mon/yyyy:hh:mm:ss +0000]`."""
    if end - at != 28 or octets[at] != ord("[") or octets[at + 12] != COLON:
        return NOT_A_TIME
    if octets[at + 3] != SLASH or octets[at + 7] != SLASH:
        return NOT_A_TIME
    if not says(octets, at + 21, ZONE):
        return NOT_A_TIME
    day = midnight(
        digits(octets, at + 8, 4), month_named(octets, at + 4), digits(octets, at + 1, 2)
    )
    since = clock(octets, at + 13)
    return NOT_A_TIME if day == NOT_A_TIME or since == NOT_A_TIME else day + since


@compiled
def _epoch(octets: Octets, at: int, end: int, scale: int) -> int:
    """Whole time units since 1970."""
    if not 0 < end - at <= MOST_DIGITS:
        return NOT_A_TIME
    value = digits(octets, at, end - at)
    return value * scale if 0 <= value <= LATEST // scale else NOT_A_TIME


# ---------------------------------------------------------------------------- spans
@compiled
def times(
    octets: Octets,
    starts: Places,
    ends: Places,
    iso: bool,
    clf: bool,
    scale: int,
    mark: int,
    values: Integers,
    absent: Flags,
    doubtful: Flags,
) -> int:
    """Times in ISO 8601, in CLF, or in units of `scale` microseconds; how many are absent.

    `mark` may stand between a date and a time.
    """
    nulls = 0
    day, known = NOT_A_TIME, 0  # the last date, and where it stands
    for row in range(len(starts)):
        at, end = int(starts[row]), int(ends[row])
        absent[row] = end < at
        values[row] = 0
        if end < at:
            nulls += 1
            continue
        length = end - at
        value = NOT_A_TIME
        if scale:
            value = _epoch(octets, at, end, scale)
        if clf:
            value = _clf(octets, at, end)
        elif value == NOT_A_TIME and iso and (19 <= length <= 20 or 22 <= length <= 27):
            here = 0
            while here < DATE and octets[at + here] == octets[known + here]:
                here += 1
            if here < DATE or day == NOT_A_TIME:
                day, known = date(octets, at), at
            value = _since_midnight(octets, at + DATE, end, mark)
            value = NOT_A_TIME if value == NOT_A_TIME or day == NOT_A_TIME else day + value
        if value == NOT_A_TIME:
            doubtful[row] = True
        else:
            values[row] = value
    return nulls


# ---------------------------------------------------------------------------- texts
def moments(texts: pa.Array, endings: int) -> Integers:
    """`2024-05-01T10:00:00.123Z`, with a space, in six decimals or none, or `20240501 10:00:00`.

    Microseconds; NOT_A_TIME where a text is anything else, or does not end in one of these ways.
    """
    octets, offsets = _buffers(texts)
    found = np.full(len(texts), NOT_A_TIME, dtype=np.int64)
    if len(texts):
        _moments(octets, offsets, endings, found)
    return found


def stamps(texts: pa.Array, seen: Integers) -> tuple[Integers, Flags]:
    """`Jan  1 12:34:56` in the year that brings it nearest to what is seen.

    NOT_A_TIME stands for nothing seen. Microseconds, and whether the text is such a time of every
    year; else nothing is told of it.
    """
    octets, offsets = _buffers(texts)
    found = np.full(len(texts), NOT_A_TIME, dtype=np.int64)
    told = np.zeros(len(texts), dtype=np.bool_)
    if len(texts):
        _stamps(octets, offsets, seen, found, told)
    return found, told


def _buffers(texts: pa.Array) -> tuple[Octets, Places]:
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets or b"\0" * 4, dtype=np.int32)
    places = places[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"\0", dtype=np.uint8), places


@compiled
def _moments(octets: Octets, offsets: Places, endings: int, found: Integers) -> None:
    for row in range(len(found)):
        at, high = int(offsets[row]), int(offsets[row + 1])
        if high - at < 17:
            continue
        compact = octets[at + 4] != DASH
        if compact:
            month, of_month = digits(octets, at + 4, 2), digits(octets, at + 6, 2)
            day = midnight(digits(octets, at, 4), month, of_month)
            at += 8
        else:
            day = date(octets, at)
            at += DATE
        if at + 9 > high or (octets[at] != SPACE and (compact or octets[at] != T)):
            continue
        since = clock(octets, at + 1)
        if day == NOT_A_TIME or since == NOT_A_TIME:
            continue
        at += 9
        if at < high and octets[at] == DOT and not compact:
            at += 1
            scale = SECOND // 10
            while at < high and scale > 0 and ZERO <= octets[at] <= ZERO + 9:
                since += (int(octets[at]) - ZERO) * scale
                scale //= 10
                at += 1
            if scale == SECOND // 10:
                continue
        ending, ahead = _ending(octets, at, high)
        moment = day + since - ahead
        if ending & endings and EARLIEST <= moment <= LATEST:
            found[row] = moment


@compiled
def _ending(octets: Octets, at: int, high: int) -> tuple[int, int]:
    """How a time ends, and by how many microseconds its zone is ahead."""
    if at == high:
        return LOCAL, 0
    if at + 1 == high and octets[at] == Z:
        return ISO, 0
    if at + 4 == high:
        return (NAMED_UTC if says(octets, at, UTC) else 0), 0
    if at + 6 != high or octets[at + 3] != COLON or octets[at] not in (PLUS, DASH):
        return 0, 0
    hours, minutes = digits(octets, at + 1, 2), digits(octets, at + 4, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return 0, 0
    ahead = (hours * 60 + minutes) * 60 * SECOND
    return ISO, (ahead if octets[at] == PLUS else -ahead)


@compiled
def _stamps(octets: Octets, offsets: Places, seen: Integers, found: Integers, told: Flags) -> None:
    for row in range(len(found)):
        at = int(offsets[row])
        if offsets[row + 1] - at != 15 or octets[at + 3] != SPACE or octets[at + 6] != SPACE:
            continue
        month = month_named(octets, at)
        day = digits(octets, at + 5, 1) if octets[at + 4] == SPACE else digits(octets, at + 4, 2)
        since = clock(octets, at + 7)
        if since == NOT_A_TIME or midnight(2023, month, day) == NOT_A_TIME:  # not in every year
            continue
        near = seen[row]
        if near == NOT_A_TIME:
            told[row] = True
            continue
        year = int(1970 + near // (DAY * 146_097 // 400))  # or the one beside it
        if year < 3 or year > 9997:
            continue
        told[row] = True
        best = NOT_A_TIME
        for each in range(year - 2, year + 3):
            moment = midnight(each, month, day) + since
            if best == NOT_A_TIME or abs(moment - near) < abs(best - near):
                best = moment
        found[row] = best
