"""Where a JSON value ends, by its punctuation alone.

What strings and scalars say is not judged: NaN, lone surrogates and bytes that are no UTF-8 do not
hide where a value ends. `extent` is strict with brackets, colons and commas: in a stream, a lost
quote or bracket shows at once. `value_end` only pairs brackets: inside a unit whose end is known,
a part that is odd costs itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

UNFINISHED, BROKEN, TOO_DEEP = -1, -2, -3

_W = rb"[ \t\r\n]*+"
_TEXT = rb'"(?:[^"\\]++|\\.)*+'  # a string but for its closing quote
_STRING = _TEXT + rb'"'
_SCALAR = rb'[^\x00-\x20,\[\]{}":]++'
_LEAF = rb"(?:" + _STRING + rb"|" + _SCALAR + rb")"
_KEY = _STRING + _W + rb":" + _W


def _compiled(*parts: bytes) -> re.Pattern[bytes]:
    return re.compile(b"".join(parts), re.DOTALL)


SPACE = _compiled(_W)
_STRING_ALONE, _SCALAR_ALONE = _compiled(_STRING), _compiled(_SCALAR)
# Inside a container: simple members as far as they go, then its end (1) or an opening bracket (2).
_MEMBERS = _compiled(
    rb"(?:", _KEY, _LEAF, _W, rb",", _W, rb")*+",
    rb"(?:(?:", _KEY, _LEAF, _W, rb")?+(\})|", _KEY, rb"([\[{])", _W, rb")",
)  # fmt: skip
_ELEMENTS = _compiled(
    rb"(?:", _LEAF, _W, rb",", _W, rb")*+(?:(?:", _LEAF, _W, rb")?+(\])|([\[{])", _W, rb")"
)
_AFTER = _compiled(_W, rb"(?:(,)", _W, rb"|([\]}]))")
# The same where the text may end anywhere.
_LEAF_CUT = rb"(?:" + _TEXT + rb"\\?\Z|" + _LEAF + _W + rb"\Z|\Z)"
_MEMBERS_CUT = _compiled(
    rb"(?:", _KEY, _LEAF, _W, rb",", _W, rb")*+",
    rb"(?:", _TEXT, rb"\\?\Z|", _STRING, _W, rb"\Z|", _KEY, _LEAF_CUT, rb"|\Z)",
)  # fmt: skip
_ELEMENTS_CUT = _compiled(rb"(?:", _LEAF, _W, rb",", _W, rb")*+", _LEAF_CUT)
_LEAF_CUT_ALONE = _compiled(_TEXT, rb"\\?\Z|", _SCALAR, rb"\Z|\Z")
_SPACE_CUT = _compiled(_W, rb"\Z")
_KEY_ALONE = _compiled(rb"(", _STRING, rb")", _W, rb":", _W, rb"(?=.)")
_KEY_CUT = _compiled(_TEXT, rb"\\?\Z|", _STRING, _W, rb"(?::", _W, rb")?+\Z|\Z")

MARK = _compiled(_TEXT, rb'("?)|[\[\]{}]')

_BRACE, _CLOSERS = ord("{"), {ord("{"): b"}", ord("["): b"]"}


class Extent(NamedTuple):
    """`end` of a value, or UNFINISHED (the text ends within it), BROKEN or TOO_DEEP.

    `reached` is how far the text was read for that.
    """

    end: int
    reached: int


def skip_space(text: bytes, position: int) -> int:
    """The first position from `position` on that holds no JSON white space."""
    return SPACE.match(text, position).end()  # type: ignore[union-attr]


def extent(text: bytes, position: int, deepest: int = 0) -> Extent:
    """Where the value that begins at `position` ends; with `deepest`, deeper nesting is TOO_DEEP.

    A scalar that touches the end of the text is UNFINISHED: more of it might follow.
    """
    if text[position : position + 1] not in (b"{", b"["):
        return _leaf(text, position)
    open_brackets = bytearray((text[position],))
    position = skip_space(text, position + 1)
    while open_brackets:
        if deepest and len(open_brackets) > deepest:
            return Extent(TOO_DEEP, position)
        in_object = open_brackets[-1] == _BRACE
        match = (_MEMBERS if in_object else _ELEMENTS).match(text, position)
        if not match:
            cut = _MEMBERS_CUT if in_object else _ELEMENTS_CUT
            return _cut_short(text, position, cut)
        position = match.end()
        if match[2]:
            open_brackets += match[2]
            continue
        open_brackets.pop()
        while open_brackets:
            match = _AFTER.match(text, position)
            if not match:
                return _cut_short(text, position, _SPACE_CUT)
            position = match.end()
            if match[1]:
                break
            if match[2] != _CLOSERS[open_brackets.pop()]:
                return Extent(BROKEN, position)
    return Extent(position, position)


def key(text: bytes, position: int) -> tuple[bytes, int]:
    """The key token at `position`, and where its value begins, UNFINISHED or BROKEN."""
    match = _KEY_ALONE.match(text, position)
    if match:
        return match[1], match.end()
    return b"", _cut_short(text, position, _KEY_CUT).end


def _leaf(text: bytes, position: int) -> Extent:
    match = _STRING_ALONE.match(text, position)
    if match:
        return Extent(match.end(), match.end())
    match = _SCALAR_ALONE.match(text, position)
    if match and match.end() < len(text):
        return Extent(match.end(), match.end())
    return _cut_short(text, position, _LEAF_CUT_ALONE)


def _cut_short(text: bytes, position: int, cut: re.Pattern[bytes]) -> Extent:
    """What failed at `position`: unfinished, if `cut` says the text may simply end too early."""
    if cut.match(text, position):
        return Extent(UNFINISHED, len(text))
    return Extent(BROKEN, position)


def value_end(text: bytes, position: int) -> int:
    """Where the value that begins at `position` ends, by brackets alone; -1 if it does not."""
    if text[position : position + 1] in (b"{", b"["):
        return bracket_end(text, position)
    match = _STRING_ALONE.match(text, position) or _SCALAR_ALONE.match(text, position)
    return match.end() if match else -1


def bracket_end(text: bytes, position: int) -> int:
    """Where the bracket at `position` is closed, strings left out; -1 where it is not."""
    depth = 0
    for mark in MARK.finditer(text, position):
        character = text[mark.start()]
        if character in b"{[":
            depth += 1
        elif character in b"}]":
            depth -= 1
            if depth == 0:
                return mark.end()
        elif not mark.group(1):
            return -1
    return -1
