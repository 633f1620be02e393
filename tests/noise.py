"""Noise made of what hurts: synthetic records and the bytes that break readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from parsers.json_scan import extent

HURTFUL_TEXT = st.sampled_from(
    ["", "-", '"', "\\", '\\"', "a\\", "{", "}", "[", "]", "},{", "]}", '{"', '"}', ":", ",", ", ",
     '","', '{"eventVersion":"1.0"}', "}{", "]}{", "\u0000", "\u2028", "é", "😀", "\x7f", " ", "\n",
     "\r\n", "null", "NaN", "0x00", "\ufeff"]
)  # fmt: skip
TEXTS = st.lists(HURTFUL_TEXT | st.text(max_size=3), max_size=3).map("".join)
NUMBERS = st.sampled_from([0, 1, -1, 1.5, -0.0, 1e300, 2**63 - 1, 2**63, -(2**63), 10**30])
KEYS = st.sampled_from(["eventVersion", "a", "Records", "items", "userIdentity", ""])
FREE = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | KEYS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """A CloudTrail record with what hurts in its free-form parts."""
    number = draw(st.integers(0, 10**6))
    record: dict[str, Any] = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "IAMUser", "userName": draw(TEXTS)},
        "eventTime": "2024-05-01T10:00:00Z",
        "eventName": draw(TEXTS),
        "requestParameters": draw(FREE),
        "eventID": f"00000000-0000-4000-8000-{number:012}",
    }
    if draw(st.booleans()):
        record["resources"] = [{"ARN": draw(TEXTS), "type": "x"}]
    if draw(st.booleans()):
        record["responseElements"] = {"list": [{"eventVersion": "1"}, {"eventVersion": "2"}]}
    return record


WAYS_TO_WRITE: list[dict[str, Any]] = [
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"separators": (",", ":"), "ensure_ascii": False},
]


def written(value: Any, way: int) -> bytes:
    """JSON in one of the ways in which it is commonly written."""
    return json.dumps(value, **WAYS_TO_WRITE[way]).encode("utf-8", "surrogatepass")


CORRUPTIONS = st.sampled_from(list(b'"\\{}[],: \n0aN\x00\xff'))


@st.composite
def corrupted(draw: st.DrawFn, whole: bytes) -> bytes:
    """The bytes with one of them flipped, deleted or inserted."""
    at = draw(st.integers(0, len(whole) - 1))
    kind = draw(st.sampled_from(["flip", "delete", "insert"]))
    octet = bytes([draw(CORRUPTIONS | st.integers(0, 255))])
    if kind == "insert":
        return whole[:at] + octet + whole[at:]
    return whole[:at] + (octet if kind == "flip" else b"") + whole[at + 1 :]


def pieces(content: bytes, size: int) -> list[bytes]:
    """The content in chunks of so many bytes."""
    return [content[at : at + size] for at in range(0, len(content), size or 1)]


def is_subsequence(wanted: list[str], found: Iterable[str]) -> bool:
    """Whether what is wanted was found, in its order, whatever else was found between."""
    remaining = iter(found)
    return all(any(each == other for other in remaining) for each in wanted)


# ---------------------------------------------------------------------------- noise on real shapes
TOO_DEEP = b"[" * 130 + b"]" * 130
ODD_VALUES = [
    *(b"null", b"true", b"0", b"-0", b"1.0", b"1e2", b"-1.5E-3", b"1e999", b"01", b"+1", b".5"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"NaN", b""),
    *(b'""', b'"-"', b'"1"', b'"01"', b'"true"', b'"\\ud800"', b'"\\u00e9"', b'"\\u0000"'),
    *(b'"a\\/b"', b'"\xff\xfe"', b'"\xc3\xa9"', b'"tab\there"', b'"2024-05-01T10:00:00Z"'),
    *(b'"9999-12-31T23:59:59-01:00"', b'"0001-01-01T00:00:00+01:00"', b'"0000-01-01T00:00:00Z"'),
    *(b'"2024-13-01T10:00:00Z"', b'"2024-05-01T10:00:00.1234567Z"', b'"2024-05-01 10:00"'),
    *(b"1714557600", b"1714557600123", b"1714557600.5", b"{}", b"[]", b"[null]", b"[[]]"),
    *(b'[{"a":1}]', b'{"a":{"b":[1,{}]}}', b'{"a":1,"a":2}', b'{"type":1}', b'{"a":NaN}'),
    *(b'{"a":"\\udc00"}', b'[1,"a",null,{"b":0}]', b'"{\\"a\\":1}"', b'"[1]"', b'"\\"'),
    *(b'{"a" "b"}', b"[1,]", TOO_DEEP),
]
ODD_TOKENS = [
    *(b"-", b'"-"', b'""', b"", b"0", b"-0", b"+1", b"01", b"1.0", b"1e3", b"-1", b"0.000"),
    *(b"9223372036854775808", b"1e999", b"nan", b"inf", b"NaN", b"\xd9\xa3", b"%20", b"'"),
    *(b"99999999999", b"1735689600", b"1735689600.5", b"192.0.2.1", b"192.0.2.1:80"),
    *(b"2001:db8::1:443", b":", b":80", b"192.0.2.1:", b"a b", b'"a b"', b'"a', b'a"', b'a"b'),
    *(b'"a"b', b'"a""b"', b'"a\\"b"', b'"a\\', b"\\", b'\\"', b"\xff", b"\xc3\xa9", b"\x00"),
    *(b"\r", b"\t", b" ", b"  ", b"\xef\xbb\xbf", b"#", b"#Fields: a b", b"[", b"]", b"version"),
    *(b'"GET / HTTP/1.1"', b'"GET  /a b HTTP/1.1"', b'"- http://h:80- -"'),
    *(b"06/Feb/2019:00:00:38 +0000", b"2024-05-01T10:00:00Z", b"2024-02-30T10:00:00Z"),
    *(b"2024-05-01T10:00:00.1234567Z", b"9999-12-31T23:59:59-01:00", b"0001-01-01T00:00:00+01:00"),
]
_KEY = re.compile(rb'"(?:[^"\\]|\\.)*"\s*:\s*')


@st.composite
def noisy_line(draw: st.DrawFn, line: bytes) -> bytes:
    """A line with some of its fields replaced, doubled, dropped, or a byte gone wrong."""
    for _ in range(draw(st.integers(0, 3))):
        mark = b"\t" if b"\t" in line else b" "
        found = line.split(mark)
        at = draw(st.integers(0, len(found) - 1))
        kind = draw(st.sampled_from(["replace", "insert", "drop", "double", "byte", "wrap"]))
        odd = draw(st.sampled_from(ODD_TOKENS))
        if kind == "byte":
            line = draw(corrupted(line)) if line else odd
            continue
        found[at : at + 1] = {
            "replace": [odd],
            "insert": [odd, found[at]],
            "drop": [],
            "double": [found[at], found[at]],
            "wrap": [b'"' + found[at] + b'"'],
        }[kind]
        line = mark.join(found)
    return line.replace(b"\n", b"")


@st.composite
def noisy_object(draw: st.DrawFn, unit: bytes) -> bytes:
    """An object with members replaced, added, doubled, respelt, or a byte gone wrong."""
    for _ in range(draw(st.integers(0, 3))):
        keys = list(_KEY.finditer(unit))
        kind = draw(st.sampled_from(["replace", "insert", "double", "respell", "byte", "space"]))
        if kind == "byte" or not keys:
            unit = draw(corrupted(unit)) if unit else unit
            continue
        key = draw(st.sampled_from(keys))
        odd = draw(st.sampled_from(ODD_VALUES))
        low, high = key.span()
        if kind == "replace":
            end = extent(unit, high).end
            unit = unit[:high] + odd + unit[end:] if end > 0 else unit
        elif kind == "insert":
            unit = unit[:low] + b'"new/\\u0041~":' + odd + b"," + unit[low:]
        elif kind == "double":
            unit = unit[:low] + key.group() + odd + b"," + unit[low:]
        elif kind == "space":
            unit = unit[:high] + b" \t" + unit[high:]
        else:
            unit = unit[: low + 1] + b"\\u%04x" % unit[low + 1] + unit[low + 2 :]
    return unit
