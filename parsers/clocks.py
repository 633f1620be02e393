"""When something happened, from the time as a log writes it: with its zone, without, or yearless.

A time without a zone is in the zone the analyst asserts, else in the one that is the stated
default of the service, UTC. The basis says which; a log that states its zone needs no assertion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import kernels, scalars
from parsers.contract import TIME, Assumed, Flags, Integers
from parsers.errors import ParserError

STATED = "stated"
UTC_BY_DEFAULT = "utc-by-default"
ZONE_ASSERTED = "zone-asserted"
YEAR_INFERRED = "year-inferred"
YEAR_ASSERTED = "year-asserted"
NO_YEAR = "no-year"
ENVELOPE = "envelope"

Told = tuple[int | None, str]
"""Microseconds UTC, if they can be told, and the basis on which."""
Clock = Callable[[str, int | None, Assumed], Told]
"""Reads a time, given what the envelope says of it. Raises ValueError where it is none."""


class AllTold(NamedTuple):
    """A column of times, which of them are told, and on which basis each one is."""

    times: pa.Array  # of TIME
    told: Flags
    bases: pa.Array


AtOnce = Callable[[pa.Array, pa.Array, Assumed], AllTold | None]
"""Reads texts, given what envelopes say of each; None where only the clock itself can."""
_AT_ONCE: dict[Clock, AtOnce] = {}


def read_by(reader: AtOnce) -> Callable[[Clock], Clock]:
    """Have a clock read whole columns, too; what the reader does not tell, the clock does."""

    def mark(clock: Clock) -> Clock:
        _AT_ONCE[clock] = reader
        return clock

    return mark


def at_once(clock: Clock, texts: pa.Array, seen: pa.Array, assumed: Assumed) -> AllTold | None:
    """What can be told of a whole column; None for nothing."""
    reader = _AT_ONCE.get(clock)
    return reader(texts, seen, assumed) if reader else None


def spelt(spelling: str) -> AtOnce:
    """A reader of times of a spelling of `scalars`, which state their zone."""

    def read(texts: pa.Array, seen: pa.Array, assumed: Assumed) -> AllTold | None:
        del seen, assumed
        return _all_told(scalars.times(texts, spelling), STATED)

    return read


def written(ending: str, basis: str = STATED) -> AtOnce:
    """A reader of dates and times that end in `Z` (or an offset), ` UTC`, or without a zone."""

    def read(texts: pa.Array, seen: pa.Array, assumed: Assumed) -> AllTold | None:
        del seen
        if not _worth(texts) or (assumed.zone and basis == UTC_BY_DEFAULT):
            return None
        found = kernels.times.moments(texts, kernels.times.ENDINGS[ending])
        return _all_told(_times(found), basis)

    return read


def _worth(texts: pa.Array) -> bool:
    return kernels.worth(len(texts) * _LINE)


def _times(found: Integers) -> pa.Array:
    return pa.array(found, mask=found == kernels.times.NOT_A_TIME).cast(TIME)


def _all_told(times: pa.Array, basis: str) -> AllTold:
    return AllTold(times, np.asarray(times.is_valid()), pa.repeat(pa.scalar(basis), len(times)))


def _yearless(texts: pa.Array, seen: pa.Array, assumed: Assumed) -> AllTold | None:
    """In the year nearest to what is seen, where no zone moves them; no year where nothing is."""
    seen = seen.cast(pa.int64())
    if not _worth(texts) or assumed.zone or (assumed.before is not None and seen.null_count):
        return None
    near = np.asarray(pc.fill_null(seen, kernels.times.NOT_A_TIME))
    found, told = kernels.times.stamps(texts, near)
    inferred = f"{YEAR_INFERRED}, {UTC_BY_DEFAULT}"
    return AllTold(_times(found), told, pc.if_else(seen.is_valid(), inferred, NO_YEAR))


_LINE = 64  # bytes of a line with a time, about
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times of the same naive kind are subtracted
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: at for at, name in enumerate(_NAMES, 1)}
_STAMP = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_COMPACT = re.compile(r"(\d{2}|\d{4})(\d\d)(\d\d) +(\d{1,2}):(\d\d):(\d\d)", re.ASCII)
_DASHED = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ] ?(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?", re.ASCII
)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_WORDY = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})", re.ASCII
)


class UnknownZone(ParserError):
    """Raised for a time zone that is neither an IANA name nor an offset."""


@lru_cache(64)
def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name or an offset such as +02:00. Raises UnknownZone."""
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset:
        by = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-by if offset[1] == "-" else by)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnknownZone(
            f"{name!r} is no time zone", hint="an IANA name (Europe/Paris) or an offset (+02:00)"
        ) from error


