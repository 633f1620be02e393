"""Times read from spans: microseconds since 1970. See `values` for what is promised."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ZERO, DASH, DOT, SLASH, COLON, SPACE = 48, 45, 46, 47, 58, 32
DATE = 10  # bytes of a date
SECOND = 1_000_000
DAY = 86_400 * SECOND
LATEST = 253402300799999999  # of the year 9999
NOT_A_TIME = np.iinfo(np.int64).min
MOST_DIGITS = 18
MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", dtype=np.uint8)
LENGTHS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
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
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= LENGTHS[month - 1]):
        return NOT_A_TIME
    if month == 2 and day == 29 and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)):
        return NOT_A_TIME
    shifted = year - (month <= 2)  # years that begin in March end with their leap day
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    of_days = of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return (era * 146097 + of_days - 719468) * DAY


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
def _date(octets: Octets, at: int) -> int:
    """`yyyy-mm-dd`: when the day begins."""
    if octets[at + 4] != DASH or octets[at + 7] != DASH:
        return NOT_A_TIME
    return midnight(digits(octets, at, 4), digits(octets, at + 5, 2), digits(octets, at + 8, 2))


@compiled
def _since_midnight(octets: Octets, at: int, end: int, mark: int) -> int:
    """What follows a date: `Thh:mm:ss`, with up to six decimals and `Z`, or neither."""
    length = end - at
    if octets[at] != ord("T") and octets[at] != SPACE and octets[at] != mark:
        return NOT_A_TIME
    if length > 9 and octets[end - 1] != ord("Z"):
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
    for here in range(len(ZONE)):
        if octets[at + 21 + here] != ZONE[here]:
            return NOT_A_TIME
    month = 0
    for each in range(12):
        if (
            octets[at + 4] == MONTHS[each * 3]
            and octets[at + 5] == MONTHS[each * 3 + 1]
            and octets[at + 6] == MONTHS[each * 3 + 2]
        ):
            month = each + 1
    day = midnight(digits(octets, at + 8, 4), month, digits(octets, at + 1, 2))
    since = clock(octets, at + 13)
    return NOT_A_TIME if day == NOT_A_TIME or since == NOT_A_TIME else day + since


@compiled
def _epoch(octets: Octets, at: int, end: int, scale: int) -> int:
    """Whole time units since 1970."""
    if not 0 < end - at <= MOST_DIGITS:
        return NOT_A_TIME
    value = digits(octets, at, end - at)
    return value * scale if 0 <= value <= LATEST // scale else NOT_A_TIME


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
                day, known = _date(octets, at), at
            value = _since_midnight(octets, at + DATE, end, mark)
            value = NOT_A_TIME if value == NOT_A_TIME or day == NOT_A_TIME else day + value
        if value == NOT_A_TIME:
            doubtful[row] = True
        else:
            values[row] = value
    return nulls
