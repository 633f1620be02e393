"""Records of several lines: what a record goes on with is joined to the line it began with.

Each rule says which lines begin a record, or which lines go on with one. A record is numbered by
its first line and takes the bytes of all its lines; blank lines at its end only end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from parsers.contract import Chunks, Flags, Integers, Units
from parsers.framing import lines
from parsers.framing.windows import LONGEST

LOOKED_AT = 8 << 10  # bytes in which the first record has to begin


@dataclass(frozen=True)
class Joining:
    """How records of several lines are told apart.

    `begins` matches the first lines of records; others are looked for where a source begins.
    `goes_on`, if given, matches the lines that go on with a record, whatever the others are.
    With `quotes` a record does not end within a pair of double quotes, unless a line is `surely`
    the first one of a record.
    """

    about: str
    begins: re.Pattern[bytes]
    goes_on: re.Pattern[bytes] | None = None
    surely: re.Pattern[bytes] | None = None
    quotes: bool = False


def rule(
    about: str, begins: bytes, goes_on: bytes = b"", surely: bytes = b"", *, quotes: bool = False
) -> Joining:
    """A rule from its patterns."""
    on, sure = (re.compile(pattern) if pattern else None for pattern in (goes_on, surely))
    return Joining(about, re.compile(begins, re.MULTILINE), on, sure, quotes)


_DAY = rb"\d{4}-\d\d-\d\d"
_END_OF_LOG = rb"-{10,} END OF LOG -{10,}"
_CSV_LOG = _DAY + rb" \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z0-9+/_-]+,"
_UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

JOININGS: dict[str, Joining] = {
    "lambda-records": rule(
        "lines of functions, tracebacks joined",
        rb"(?:START|END|REPORT) RequestId: " + _UUID + rb"|INIT_START Runtime Version: ",
        goes_on=rb"[ \t\xc2]|Caused by: |XRAY TraceId: ",
    ),
    "apigw-execution-records": rule(
        "steps of requests, bodies whole",
        rb"\((?:" + _UUID + rb"|[A-Za-z0-9_-]{14,16}=)\) |[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} "
        rb"\d\d:\d\d:\d\d UTC \d{4} : ",
    ),
    "mysql-audit-records": rule(
        "audit records, line ends in statements kept",
        rb"(?:\d{16}|\d{8} {1,2}\d{1,2}:\d\d:\d\d),[^,\n]*,[^\n]*,[A-Z_]+,|" + _END_OF_LOG,
    ),
    "mysql-records": rule(
        "error, general and slow query logs, statements whole",
        rb"(?:" + _DAY + rb"T[\d:.]+(?:Z|[+-]\d\d:\d\d)|\d{6} +\d{1,2}:\d\d:\d\d)[ \t]|"
        rb"" + _DAY + rb" +\d{1,2}:\d\d:\d\d (?:\d+ )?\[|\t\t *\d+ [A-Z]|# Time: |"
        rb"(?<!\dZ\n)(?<!:\d\d\n)(?<!\dZ\r\n)(?<!:\d\d\r\n)# User@Host: |"
        rb"/\S+mysqld, Version: |" + _END_OF_LOG,
    ),
    "sqlserver-records": rule(
        "SQL Server's error and agent logs, messages whole",
        _DAY + rb" \d\d:\d\d:\d\d(?:\.\d\d (?:spid\d+s?|Logon|Server|Backup|Error|Cluster) "
        rb"| - [!?+] \[\d+\] )|" + _END_OF_LOG,
    ),
    "oracle-records": rule(
        "Oracle's audit, alert and listener records, whole",
        rb"\s*<AuditRecord>|" + _DAY + rb"T\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d[ \t]*\r?$|"
        rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}(?: [+-]\d\d:\d\d)?[ \t]*\r?$|"
        rb"\d\d-[A-Z]{3}-\d{4} \d\d:\d\d:\d\d \* |" + _END_OF_LOG,
    ),
    "postgres-records": rule(
        "PostgreSQL's log, statements whole",
        _DAY + rb" \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z0-9+/_-]+(?::| \[)",
        goes_on=rb"\t",
    ),
    "postgres-csv-records": rule(
        "PostgreSQL's log in CSV",
        _CSV_LOG,
        surely=_CSV_LOG + rb'"[^"\n]+","[^"\n]+",\d+,"',
        quotes=True,
    ),
}
"""Framing → rule. The framings join what lines divide; formats name the one they need."""


def begins_in(head: bytes) -> list[str]:
    """The framings whose records begin in these first bytes of a source."""
    looked_at = head[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    starts = [0, *(match.end() for match in re.finditer(rb"\n", looked_at))]
    return [
        name
        for name, joining in JOININGS.items()
        if any(joining.begins.match(looked_at, start) for start in starts)
    ]


def framings() -> dict[str, Callable[[Chunks], Iterator[Units]]]:
    """Every rule as a framing."""
    return {name: partial(frame, joining) for name, joining in JOININGS.items()}


def frame(joining: Joining, chunks: Chunks) -> Iterator[Units]:
    """Divide a stream into records; the last one of a window waits for what may go on with it."""
    join = _Join(joining)
    for units in lines.frame(chunks):
        yield join.window(units)
    yield join.rest()


class _Join:
    """Joins lines across windows: `held` is a record that is not known to have ended."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        self._held: Units | None = None
        self._open = False  # within quotes

    def window(self, units: Units) -> Units:
        """Records that end in this window of lines."""
        whole = _after(self._held, units) if self._held is not None else units
        known = len(whole) - len(units)
        firsts = np.flatnonzero(self._begin(whole, known)) + known
        if not len(firsts) or firsts[0] != 0:
            firsts = np.concatenate([np.zeros(1, np.int64), firsts])
        if not len(whole):
            return units
        keep = len(whole) if units.rejects else int(firsts[-1])
        if keep < len(whole) and int(whole.ends[-1] - whole.starts[keep]) > LONGEST:
            keep = len(whole)
        self._held = _rest(whole, keep) if keep < len(whole) else None
        joined = _joined(whole, firsts[firsts < keep], keep)
        joined.rejects, joined.reject_bytes = units.rejects, units.reject_bytes
        joined.structure_bytes, joined.damage = units.structure_bytes, units.damage
        return joined

    def rest(self) -> Units:
        """The last record."""
        whole, self._held = self._held, None
        if whole is None:
            nothing = np.empty(0, dtype=np.int64)
            return Units(b"", nothing, nothing, nothing, nothing, nothing)
        return _joined(whole, np.zeros(1, np.int64), len(whole))

    def _begin(self, units: Units, low: int) -> Flags:
        """Which lines begin a record, from line `low` on."""
        data, starts = units.data, units.starts[low:].tolist()
        rule = self._joining
        if rule.goes_on is not None:
            ends = units.ends[low:].tolist()
            on = rule.goes_on.match
            found = (a < b and not on(data, a) for a, b in zip(starts, ends, strict=True))
            return np.fromiter(found, bool, len(starts))
        begins = rule.begins.match
        flags = np.fromiter((begins(data, at) is not None for at in starts), bool, len(starts))
        return self._outside_quotes(units, low, flags) if rule.quotes else flags

    def _outside_quotes(self, units: Units, first: int, flags: Flags) -> Flags:
        surely = self._joining.surely
        lows, highs = units.starts[first:].tolist(), units.ends[first:].tolist()
        for index, (low, high) in enumerate(zip(lows, highs, strict=True)):
            sure = bool(surely and surely.match(units.data, low))
            flags[index] = sure or (flags[index] and not self._open)
            within = self._open and not flags[index]
            self._open = (units.data.count(b'"', low, high) % 2 == 1) != within
        return flags


