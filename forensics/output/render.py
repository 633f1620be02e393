"""Rows to text or bytes, in every form that --format names."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet

from forensics.output import safe
from forensics.output.arrow import without_secrets
from forensics.output.forms import Form
from forensics.output.masking import redacted, redacted_members
from forensics.output.streams import is_terminal

NARROWEST = 6  # columns left to a cell of a crowded table


class Look:
    """How values are shown: in which zone, how wide, with secrets or without.

    Args:
        zone: IANA zone that times are shown in; UTC unless asked otherwise.
        width: columns of the terminal; 0 does not cut.
        reveal: show secrets.
        excel: neutralise what a spreadsheet would take for a formula.
        terminal: CSV goes to a terminal, and may not control it; as standard output is by default.
    """

    def __init__(
        self,
        *,
        zone: str = "",
        width: int = 0,
        reveal: bool = False,
        excel: bool = True,
        terminal: bool | None = None,
    ) -> None:
        self.zone = ZoneInfo(zone) if zone else None
        self.width = width
        self.reveal = reveal
        self.excel = excel
        self.terminal = is_terminal() if terminal is None else terminal

    def moment(self, value: datetime) -> str:
        """A time with its zone; UTC is spelt Z."""
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        if self.zone is None:
            text = aware.astimezone(UTC).isoformat(timespec="auto").replace("+00:00", "Z")
            return text.replace("T", " ")
        return aware.astimezone(self.zone).isoformat(sep=" ", timespec="auto")

    def plain(self, value: Any) -> Any:
        """A value as JSON knows it: times with zone, bytes as text, secrets taken out."""
        if isinstance(value, dict):
            if self.reveal:
                return {key: self.plain(each) for key, each in value.items()}
            return redacted_members(value, self.plain)
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._number(value) if isinstance(value, Decimal) else self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return self.moment(value).replace(" ", "T", 1)
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        return text if self.reveal else redacted(text)

    @staticmethod
    def _number(value: Decimal) -> int | float:
        return int(value) if value == value.to_integral_value() else float(value)

    def members(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of which the columns that are called like a secret are masked."""
        return dict(row) if self.reveal else redacted_members(row, lambda value: value)

    def cell(self, value: Any) -> str:
        """A value as one line of text."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self.moment(value)
        simple: object = self.plain(value)
        if isinstance(simple, str):
            return simple
        if isinstance(simple, bool):
            return "true" if simple else "false"
        return json.dumps(simple, ensure_ascii=False)


def rendered(rows: pa.Table, form: Form, look: Look) -> bytes:
    """The rows in one form, UTF-8, ending in a newline (Parquet aside)."""
    rows = _named_apart(rows)
    if form is Form.parquet:
        sink = io.BytesIO()
        pyarrow.parquet.write_table(rows if look.reveal else without_secrets(rows), sink)
        return sink.getvalue()
    text = _FORMS[form](rows, look)
    return text.encode("utf-8", "backslashreplace")


def _named_apart(rows: pa.Table) -> pa.Table:
    """Columns of equal name as name, name_1, name_2: a row as an object would lose all but one."""
    taken: set[str] = set()
    names = []
    for name in rows.column_names:
        free = (f"{name}_{number}" for number in itertools.count(1))
        names.append(
            name if name not in taken else next(each for each in free if each not in taken)
        )
        taken.add(names[-1])
    return rows.rename_columns(names)


def _shown(rows: pa.Table, look: Look) -> Iterator[dict[str, Any]]:
    """Rows as JSON knows them."""
    return (look.plain(row) for row in rows.to_pylist())


def _cells(rows: pa.Table, look: Look) -> Iterator[list[str]]:
    """Rows as lines of text; a column that is called like a secret is one."""
    for row in rows.to_pylist():
        yield [look.cell(value) for value in look.members(row).values()]


def _json(rows: pa.Table, look: Look) -> str:
    lines = [_dumped(row) for row in _shown(rows, look)]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _jsonl(rows: pa.Table, look: Look) -> str:
    return "".join(_dumped(row) + "\n" for row in _shown(rows, look))


def _dumped(row: dict[str, Any]) -> str:
    """A row in which bidi overrides and control characters are spelt out: the same value."""
    return safe.json_text(json.dumps(row, ensure_ascii=False))


def _csv(rows: pa.Table, look: Look) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    guards: list[Callable[[str], str]] = [safe.spreadsheet] if look.excel else []
    guards += [safe.terminal] if look.terminal else []
    for line in itertools.chain([rows.column_names], _cells(rows, look)):
        writer.writerow([_guarded(cell, guards) for cell in line])
    return sink.getvalue()


def _guarded(cell: str, guards: Sequence[Callable[[str], str]]) -> str:
    for guard in guards:
        cell = guard(cell)
    return cell


def _markdown(rows: pa.Table, look: Look) -> str:
    def line(cells: Sequence[str]) -> str:
        escaped = (safe.terminal(cell).replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
        return "| " + " | ".join(f"`` {c} ``" if "`" in c else c for c in escaped) + " |\n"

    head = line(rows.column_names) + "|" + "---|" * len(rows.column_names) + "\n"
    return head + "".join(map(line, _cells(rows, look)))


def _table(rows: pa.Table, look: Look) -> str:
    cells = [list(map(safe.terminal, line)) for line in _cells(rows, look)]
    heads = [safe.terminal(name) for name in rows.column_names]
    widths = _widths(heads, cells, look.width)
    lines = [heads, ["─" * width for width in widths], *cells]
    right = [pa.types.is_integer(f.type) or pa.types.is_floating(f.type) for f in rows.schema]
    return "".join(_line(line, widths, right) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, flush in zip(cells, widths, right, strict=True):
        text = safe.cut(cell, width)
        gap = " " * (width - safe.columns(text))
        padded.append(gap + text if flush else text + gap)
    return "  ".join(padded).rstrip() + "\n"


def _widths(heads: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Column widths that fit the terminal: the widest columns give way first."""
    wanted = [
        max([safe.columns(head), *(safe.columns(row[at]) for row in cells)])
        for at, head in enumerate(heads)
    ]
    room = width - 2 * (len(heads) - 1)
    while width and sum(wanted) > room and max(wanted) > NARROWEST:
        widest = max(wanted)
        second = max((each for each in wanted if each < widest), default=NARROWEST)
        count = wanted.count(widest)
        cap = max(second, widest - -(-(sum(wanted) - room) // count), NARROWEST)
        wanted = [min(each, cap) for each in wanted]
    return wanted


_FORMS: dict[Form, Callable[[pa.Table, Look], str]] = {
    Form.table: _table,
    Form.json: _json,
    Form.jsonl: _jsonl,
    Form.csv: _csv,
    Form.markdown: _markdown,
}
