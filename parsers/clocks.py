"""When something happened, from the time as a log writes it: with its zone, without, or yearless.

A time without a zone is in the zone the analyst asserts, else in the one that is the stated
default of the service, UTC. The basis says which; a log that states its zone needs no assertion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parsers import scalars
from parsers.contract import Assumed
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


def stated(read: Callable[[str], int]) -> Clock:
    """A clock for times that state their zone, or count from 1970."""

    def tell(text: str, seen: int | None, assumed: Assumed) -> Told:
        del seen, assumed
        return read(text), STATED

    return tell


def zoneless(read: Callable[[str], int]) -> Clock:
    """A clock for times of a zone that the log does not state."""

    def tell(text: str, seen: int | None, assumed: Assumed) -> Told:
        del seen
        return in_zone(read(text), assumed)

    return tell


def in_zone(local: int, assumed: Assumed) -> Told:
    """Local microseconds as UTC ones."""
    if not assumed.zone:
        return local, UTC_BY_DEFAULT
    moment = (_EPOCH + timedelta(microseconds=local)).replace(tzinfo=zone_named(assumed.zone))
    shifted = moment.astimezone(UTC).replace(tzinfo=None)
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
