"""What a value is that somebody looks for, and the SQL that tells whether a column holds it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from forensics.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EQUAL = "({it} = $value)"
_NAMES = ("user", "principal", "session", "bucket", "object_key", "resource", "instance", "eni")
_IDS = ("request_id", "event_id", "account", "access_key", "security_group", "vpc")
_PLACES = ("host", "domain", "url", "user_agent", "arn")
_EVERYWHERE = (*_NAMES, *_IDS, *_PLACES)
_SPECIAL = {
    # i-… is the session of a role's principal id and the end of an instance's ARN.
    "arn": "({it} = $value OR ends_with({it}, '/' || $value) OR ends_with({it}, ':' || $value))",
    "principal": "({it} = $value OR starts_with({it}, $value || ':')"
    " OR ends_with({it}, ':' || $value))",
    "user_agent": "starts_with({it}, $value)",
    "host": "lower({it}) = lower($value)",
    "domain": "lower({it}) IN (lower($value), lower($value) || '.')",
}
_UNDER = "regexp_matches({it}, $under)"
_DOMAIN = {"host": _UNDER, "domain": _UNDER, "url": "regexp_matches({it}, $in_url)"}
_MAPPED = r"^\[?[0:]*:(?i:ffff):[^:]+(:[^:]+)?$"  # IPv4 in the spelling of IPv6
# A macro is pasted as often as its value is named: bound to a name first, it is planned once.
_EXACT = (
    "list_transform([_ip_number({it})], lambda number: number BETWEEN CAST($first AS UHUGEINT)"
    " AND CAST($last AS UHUGEINT))[1]"
)
_RANGE = "{number} BETWEEN CAST($low AS UBIGINT) AND CAST($high AS UBIGINT)"
_IPV4 = f"(NOT contains({{it}}, ':') OR regexp_matches({{it}}, '{_MAPPED}'))"
_PARTS = r"string_split_regex({it}, '[,\s]+')"

_IPV4_BITS = 96  # of 128 are fixed where IPv6 maps IPv4
_HALF = 64
_BEYOND_IPV4 = 1 << 32

_SHAPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("arn", r"arn:[^:\s]*:[^:\s]+:", ("arn", "principal", "user", "resource", "url")),
    ("access key", r"A[KS]IA[A-Z0-9]{12,}$", ("access_key",)),
    ("principal", r"A(IDA|ROA|GPA|IPA|NPA|NVA|CCA)[A-Z0-9]{12,}(:.*)?$", ("principal",)),
    ("account", r"\d{12}$", ("account",)),
    ("instance", r"m?i-[0-9a-f]{8,17}$", ("instance", "resource", "principal", "arn")),
    ("interface", r"eni-[0-9a-f]{8,17}$", ("eni", "resource", "arn")),
    ("security group", r"sg-[0-9a-f]{8,17}$", ("security_group", "resource", "arn")),
    ("vpc", r"vpc-[0-9a-f]{8,17}$", ("vpc", "resource", "arn")),
    ("resource", r"[a-z]{2,12}-(attach-)?[0-9a-f]{8,17}$", ("resource", "arn")),
    (
        "id",
        r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        ("event_id", "request_id", "session", "principal", "user", "resource"),
    ),
    ("url", r"(https?|wss?)://", ("url",)),
)
_REF = re.compile(r"([0-9a-f]{16}):(\d{1,18})")
_OBJECT = re.compile(r"(?:s3://)?([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{4,254}}$)({_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*\.?$")


@dataclass(frozen=True, slots=True)
class Sought:
    """A value, and the conditions by which columns are searched for it.

    Attributes:
        kind: what the value is, in a word or two.
        tests: a condition by the indicator of a column; {it} stands for the value in the row.
        numbered: the condition for columns of addresses that have a {number} beside them.
        row: the row itself, where the value is its ref: source and record.
        stored: bucket and key of an object, looked for in columns beside each other.
        values: the parameters of the conditions.
    """

    kind: str
    tests: Mapping[str, str]
    values: Mapping[str, Any]
    numbered: str = ""
    row: tuple[int, int] | None = None
    stored: tuple[str, str] | None = None


def sought(value: str) -> Sought:
    """Tell what a value is by its shape; what has no shape of its own is looked for everywhere.

    Raises UsageError for nothing.
    """
    if not value.strip():
        raise UsageError("nothing to look for", hint="give an address, ARN, key, name or id")
    network = _network(value)
    if network is not None:
        return _addresses(network)
    if match := _REF.fullmatch(value):
        return Sought("ref", {}, {}, row=(int(match[1], 16), int(match[2])))
    for kind, shape, indicators in _SHAPES:
        if re.match(shape, value):
            return Sought(kind, _tests(indicators), {"value": value})
    if _HOST.match(value):
        return _domain(value)
    if match := _OBJECT.fullmatch(value):
        named = match[0].removeprefix("s3://")
        return Sought(
            "object or user agent",
            _tests(("user_agent", "resource", "arn", "user", "principal", "url")),
            {"value": named},
            stored=(match[1], match[2]),
        )
    return Sought("text", _tests(_EVERYWHERE), {"value": value.removeprefix("s3://").rstrip("/")})


def spellings(key: str) -> list[str]:
    """An object key as logs write it: plain, or URL-encoded once or twice."""
    once = quote(key, safe="/-_.~")
    plus = quote(key, safe="/-_.~ ").replace(" ", "+")
    return sorted({key, once, plus, quote(once, safe="/-_.~"), quote(plus, safe="/-_.~")})


def _tests(indicators: Iterable[str]) -> dict[str, str]:
    return {each: _SPECIAL.get(each, EQUAL) for each in indicators}


def _domain(value: str) -> Sought:
    """A name and whatever is below it; names of buckets and users can look like one."""
    name = re.escape(value.rstrip("."))
    values = {
        "value": value,
        "under": rf"(?i)^([^/]*\.)?{name}\.?$",
        "in_url": rf"(?i)^[a-z]+://([^/?#]*[.@])?{name}([:/?#]|$)",
    }
    others = _tests(("bucket", "resource", "user", "principal", "object_key"))
    return Sought("host or domain", {**others, **_DOMAIN}, values)


def _network(value: str) -> Network | None:
    """An address is the network of itself."""
    try:
        found = ipaddress.ip_network(value.strip("[]").partition("%")[0], strict=False)
    except ValueError:
        return None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is not None and found.prefixlen >= _IPV4_BITS:
        return ipaddress.ip_network((mapped, found.prefixlen - _IPV4_BITS))
    return found


def _addresses(network: Network) -> Sought:
    """Conditions on an address or network; exact where the number alone is not."""
    first, last = int(network.network_address), int(network.broadcast_address)
    is_one = first == last
    kind = f"IPv{network.version} {'address' if is_one else 'network'}"
    if network.version == 4:
        values: dict[str, Any] = {"low": str(first), "high": str(last)}
        values["pattern"] = f"(?:^|[,\\s]){_pattern(network)}(?:$|[,\\s])"
        matches = "regexp_matches({it}, $pattern)"
        tests = {"ip": matches, "host": matches}
        return Sought(kind, tests, values, numbered=f"({_RANGE} AND {_IPV4})")
    low, high = first >> _HALF, last >> _HALF
    values = {"low": str(low), "high": str(high), "first": str(first), "last": str(last)}
    holds = "len(list_filter(" + _PARTS + ", lambda part: " + _EXACT.format(it="part") + ")) > 0"
    tests = {"ip": holds, "host": f"(contains({{it}}, ':') AND {_EXACT})"}
    is_exact = network.prefixlen <= _HALF and low >= _BEYOND_IPV4
    numbered = _RANGE if is_exact else f"({_RANGE} AND contains({{it}}, ':') AND {_EXACT})"
    return Sought(kind, tests, values, numbered=numbered)


def _pattern(network: Network) -> str:
    """A regular expression of the addresses of an IPv4 network."""
    octets = zip(network.network_address.packed, network.broadcast_address.packed, strict=True)
    parts = [
        str(low)
        if low == high
        else r"\d{1,3}"
        if (low, high) == (0, 255)
        else f"(?:{'|'.join(map(str, range(low, high + 1)))})"
        for low, high in octets
    ]
    return r"\.".join(parts)