def _after(held: Units, units: Units) -> Units:
    """Lines held and those that follow them, in one buffer."""
    low = int(held.starts[0])
    carried = held.data[low : int(held.starts[-1] + held.extents[-1])]
    first = int(units.starts[0]) if len(units) else 0
    by = len(carried) - first
    return Units(
        carried + units.data[first:],
        np.concatenate([held.starts - low, units.starts + by]),
        np.concatenate([held.ends - low, units.ends + by]),
        np.concatenate([held.offsets, units.offsets]),
        np.concatenate([held.extents, units.extents]),
        np.concatenate([held.numbers, units.numbers]),
    )


def _rest(units: Units, low: int) -> Units:
    return units.slice(low, len(units))


def _joined(units: Units, firsts: Integers, count: int) -> Units:
    """The first `count` lines as records that begin at the lines `firsts`."""
    if not len(firsts):
        return units.slice(0, 0)
    following = np.append(firsts[1:], count)
    filled = np.where(units.ends > units.starts, np.arange(len(units)), 0)[:count]
    lasts = np.maximum(np.maximum.reduceat(filled, firsts), firsts)
    sums = np.concatenate([[0], np.cumsum(units.extents[:count])])
    return Units(
        units.data,
        units.starts[firsts],
        units.ends[lasts],
        units.offsets[firsts],
        sums[following] - sums[firsts],
        units.numbers[firsts],
    )
