"""Text to values, one function per kind and spelling; what does not fit raises ValueError.

Times are microseconds since 1970-01-01T00:00:00Z. Each spelling also has a vector form over Arrow
strings, which yields NULL where the scalar form would raise or where it is not sure.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_T = TypeVar("_T", int, float)
EARLIEST, LATEST = -62135596800000000, 253402300799999999  # years 1 to 9999
_PER_UNIT = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|z| ?UTC|[+-]\d\d:?\d\d)?",
    re.ASCII,  # other scripts have digits too, but no log is written in them
)
_CLF = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})", re.ASCII)
_INTEGER = re.compile(r"0|-?[1-9]\d*", re.ASCII)
_SPELT_AS_REAL = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_REAL = re.compile(_SPELT_AS_REAL)
_DECIMAL = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_OCTETS = {str(octet): octet for octet in range(256)}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class FinerThanMicrosecond(ValueError):
    """The time has digits that a TIMESTAMP cannot hold; `microseconds` is what it can."""

    def __init__(self, microseconds: int) -> None:
        super().__init__("digits finer than a microsecond")
        self.microseconds = microseconds


def integer(text: str, digits: int = 0) -> int:
    """A 64-bit decimal integer, spelt as its number is: no plus sign, no `-0`, no leading zeros.

    With `digits` a shorter number has just as many zeros before it as it lacks digits.
    """
    if digits:
        if len(text) < digits:
            raise ValueError(f"not an integer of {digits} digits")
        text = (text.lstrip("0") or "0") if len(text) == digits else text
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    value = int(text[:21])  # one digit more than any 64-bit number has
    if not SMALLEST <= value <= LARGEST:
        raise ValueError("beyond 64 bits")
    return value


def real(text: str) -> float:
    """A decimal number."""
    if not _REAL.fullmatch(text):
        raise ValueError("not a number")
    value = float(text)
    if math.isinf(value):
        raise ValueError("beyond a DOUBLE")
    return value


def iso(text: str) -> int:
    """ISO 8601 with `T` or a space; without a zone it is UTC, as every AWS format means it."""
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError("not an ISO 8601 time")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour),
        int(minute),
        int(second or 0),
        tzinfo=_zone(zone),
    )
    return _with_fraction(_in_range((moment - _EPOCH) // _MICROSECOND), fraction)


def clf(text: str) -> int:
    """Common Log Format: `06/Feb/2019:00:00:38 +0000`, brackets taken off or not."""
    match = _CLF.fullmatch(text.removeprefix("[").removesuffix("]"))
    if not match or match[2] not in _MONTHS:
        raise ValueError("not a time like 06/Feb/2019:00:00:38 +0000")
    day, month, year, hour, minute, second, zone = match.groups()
    moment = datetime(
        int(year),
        _MONTHS.index(month) + 1,
        int(day),
        int(hour),
        int(minute),
        int(second),
        tzinfo=_zone(zone),
    )
    return _in_range((moment - _EPOCH) // _MICROSECOND)


def epoch_seconds(text: str) -> int:
    """Seconds since 1970, with or without a fraction."""
    return _epoch(text, 1_000_000)


def iso_or_epoch_seconds(text: str) -> int:
    """As answers of the AWS CLI write times: version 1 in seconds since 1970, version 2 in ISO."""
    return epoch_seconds(text) if _DECIMAL.fullmatch(text) else iso(text)


def iso_or_epoch_milliseconds(text: str) -> int:
    """As AWS documents a time in ISO 8601 and writes it in milliseconds since 1970."""
    return epoch_milliseconds(text) if _DECIMAL.fullmatch(text) else iso(text)


def epoch_milliseconds(text: str) -> int:
    """Milliseconds since 1970."""
    return _epoch(text, 1_000)


def epoch_microseconds(text: str) -> int:
    """Microseconds since 1970."""
    return _epoch(text, 1)


def _epoch(text: str, scale: int) -> int:
    match = _DECIMAL.fullmatch(text)
    if not match:
        raise ValueError("not a number of time units since 1970")
    whole = int(match[2]) * scale
    digits = (match[3] or "").rstrip("0")
    numerator = int(digits or 0) * scale
    denominator: int = 10 ** len(digits)
    part, rest = divmod(numerator, denominator)
    value = -(whole + part) if match[1] else whole + part
    _in_range(value)
    if rest:
        raise FinerThanMicrosecond(value)
    return value


def _in_range(microseconds: int) -> int:
    """Years 1 to 9999: what every reader of the case can show. A zone can lead out of them."""
    if not EARLIEST <= microseconds <= LATEST:
        raise ValueError("beyond the years 1 to 9999")
    return microseconds


def _zone(text: str | None) -> timezone:
    if text is None or text.strip() in ("Z", "z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _with_fraction(microseconds: int, fraction: str | None) -> int:
    if not fraction:
        return microseconds
    value = microseconds + int(fraction[:6].ljust(6, "0"))
    if fraction[6:].strip("0"):
        raise FinerThanMicrosecond(value)
    return value


TIME_SPELLINGS: dict[str, Callable[[str], int]] = {
    "iso": iso,
    "clf": clf,
    "epoch_s": epoch_seconds,
    "epoch_ms": epoch_milliseconds,
    "epoch_us": epoch_microseconds,
    "iso_or_epoch_s": iso_or_epoch_seconds,
    "iso_or_epoch_ms": iso_or_epoch_milliseconds,
}


def times(texts: pa.Array, spelling: str) -> pa.Array:
    """A string array as TIMESTAMP; NULL where the scalar reader has to decide."""
    if spelling in ("iso", "iso_or_epoch_s", "iso_or_epoch_ms"):
        fast = _iso_times(texts)
        if fast is not None:
            return fast
    elif spelling in _PER_UNIT:
        fast = _epoch_times(texts, _PER_UNIT[spelling])
        if fast is not None:
            return fast
    elif spelling == "clf":
        fast = _clf_times(texts)
        if fast is not None:
            return fast
    parse = TIME_SPELLINGS[spelling]
    unique = texts.dictionary_encode()
    values = [_or_none(parse, text) for text in unique.dictionary.to_pylist()]
    return pa.array(values, pa.timestamp("us")).take(unique.indices)


def _clf_times(texts: pa.Array) -> pa.Array | None:
    """`[06/Feb/2019:00:00:38 +0000]` at C speed; None where one is spelt otherwise."""
    lengths = pc.min_max(pc.binary_length(texts))
    if (lengths["min"].as_py(), lengths["max"].as_py()) != (28, 28):
        return None
    framed = pc.and_(pc.starts_with(texts, "["), pc.ends_with(texts, " +0000]"))
    clocks = pc.utf8_slice_codeunits(texts, 13, 21)
    since_midnight = _iso_times(pc.binary_join_element_wise("1970-01-01 ", clocks, ""))
    if since_midnight is None or not pc.all(framed).as_py():
        return None
    days = pc.utf8_slice_codeunits(texts, 1, 13).dictionary_encode()
    midnights = [_or_none(clf, f"{day}00:00:00 +0000") for day in days.dictionary.to_pylist()]
    begins = pa.array(midnights, pa.int64()).take(days.indices)
    return pc.add(begins, since_midnight.cast(pa.int64())).cast(pa.timestamp("us"))


def _epoch_times(texts: pa.Array, scale: int) -> pa.Array | None:
    """Whole time units since 1970, at C speed; None where the scalar reader must look at them."""
    units = integers(texts)
    bounds = pc.min_max(units)
    low, high = bounds["min"].as_py() or 0, bounds["max"].as_py() or 0
    if units.null_count > texts.null_count or not EARLIEST <= low * scale <= high * scale <= LATEST:
        return None
    return pc.multiply(units, scale).cast(pa.timestamp("us"))


def _or_none(parse: Callable[[str], _T], text: str) -> _T | None:
    try:
        return parse(text)
    except ValueError:
        return None


def integers(texts: pa.Array, digits: int = 0) -> pa.Array:
    """A string array as BIGINT; NULL where the text is not exactly how its number is written."""
    try:
        read = pc.cast(texts, pa.int64())
    except pa.ArrowInvalid:
        plain = pc.match_substring_regex(texts, r"^-?[0-9]{1,18}$")
        read = pc.cast(pc.if_else(plain, texts, None), pa.int64())
    canonical = _is_padded(texts, read, digits) if digits else _is_canonical(texts, read)
    return read if pc.all(canonical).as_py() in (True, None) else pc.if_else(canonical, read, None)


def _is_canonical(texts: pa.Array, numbers: pa.Array) -> pa.Array:
    """Whether each text is how its number is written: Arrow reads `007`, `+7` and `0x7` too.

    Up to ten digits all other spellings are longer, so that lengths tell; beyond, hexadecimal
    digits can be fewer than decimal ones.
    """
    bounds = pc.min_max(numbers)
    low, high = bounds["min"].as_py() or 0, bounds["max"].as_py() or 0
    if low < 0 or high >= 10**10:
        return pc.equal(pc.cast(numbers, pa.string()), texts)
    values = np.asarray(pc.fill_null(numbers, 0))
    lengths = np.ones(len(values), dtype=np.int32)
    for digits in range(1, len(str(high))):
        lengths += values >= 10**digits
    return pc.equal(pc.binary_length(texts), pa.array(lengths))


def _is_padded(texts: pa.Array, numbers: pa.Array, digits: int) -> pa.Array:
    """Whether each text is its number with zeros before it, up to so many digits."""
    return pc.equal(pc.ascii_lpad(pc.cast(numbers, pa.string()), digits, "0"), texts)


def reals(texts: pa.Array) -> pa.Array:
    """A string array as DOUBLE; NULL where the scalar reader would raise."""
    unique = texts.dictionary_encode()
    spelt = pc.match_substring_regex(unique.dictionary, _SPELT_AS_REAL)
    try:
        values = pc.cast(pc.if_else(spelt, unique.dictionary, None), pa.float64())
    except pa.ArrowInvalid:  # beyond a DOUBLE
        held = [_or_none(real, text) for text in unique.dictionary.to_pylist()]
        values = pa.array(held, pa.float64())
    return pc.if_else(pc.is_inf(values), None, values).take(unique.indices)


def _iso_times(texts: pa.Array) -> pa.Array | None:
    """The spellings AWS writes nearly always, at C speed: `…Z` with at most six decimals, or none.

    None where another spelling is among them: Arrow takes more of them than `iso` does.
    """
    lengths = pc.min_max(pc.binary_length(texts))
    shortest, longest = lengths["min"].as_py() or 20, lengths["max"].as_py() or 20
    zoned = shortest >= 20 and pc.all(pc.ends_with(texts, "Z")).as_py() in (True, None)
    if not zoned and (shortest, longest) != (19, 19):
        return None
    try:
        read = pc.cast(texts, pa.timestamp("us", "UTC" if zoned else None))
    except pa.ArrowInvalid:
        return None
    earliest = pc.min(pc.year(read)).as_py()
    if earliest is not None and earliest < 1:
        return None
    return read.cast(pa.timestamp("us"))


def address_number(text: str) -> int | None:
    """An address as the number its ranges are compared by; None where the text is no address.

    IPv4 (also IPv4-mapped IPv6) is its 32-bit value, IPv6 its upper 64 bits: one UBIGINT that
    DuckDB prunes by, exact for IPv4 and for IPv6 prefixes up to /64; longer prefixes compare text.
    An IPv6 address may stand in brackets, as some write it before a port.
    """
    octets = text.split(".")
    if len(octets) == 4 and ":" not in text:
        try:
            a, b, c, d = map(_OCTETS.__getitem__, octets)
        except KeyError:
            return None
        return a << 24 | b << 16 | c << 8 | d
    return _other_number(text)


@lru_cache(1 << 16)  # a log names the same addresses again and again
def _other_number(text: str) -> int | None:
    try:
        address = ipaddress.ip_address(_unbracketed(text))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else address
    return int(address) >> 64 if mapped is None else int(mapped)


def _unbracketed(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text


def address_numbers(texts: pa.Array) -> pa.Array:
    """`address_number` of every text of a string array without NULL."""
    numbers = _ipv4_numbers(texts)
    if not numbers.null_count:
        return numbers
    held = zip(numbers.to_pylist(), texts.to_pylist(), strict=True)
    values = [address_number(text) if number is None else number for number, text in held]
    return pa.array(values, pa.uint64())


def _ipv4_numbers(texts: pa.Array) -> pa.Array:
    """Numbers of dotted quads, at C speed; NULL for every other text."""
    octets = pc.split_pattern(texts, ".")
    quads = np.asarray(pc.equal(pc.list_value_length(octets), 4))
    values = integers(octets.filter(pa.array(quads)).flatten())
    octet = np.asarray(pc.fill_null(values, 256)).reshape(-1, 4)
    fits = ((octet >= 0) & (octet <= 255)).all(axis=1)
    whole = np.zeros(len(texts), dtype=np.uint64)
    whole[quads] = octet @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    valid = quads.copy()
    valid[quads] = fits
    return pa.array(whole, mask=~valid)
