"""Header lines that are nothing but names of fields, a space between each."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from parsers.contract import Layout
from parsers.engines.tokens import divided

_COMMON_WORDS = frozenset(
    ("action", "bytes", "end", "packets", "protocol", "region", "start", "type", "version")
)
_LIKE_A_NAME = re.compile(rb"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def listed_names(line: bytes, known: AbstractSet[str]) -> Layout | None:
    """The names a line lists; None where it lists other things, or mostly unknown names."""
    found = divided(line, " ", runs=True)
    if not all(_LIKE_A_NAME.fullmatch(token) for token in found):
        return None
    names = tuple(token.decode("ascii") for token in found)
    familiar = [name for name in names if name in known]
    if len(familiar) < 2 or len(familiar) * 2 < len(names) or _COMMON_WORDS.issuperset(familiar):
        return None
    return names