def stated(spelling: str) -> Clock:
    """A clock for times of a spelling of `scalars` that states their zone, or counts from 1970."""
    read = scalars.TIME_SPELLINGS[spelling]

    @read_by(spelt(spelling))
    def tell(text: str, seen: int | None, assumed: Assumed) -> Told:
        del seen, assumed
        return read(text), STATED

    return tell


def zoneless(read: Callable[[str], int]) -> Clock:
    """A clock for times of a zone that the log does not state."""

    @read_by(written("", UTC_BY_DEFAULT))
    def tell(text: str, seen: int | None, assumed: Assumed) -> Told:
        del seen
        return in_zone(read(text), assumed)

    return tell


def in_zone(local: int, assumed: Assumed) -> Told:
    """Local microseconds as UTC ones."""
    if not assumed.zone:
        return local, UTC_BY_DEFAULT
    moment = (_EPOCH + timedelta(microseconds=local)).replace(tzinfo=zone_named(assumed.zone))
    try:
        shifted = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError("beyond the years 1 to 9999") from error
    return (shifted - _EPOCH) // _MICROSECOND, ZONE_ASSERTED


# -------------------------------------------------------------------------------- clocks
def local(text: str) -> int:
    """A date and a time without a zone, in one of the ways logs write them, as microseconds."""
    if match := _DASHED.fullmatch(text):
        return _micros(match.groups()[:6], match[7])
    if match := _COMPACT.fullmatch(text) or _DIGITS.fullmatch(text):
        year, *rest = match.groups()
        return _micros(((year if len(year) == 4 else f"20{year}"), *rest))
    if match := _WORDY.fullmatch(text):
        month, day, hour, minute, second, year = match.groups()
        return _micros((year, str(_month(month)), day, hour, minute, second))
    raise ValueError("not a date and a time")


def iso_or_local(text: str, seen: int | None, assumed: Assumed) -> Told:
    """ISO 8601 with a zone, or a date and a time without one."""
    if text[-1:].isdigit() and not re.search(r"[+-]\d\d(?::?\d\d)?$", text[10:]):
        return zoneless(local)(text, seen, assumed)
    if re.search(r"[+-]\d\d$", text[10:]):
        text += ":00"
    return scalars.iso(text), STATED


@read_by(_yearless)
def yearless(text: str, seen: int | None, assumed: Assumed) -> Told:
    """`Jan  1 12:34:56`: the year is that nearest to what the envelope says, if it does.

    Else it is the latest that is not after the moment the analyst asserts; else none is told.
    """
    match = _STAMP.fullmatch(text)
    if not match:
        raise ValueError("not a time like Jan  1 12:34:56")
    month, day, hour, minute, second = match.groups()
    rest = str(_month(month)), day.strip(), hour, minute, second
    near = seen if seen is not None else assumed.before
    if near is None:
        _micros(("2024", *rest))  # a leap year: is it a date at all?
        return None, NO_YEAR
    middle = (_EPOCH + timedelta(microseconds=near)).year
    told = [in_zone(found, assumed) for found in _candidates(range(middle - 8, middle + 2), rest)]
    if seen is not None:
        moment, basis = min(told, key=lambda each: abs((each[0] or 0) - seen))
        return moment, f"{YEAR_INFERRED}, {basis}"
    earlier = [each for each in told if each[0] is not None and each[0] <= near]
    if not earlier:
        return None, NO_YEAR
    return earlier[-1][0], f"{YEAR_ASSERTED}, {earlier[-1][1]}"


def _candidates(years: range, rest: tuple[str, ...]) -> list[int]:
    found: list[int] = []
    for year in years:
        try:
            found.append(_micros((str(year), *rest)))
        except ValueError:  # 29 February of a year that has none
            continue
    if not found:
        raise ValueError("no date of any year")
    return found


def _month(name: str) -> int:
    if name not in _MONTHS:
        raise ValueError(f"{name} is no month")
    return _MONTHS[name]


def _micros(parts: tuple[str, ...], fraction: str | None = None) -> int:
    year, month, day, hour, minute, second = map(int, parts)
    whole = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a local time
    value = (whole - _EPOCH) // _MICROSECOND
    if fraction:
        value += int(fraction[:6].ljust(6, "0"))
        if fraction[6:].strip("0"):
            raise scalars.FinerThanMicrosecond(value)
    return value
