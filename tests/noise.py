"""Noise made of what hurts: synthetic records and the bytes that break readers."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

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
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | KEYS, inner, max_size=3)
    ),
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
    return [content[at : at + size] for at in range(0, len(content), size)]
