"""Where JSON values end, by the whole of its grammar: what these take, every decoder takes.

They are stricter than the grammar where decoders differ: surrogates come in pairs, and neither a
number with an exponent nor deep nesting is taken. UTF-8 is not judged.

They look for no end of what they read: the caller sees to it that `contract.PADDING` stands behind
it, where everything stops, and that no end lies behind the end of its unit.
"""

from __future__ import annotations

import numpy as np

from parsers.kernels.compiled import compiled, inlined
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import lowest, special
from parsers.kernels.spans import Octets

DEEPEST = 100  # brackets within brackets
REFUSED = -1

QUOTE, BACKSLASH, COMMA, COLON = 34, 92, 44, 58
OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST = 123, 125, 91, 93
MINUS, POINT, ZERO, NINE = 45, 46, 48, 57
SMALL_F, SMALL_N, SMALL_T, SMALL_U = 102, 110, 116, 117

_SPACE = np.array([code in b" \t\r\n" for code in range(256)])
MEANT = np.zeros(256, dtype=np.uint8)  # by the character behind a backslash, if it may stand there
for _written, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    MEANT[_written] = _meant
_HEX = np.full(256, -1, dtype=np.int64)
for _code in b"0123456789abcdefABCDEF":
    _HEX[_code] = int(chr(_code), 16)


@inlined
def plain_end(octets: Octets, at: int) -> int:
    """The first place of a quote, a backslash or a control character."""
    marks: int = special(octets, at)
    while marks == 0:
        at += LANES
        marks = special(octets, at)
    return at + lowest(marks)


@inlined
def skip_space(octets: Octets, at: int) -> int:
    """The first place that holds no white space."""
    while _SPACE[octets[at]]:
        at += 1
    return at


@compiled
def hexadecimal(octets: Octets, at: int) -> int:
    r"""The number of the four digits of `\uXXXX`; negative where they are none."""
    number = 0
    for here in range(at, at + 4):
        digit = _HEX[octets[here]]
        if digit < 0:
            return REFUSED
        number = number * 16 + digit
    return number


@compiled
def escape_end(octets: Octets, at: int) -> int:
    """Where the escape ends whose backslash stands at `at`."""
    if octets[at + 1] != SMALL_U:
        return at + 2 if MEANT[octets[at + 1]] else REFUSED
    code = hexadecimal(octets, at + 2)
    if code < 0 or 0xDC00 <= code < 0xE000:
        return REFUSED
    if code < 0xD800 or code >= 0xE000:
        return at + 6
    if octets[at + 6] != BACKSLASH or octets[at + 7] != SMALL_U:
        return REFUSED
    return at + 12 if 0xDC00 <= hexadecimal(octets, at + 8) < 0xE000 else REFUSED


@compiled
def escaped_end(octets: Octets, at: int) -> int:
    """The closing quote of a string, where its text does not go on plainly at `at`."""
    while octets[at] != QUOTE:
        if octets[at] != BACKSLASH:
            return REFUSED
        at = escape_end(octets, at)
        if at < 0:
            return REFUSED
        at = plain_end(octets, at)
    return at


@inlined
def string_end(octets: Octets, at: int) -> int:
    """The closing quote of the string whose text begins at `at`."""
    at = plain_end(octets, at)
    return at if octets[at] == QUOTE else escaped_end(octets, at)


@inlined
def text(octets: Octets, at: int) -> tuple[int, int]:
    """The cell of the string whose opening quote stands at `at`; its end may be REFUSED.

    See `objects`: where it has escapes, the place of its text is inverted.
    """
    low = at + 1
    high = plain_end(octets, low)
    if octets[high] != QUOTE:
        high = escaped_end(octets, high)
        low = ~low
    return low, high


@compiled
def number_end(octets: Octets, at: int) -> int:
    """Where the number at `at` ends."""
    if octets[at] == MINUS:
        at += 1
    begun = at
    while ZERO <= octets[at] <= NINE:
        at += 1
    if at == begun or (octets[begun] == ZERO and at > begun + 1):
        return REFUSED
    if octets[at] == POINT:
        begun = at + 1
        at = begun
        while ZERO <= octets[at] <= NINE:
            at += 1
        if at == begun:
            return REFUSED
    return at


@compiled
def literal_end(octets: Octets, at: int) -> int:
    """Where `true`, `false` or `null` ends."""
    first = octets[at]
    if first == SMALL_N:
        fits = octets[at + 1] == 117 and octets[at + 2] == 108 and octets[at + 3] == 108
    elif first == SMALL_T:
        fits = octets[at + 1] == 114 and octets[at + 2] == 117 and octets[at + 3] == 101
    elif first == SMALL_F:
        fits = octets[at + 1] == 97 and octets[at + 2] == 108 and octets[at + 3] == 115
        at += 1
        fits = fits and octets[at + 3] == 101
    else:
        return REFUSED
    return at + 4 if fits else REFUSED


@inlined
def scalar_end(octets: Octets, at: int) -> int:
    """Where the string, number or literal at `at` ends; what follows it is not looked at."""
    first = octets[at]
    if first == QUOTE:
        at = string_end(octets, at + 1)
        return at + 1 if at > 0 else REFUSED
    if first == MINUS or ZERO <= first <= NINE:
        return number_end(octets, at)
    return literal_end(octets, at)


@inlined
def member_value(octets: Octets, at: int) -> int:
    """Where the value begins of the member whose name begins, with its quote, at `at`."""
    if octets[at] != QUOTE:
        return REFUSED
    at = string_end(octets, at + 1)
    if at < 0:
        return REFUSED
    at = skip_space(octets, at + 1)
    return skip_space(octets, at + 1) if octets[at] == COLON else REFUSED


@compiled
def value_end(octets: Octets, at: int, brackets: Octets, depth: int) -> int:
    """Where the value at `at` ends, of which `depth` brackets are open already.

    `brackets` is room for DEEPEST of them.
    """
    ground = depth
    while True:
        # A value begins at `at`.
        first = octets[at]
        if first == OPEN_OBJECT or first == OPEN_LIST:
            if depth == DEEPEST:
                return REFUSED
            brackets[depth] = first
            depth += 1
            at = skip_space(octets, at + 1)
            if octets[at] != first + 2:  # a closing bracket is two further on
                if first == OPEN_OBJECT:
                    at = member_value(octets, at)
                    if at < 0:
                        return REFUSED
                continue
            at += 1
            depth -= 1
        else:
            at = scalar_end(octets, at)
            if at < 0:
                return REFUSED
        # A value ended before `at`: close what ends with it, or go on to the next.
        while True:
            if depth == ground:
                return at
            at = skip_space(octets, at)
            mark = octets[at]
            if mark == COMMA:
                at = skip_space(octets, at + 1)
                if brackets[depth - 1] == OPEN_OBJECT:
                    at = member_value(octets, at)
                    if at < 0:
                        return REFUSED
                break
            if mark != brackets[depth - 1] + 2:
                return REFUSED
            at += 1
            depth -= 1
