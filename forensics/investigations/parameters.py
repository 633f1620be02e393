"""Parameters of a query: the words an analyst gives, as values DuckDB binds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forensics.errors import UsageError
from forensics.investigations.header import Parameter

RESERVED = ("from", "to", "tz", "account", "region", "most")
"""Parameters every query may use without declaring them: the runner knows their values."""

EVENT_PARTS = ("source", "record", "time")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def bound(
    declared: Mapping[str, Parameter], given: Mapping[str, Any], zone: str = ""
) -> dict[str, Any]:
    """The value of every declared parameter; times without a zone are of `zone`.

    Raises UsageError for one that is unknown, missing, or does not read as its type.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise UsageError(f"no parameter {unknown[0]}", hint=f"parameters of this query: {known}")
    return {name: _value(name, each, given.get(name), zone) for name, each in declared.items()}


def _value(name: str, declared: Parameter, given: Any, zone: str) -> Any:
    value = declared.default if given is None else given
    if value is None:
        raise UsageError(
            f"parameter {name} is missing: {declared.about}",
            hint=f"--param {name}=…",
        )
    if not isinstance(value, str):
        return value
    if declared.type == "time":
        return moment(value, zone)
    try:
        return _READERS[declared.type](value)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"parameter {name}: {value!r} is no {declared.type}", hint=declared.about
        ) from error


def bound_names(declared: Mapping[str, Parameter]) -> list[str]:
    """The names under which the SQL finds the values of parameters."""
    return [
        f"{name}_{part}" if part else name
        for name, each in declared.items()
        for part in (EVENT_PARTS if each.type == "event" else ("",))
    ]


def duration(text: str) -> timedelta:
    """'90s', '10m', '24h', '30d', '2w' as a length of time; ValueError for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def moment(text: str, zone: str = "") -> datetime:
    """An ISO 8601 time as UTC without zone; one that names no zone is of `zone`.

    Raises UsageError for what is no time, or has no zone in any way.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", hint="ISO 8601, like 2024-05-01T10:00Z") from error
    if read.tzinfo is None and not zone:
        raise UsageError(f"{text}: of which time zone?", hint="add Z, an offset, or --tz ZONE")
    aware = read if read.tzinfo else read.replace(tzinfo=known_zone(zone))
    return aware.astimezone(UTC).replace(tzinfo=None)


def known_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name; UsageError where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise UsageError(f"{name!r} is no time zone", hint="IANA names, like Asia/Tokyo") from error


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _texts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _network(text: str) -> str:
    """An address or a network, as DuckDB's macro `within` reads it."""
    ip_network(text.strip(), strict=False)
    return text.strip()


_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "event": str,
    "integer": int,
    "real": float,
    "boolean": _truth,
    "duration": duration,
    "texts": _texts,
    "network": _network,
}
