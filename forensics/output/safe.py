"""Makes hostile text harmless where it is shown: controls, formulas, secrets.

Every string of a log may have been written by an attacker. JSON and Parquet output is lossless and
escapes by itself; a terminal and a spreadsheet do not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_HARMLESS = re.compile(r"[\x20-\x7e]*")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = re.compile(r"[\s]*[=+\-@\t\r]")
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*")

_NAMED = (
    r"(?:session_?token|secret_?access_?key|security_?token|password|passwd|master_?user_?password|"
    r"client_?secret|secret_?string|secret_?binary|private_?key|access_?token|refresh_?token|"
    r"id_?token|saml_?assertion|web_?identity_?token|authorization|x-amz-security-token|cookie|"
    r"token_?value|auth_?token|api_?key_?value)"
)
_SECRETS = (
    re.compile(
        rf'(?i)(\\?"{_NAMED}\\?"\s*:\s*\\?")((?:[^"\\]|\\[^"])+)'
    ),  # JSON, also inside a string
    re.compile(
        r"(?i)((?:X-Amz-Security-Token|X-Amz-Signature|access_token|id_token)=)([^&\s\"']+)"
    ),
    re.compile(
        r"(?i)(\bIDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?['\"])([^'\"]+)"
    ),
    re.compile(r"(?i)(\bPASSWORD\s*(?:=|\()?\s*['\"])([^'\"]+)"),
    re.compile(r"(?i)(\bAuthorization:\s*(?:Bearer|Basic)\s+)(\S+)"),
    re.compile(r"((?:--|\b)(?:password|secret|token)[= ])([^\s\"']{6,})", re.IGNORECASE),
)


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


def spreadsheet(text: str) -> str:
    """Text for a CSV that a spreadsheet opens: what it would take for a formula gets a quote."""
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def redacted(text: str) -> str:
    """Text without the secrets it holds: their first letters, length and a hash to compare by."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: found[1] + _mask(found[2]), text)
    return text


def _mask(secret: str) -> str:
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{secret[:4]}…[redacted {len(secret)} characters, sha256 {digest}]"


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
