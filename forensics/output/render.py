"""Rows to text or bytes, in every form that --format names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet

from forensics.output import safe
from forensics.output.forms import Form

NARROWEST = 6  # columns left to a cell of a crowded table


class Look:
    """How values are shown: in which zone, how wide, with secrets or without.

    Args:
        zone: IANA zone that times are shown in; UTC unless asked otherwise.
        width: columns of the terminal; 0 does not cut.
        reveal: show secrets.
        excel: neutralise what a spreadsheet would take for a formula.
    """

    def __init__(
        self, *, zone: str = "", width: int = 0, reveal: bool = False, excel: bool = True
    ) -> None:
        self.zone = ZoneInfo(zone) if zone else None
        self.width = width
        self.reveal = reveal
        self.excel = excel

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
            return {key: self.plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._number(value) if isinstance(value, Decimal) else self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return self.moment(value).replace(" ", "T", 1)
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        return text if self.reveal else safe.redacted(text)

    @staticmethod
    def _number(value: Decimal) -> int | float:
        return int(value) if value == value.to_integral_value() else float(value)

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
    if form is Form.parquet:
        sink = io.BytesIO()
        pyarrow.parquet.write_table(rows if look.reveal else _redacted(rows), sink)
        return sink.getvalue()
    text = _FORMS[form](rows, look)
    return text.encode("utf-8", "backslashreplace")


def _redacted(rows: pa.Table) -> pa.Table:
    """Strings without secrets; other columns as they are."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            values = [v if v is None else safe.redacted(v) for v in rows.column(index).to_pylist()]
            rows = rows.set_column(index, field, pa.array(values, field.type))
    return rows


def _json(rows: pa.Table, look: Look) -> str:
    lines = [json.dumps(look.plain(row), ensure_ascii=False) for row in rows.to_pylist()]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _jsonl(rows: pa.Table, look: Look) -> str:
    return "".join(
        json.dumps(look.plain(row), ensure_ascii=False) + "\n" for row in rows.to_pylist()
    )


def _csv(rows: pa.Table, look: Look) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(rows.column_names)
    guard: Callable[[str], str] = safe.spreadsheet if look.excel else str
    for row in rows.to_pylist():
        writer.writerow([guard(look.cell(value)) for value in row.values()])
    return sink.getvalue()


def _markdown(rows: pa.Table, look: Look) -> str:
    def line(cells: Sequence[str]) -> str:
        escaped = (safe.terminal(cell).replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
        return "| " + " | ".join(f"`` {c} ``" if "`" in c else c for c in escaped) + " |\n"

    head = line(rows.column_names) + "|" + "---|" * len(rows.column_names) + "\n"
    return head + "".join(line([look.cell(v) for v in row.values()]) for row in rows.to_pylist())


def _table(rows: pa.Table, look: Look) -> str:
    cells = [[safe.terminal(look.cell(v)) for v in row.values()] for row in rows.to_pylist()]
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
