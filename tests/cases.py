"""One fixture case: its input, what is asserted about it, and how an outcome is written down.

    fixtures/<format>/<case>/<input>            one file, as AWS delivers it, not gzipped
    fixtures/<format>/<case>/expected.jsonl     written by `pytest --update`, then read by a human
    fixtures/<format>/<case>/case.toml          optional: key, as, fields, log_tz, log_before,
                                                access_log_format, note

`expected.jsonl` holds a summary, then one line per row, reject and defect in order of record_no.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from parsers import scalars
from parsers.contract import Assumed, Decoded, Defect, Reject
from parsers.formats import BY_NAME
from parsers.identify import MOST, Identified, Unrecognised, asserted, identify
from parsers.reading import Outcome, read_chunks

FIXTURES = Path(__file__).parent.parent / "fixtures"
UNRECOGNISED = "unrecognised"
EXPECTED, ABOUT = "expected.jsonl", "case.toml"

Line = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """The input of one folder, and what its case.toml says of it."""

    folder: Path

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def format(self) -> str:
        """The table this case is about, or UNRECOGNISED."""
        return self.folder.parent.name

    @cached_property
    def about(self) -> Mapping[str, Any]:
        path = self.folder / ABOUT
        return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}

    @property
    def key(self) -> str:
        return str(self.about.get("key", ""))

    @property
    def is_asserted(self) -> bool:
        return "as" in self.about

    @cached_property
    def content(self) -> bytes:
        inputs = [each for each in self.folder.iterdir() if each.name not in (EXPECTED, ABOUT)]
        assert len(inputs) == 1, f"{self.name} has {len(inputs)} input files, not one"
        return inputs[0].read_bytes()

    def identified(self, key: str) -> Identified | Unrecognised:
        """How the input is recognised when stored under `key`, or as the case asserts."""
        head, whole = self.content[:MOST], len(self.content) <= MOST
        if self.is_asserted:
            fields = tuple(self.about.get("fields", ()))
            name, assumed = self.about["as"], self.assumed
            return asserted(head, name, fields, whole=whole, key=key, assumed=assumed)
        return identify(head, whole=whole, key=key, assumed=self.assumed)

    @property
    def assumed(self) -> Assumed:
        """What the case asserts: `log_tz`, `log_before` (ISO 8601), `access_log_format`."""
        before = self.about.get("log_before")
        template = self.about.get("access_log_format", "")
        zone = self.about.get("log_tz", "")
        return Assumed(zone, scalars.iso(before) if before else None, template)

    def outcome(self, identified: Identified, *, plain: bool, chunk: int = 0) -> list[Line]:
        """What the input comes to when fed in chunks of so many bytes (0: at once)."""
        size = chunk or len(self.content) or 1
        chunks = (self.content[at : at + size] for at in range(0, len(self.content), size))
        return written(identified, read_chunks(chunks, identified, plain=plain))

    def expected(self) -> list[Line]:
        return lines_of((self.folder / EXPECTED).read_text("utf-8"))

    def rewrite(self, lines: Iterable[Line]) -> None:
        (self.folder / EXPECTED).write_text(text_of(lines), "utf-8", newline="\n")


def cases() -> list[Case]:
    """Every case of every registered format, and the unrecognised ones."""
    names = [*BY_NAME, UNRECOGNISED]
    folders = [folder for name in names for folder in sorted((FIXTURES / name).glob("*/"))]
    return [Case(folder) for folder in folders]


def lines_of(text: str) -> list[Line]:
    return [json.loads(line) for line in text.split("\n") if line]


def text_of(lines: Iterable[Line]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


# ---------------------------------------------------------------------------- outcomes as lines
def written(identified: Identified, outcome: Outcome) -> list[Line]:
    """A summary of the source, then its units in order."""
    decoded = [part for _, part in outcome.decoded]
    rejects = [*outcome.tally.rejects, *(each for part in decoded for each in part.rejects)]
    defects = [each for part in decoded for each in part.defects]
    rows = [row for declared, part in outcome.decoded for row in _rows(declared.name, part)]
    home = identified.format.name
    units = [*(_row(table, row, home) for table, row in rows)]
    units += [*map(_reject, rejects), *map(_defect, defects)]
    summary = _summary(identified, outcome, rows=len(rows), rejects=rejects, defects=defects)
    return _plain_json([summary, *sorted(units, key=_place)])


def _summary(
    identified: Identified,
    outcome: Outcome,
    *,
    rows: int,
    rejects: list[Reject],
    defects: list[Defect],
) -> Line:
    tally = outcome.tally
    structure = tally.structure + sum(len(part.structure) for _, part in outcome.decoded)
    return {
        "format": identified.format.name,
        "framing": identified.framing,
        "layout": list(identified.layout),
        "reason": identified.reason,
        "units": tally.units,
        "rows": rows,
        "rows_with_defects": len({defect.record_no for defect in defects}),
        "structure": structure,
        "rejects": len(rejects),
        "unit_bytes": tally.unit_bytes,
        "structure_bytes": tally.structure_bytes,
        "document": tally.document,
        "damage": tally.damage,
    }


def _rows(table: str, part: Decoded) -> Iterator[tuple[str, Line]]:
    for row in part.rows.to_pylist():
        yield table, row


def _row(table: str, row: Line, home: str) -> Line:
    """A row without its NULLs; `table` is named where the source holds several formats."""
    number = {"record_no": row["record_no"]}
    named = {} if table == home else {"table": table}
    values = {name: value for name, value in row.items() if name not in ("source_id", "record_no")}
    return number | named | _present(values)


def _reject(reject: Reject) -> Line:
    return {
        "record_no": reject.record_no,
        "reject": reject.code,
        "offset": reject.offset,
        "detail": reject.detail,
        "raw": _shown(reject.raw),
    }


def _defect(defect: Defect) -> Line:
    return {
        "record_no": defect.record_no,
        "defect": defect.column,
        "code": defect.code,
        "detail": defect.detail,
        "raw": _shown(defect.raw),
    }


def _place(line: Line) -> tuple[int, int, str]:
    """Order of lines: by record, the row before its defects, these by their text."""
    return line["record_no"], "defect" in line, text_of([line])


def _present(values: Line) -> Line:
    return {name: _value(value) for name, value in values.items() if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return _present(value)
    if isinstance(value, list):
        return [_value(element) for element in value]
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value


def _shown(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _plain_json(lines: list[Line]) -> list[Line]:
    """The lines as a reader of expected.jsonl gets them: 1.0 stays 1.0, tuples become lists."""
    return lines_of(text_of(lines))
