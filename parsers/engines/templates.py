r"""Lines written from a template: `$context.identity.sourceIp - - [$context.requestTime] …`.

What a variable was filled with is not escaped, so that a value may hold what stands between the
values. A line is read where every value is free of what follows it, or where all but one are; what
then could be read in several ways says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from parsers import json_text
from parsers.errors import ParserError

LONGEST = 64 << 10  # characters of a line that a template is held against
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
_NUMBER = r"\d++|-"
_LIKE = {
    "requesttime": r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}|-",
    "routekey": r"[A-Z]++ /[^\s,\"<]*+|\$[a-z]++|-",
    "requestid": r"[\w=+/-]{8,}+|-",
    "extendedrequestid": r"[\w=+/-]{8,}+|-",
    "identity.sourceip": r"[0-9a-fA-F.:]++|-",
    "httpmethod": r"[A-Z]++|-",
    "protocol": r"[A-Z]++(?:/[\d.]++)?|-",
    **dict.fromkeys(
        (
            *("status", "responselength", "responselatency", "requesttimeepoch", "connectedat"),
            *("integration.latency", "integrationlatency", "integration.status"),
            *("integrationstatus", "accountid", "authorizer.latency", "authorizer.status"),
        ),
        _NUMBER,
    ),
}
"""What the values of some variables look like."""


_DOUBT = "a value holds what divides values: the line reads in several ways"


class BadTemplate(ParserError):
    """Raised for a text that no line can be read by."""


class Filled(NamedTuple):
    """The values of a line as an object by the names of their variables; `doubt` about them."""

    members: bytes
    doubt: str = ""


class Template:
    """One template, ready to read lines."""

    def __init__(self, text: str) -> None:
        text = text.replace("\\n", "\n").strip()
        parts = _VARIABLE.split(text)
        self.literals, self.names = parts[0::2], parts[1::2]
        self._check(text)
        places = range(len(self.names))
        self._strict = self._pattern(None)
        free = [at for at in places if self.names[at].lower() not in _LIKE]
        self._loose = (
            ([self._pattern(at) for at in free], ""),
            ([self._pattern(at) for at in places if at not in free], ""),
            ([self._pattern(at, typed=False) for at in places], _DOUBT),
        )

    def _check(self, text: str) -> None:
        hint = "the template of the stage, in one line, as `aws apigateway get-stage` shows it"
        if not {"requestId", "extendedRequestId"} & set(self.names):
            raise BadTemplate(f"{text[:60]!r} has no $context.requestId", hint=hint)
        if not all(self.literals[1:-1]):
            raise BadTemplate("two variables with nothing between them", hint=hint)

    def _pattern(self, loose: int | None, *, typed: bool = True) -> re.Pattern[str]:
        """Every value as it should be, free of what follows it, but the one that is `loose`."""
        pattern = re.escape(self.literals[0])
        for at, name in enumerate(self.names):
            after = self.literals[at + 1]
            like = rf"[^{re.escape(after[0])}]*+" if after else ".*+"
            if typed or name.lower() in ("requesttime", "routekey"):  # they may hold a space
                like = _LIKE.get(name.lower(), like)
            pattern += f"({'.*' if at == loose else like})" + re.escape(after)
        return re.compile(pattern, re.DOTALL | re.ASCII)

    def read(self, line: str) -> Filled | None:
        """The values of a line; None where it is not of this template."""
        line = line.strip()
        if len(line) > LONGEST:
            return None
        if found := self._strict.fullmatch(line):
            return Filled(self._object(found.groups()))
        for patterns, doubt in self._loose:
            matches = [found.groups() for each in patterns if (found := each.fullmatch(line))]
            if matches:
                several = any(each != matches[0] for each in matches)
                return Filled(self._object(matches[0]), _DOUBT if several else doubt)
        return None

    def _object(self, values: tuple[str, ...]) -> bytes:
        pairs = zip(self.names, values, strict=True)
        members = dict(reversed(list(pairs)))  # of a variable that repeats, the first counts
        quoted = json_text.quoted
        written = (
            quoted(name) + b":" + quoted(members[name]) for name in dict.fromkeys(self.names)
        )
        return b"{" + b",".join(written) + b"}"


@lru_cache(16)
def template_of(text: str) -> Template:
    """The template that a text is. Raises BadTemplate."""
    return Template(text)
