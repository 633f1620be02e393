"""JSON as it stands in the evidence: members of an object, and which values DuckDB can read.

msgspec and DuckDB decode; this module only takes apart and puts together, tolerantly, so that one
bad value costs nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from parsers.json_scan import MARK, bracket_end

# Made once: a decoder made anew for each text takes longer than its work.
raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""Values of an object by name, verbatim; of a name that repeats, the last."""
raw_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
"""Elements of an array, verbatim."""
_raw_value = msgspec.json.Decoder(msgspec.Raw).decode
decoded_text = msgspec.json.Decoder(str).decode
_LONG = 1 << 12  # bytes that are worth an array
DEEPEST = 128  # levels of nesting; msgspec and DuckDB both recurse

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_STRAY = {0xDC00 + byte: f"\\\\x{byte:02x}" for byte in range(0x80, 0x100)}
_OPENING = re.compile(rb"\s*\{\s*(\}\s*)?")
_FOLLOWING = re.compile(rb"\s*([,}])\s*")
_SPECIAL = re.compile(rb'[\x00-\x1f"\\]')
_MEMBER = re.compile(
    rb'("(?:[^"\\]++|\\.)*+")\s*:\s*(?:("(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}":]++)|(?=[\[{]))',
    re.DOTALL,
)
_PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(_PAIR + rb"|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


def members(data: bytes) -> list[tuple[str, bytes]] | None:
    """Keys and verbatim values of an object, in order, duplicates included; None if it is none.

    A value need not be valid JSON, but it must end where a comma or the closing brace follows.
    """
    return _usual_members(data) or _any_members(data)


def _usual_members(data: bytes) -> list[tuple[str, bytes]] | None:
    """The members of an object in one of the usual spacings that has nothing doubled."""
    try:
        decoded = _decode_members(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = [(key, bytes(value)) for key, value in decoded.items()]
    if is_compact(data, found):
        return found
    spaced = b", ".join(b'"%b": %b' % (key.encode(), value) for key, value in found)
    return found if data == b"{%b}" % spaced else None


def _any_members(data: bytes) -> list[tuple[str, bytes]] | None:
    opening = _OPENING.match(data)
    if not opening:
        return None
    found: list[tuple[str, bytes]] = []
    position = opening.end()
    if opening.group(1):
        return found if position == len(data) else None
    while member := _MEMBER.match(data, position):
        key, value = member.group(1, 2)
        end = member.end()
        if value is None:
            end = bracket_end(data, end)
            if end < 0:
                return None
            value = data[member.end() : end]
        found.append((key_text(key), value))
        following = _FOLLOWING.match(data, end)
        if not following:
            return None
        position = following.end()
        if following.group(1) == b"}":
            return found if position == len(data) else None
    return None


def keys(data: bytes) -> list[str]:
    """Keys of an object, as far as it can be read; none where it is no object."""
    try:
        return list(raw_members(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [key for key, _ in members(data) or ()]


def elements(data: bytes) -> Iterator[bytes]:
    """Verbatim elements of an array that is known to be valid JSON."""
    yield from map(bytes, raw_elements(data))


def key_text(token: bytes) -> str:
    """The text of a key token; where it is no valid string, the token as it stands."""
    text = string(token)
    return text if text is not None else shown(token)


def string(token: bytes) -> str | None:
    """The text of a JSON string token; None where it is none (a lone surrogate makes it none)."""
    try:
        return decoded_text(token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def unescaped(token: bytes) -> bytes:
    """The text of a string token as bytes, also of one that is no valid JSON string.

    Raw control characters and bytes that are not UTF-8 stay; a lone surrogate stays an escape.
    """
    text = string(token)
    if text is not None:
        return text.encode("utf-8")
    return _ESCAPE.sub(_unescape, token[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    text = string(b'"' + match.group() + b'"')
    return match.group() if text is None else text.encode("utf-8")


def is_compact(data: bytes, found: Sequence[tuple[str, bytes]]) -> bool:
    """Whether the members are every byte of the object: none doubled, no white space between.

    False may also mean that a name is written with escapes.
    """
    lengths = sum(len(key) + len(value) for key, value in found)
    return lengths + 4 * len(found) + 1 == len(data)  # quotes, colon, comma; braces


def shown(raw: bytes) -> str:
    r"""Bytes as text, those that are not UTF-8 as \xNN."""
    return raw.decode("utf-8", "backslashreplace")


def depth_within(data: bytes, deepest: int = DEEPEST) -> bool:
    """Whether brackets nest no deeper than `deepest`, strings left out."""
    if data.count(b"{") + data.count(b"[") <= deepest:
        return True
    depth = 0
    for mark in MARK.finditer(data):
        character = data[mark.start()]
        if character in b"{[":
            depth += 1
            if depth > deepest:
                return False
        elif character in b"}]":
            depth -= 1
    return True


def flaw(value: bytes) -> str:
    """Why a verbatim value cannot stand in a JSON column ("" if it can): a defect's code.

    What msgspec takes, DuckDB takes: it refuses NaN, control characters and lone surrogates too.
    """
    if not depth_within(value):
        return "too-deep"
    if not is_utf8(value):
        return "not-utf8"
    try:
        _raw_value(value)
    except msgspec.DecodeError:
        return "not-json"
    return ""


def is_utf8(value: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    if value.isascii():
        return True
    if len(value) > _LONG:
        return _is_long_utf8(value)
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_long_utf8(value: bytes) -> bool:
    """The same by Arrow, which makes no text of it: 50 times faster for a block of evidence."""
    offsets = pa.py_buffer(np.array([0, len(value)], dtype=np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(value)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def quoted(text: str) -> bytes:
    """Text as a JSON string token."""
    return msgspec.json.encode(text)


def quoted_bytes(text: bytes) -> bytes:
    """Text as a JSON string token, with bytes that are not UTF-8 as they are."""
    if is_utf8(text):
        return msgspec.json.encode(text.decode("utf-8"))
    return b'"' + _SPECIAL.sub(lambda match: quoted(shown(match.group()))[1:-1], text) + b'"'


def escaped_bytes(token: bytes) -> bytes:
    r"""A string token whose bytes are made UTF-8: those that are not read as the text \xNN."""
    return token.decode("utf-8", "surrogateescape").translate(_STRAY).encode("utf-8")


def kept(value: bytes) -> bytes:
    """A value for `extra`: verbatim where DuckDB can read it, else its bytes as a JSON string."""
    return value if not flaw(value) else quoted(shown(value))


def inner(token: bytes) -> bytes:
    """The JSON object or list that a string token holds as text; if it holds none, the token."""
    text = string(token)
    if text is None or not text.startswith(("{", "[")):
        return token
    held = text.encode("utf-8")
    return token if flaw(held) else held


def pointer(*keys: str) -> str:
    """RFC 6901 pointer to nested members."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def pointers(found: dict[str, bytes]) -> str | None:
    """An `extra` object: pointers in order of their text, values verbatim; None if empty."""
    if not found:
        return None
    parts = [quoted(key) + b":" + found[key] for key in sorted(found)]
    return (b"{" + b",".join(parts) + b"}").decode("utf-8")
