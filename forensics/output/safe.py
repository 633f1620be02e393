"""Makes hostile text harmless where it is shown: controls, formulas, secrets.

Every string of a log may have been written by an attacker. Parquet is lossless; JSON is, and can
say what a terminal must not be told; a terminal and a spreadsheet need other text.
"""

from __future__ import annotations

import re
import unicodedata

from forensics.output.masking import redacted

__all__ = ["columns", "cut", "json_text", "lines", "redacted", "spreadsheet", "terminal"]

_HARMLESS = re.compile(r"[\x20-\x7e]*")
_SHOWN_JSON = re.compile(r"[\n\x20-\x7e]*")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*")


def terminal(text: str) -> str:
    r"""Text for a terminal: controls, bidi overrides and invisible characters as \xNN, \uNNNN."""
    if _HARMLESS.fullmatch(text):
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lines(text: str) -> str:
    """The same for talk of several lines: what ends them stays."""
    return "\n".join(map(terminal, text.split("\n")))


def json_text(text: str) -> str:
    r"""JSON of the same value in which nothing hides: as `terminal`, but always as \uNNNN."""
    if _SHOWN_JSON.fullmatch(text):
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def spreadsheet(text: str) -> str:
    """Text for a CSV that a spreadsheet opens: what it would take for a formula gets a quote."""
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def cut(text: str, width: int) -> str:
    """Text no wider than `width` columns, with a mark that says how much is missing."""
    if columns(text) <= width:
        return text
    kept = text
    while kept:
        kept = kept[: max(len(kept) - max(columns(kept) - width, 1), 0)]
        mark = f"…[+{len(text) - len(kept)}]"
        if columns(kept) + columns(mark) <= width:
            return kept + mark
    return "…"[:width]


def columns(text: str) -> int:
    """Terminal columns that a text takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
