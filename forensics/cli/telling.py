"""How an answer leaves a command: rows to standard output, limits and next steps beside them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.cli.app import NAME
from forensics.output.forms import Form
from forensics.output.safe import redacted, terminal
from forensics.output.streams import emit, say, terminal_width

if TYPE_CHECKING:
    import pyarrow as pa

    from forensics.investigations.runner import Answer

PIVOTS = 2
_LONGEST = 200


def print_rows(rows: pa.Table, form: Form, tz: str = "", reveal: bool = False) -> None:
    """Rows in one form, as wide as the terminal where they are a table."""
    from forensics.output.render import Look, rendered

    width = terminal_width() if form is Form.table else 0
    emit(rendered(rows, form, Look(zone=tz, width=width, reveal=reveal)))


def tell(answer: Answer, db: Path, limit: int) -> None:
    """What limits an answer, and what to ask next."""
    tell_limits(answer.notes, is_cut=answer.cut, limit=limit)
    suggest(answer.rows, answer.query.header.pivots, db)


def tell_limits(notes: Iterable[str], *, is_cut: bool, limit: int) -> None:
    """That there are more rows than shown, and the limits, a line each."""
    if is_cut:
        say(f"only the first {limit} rows are shown; --limit 0 shows all")
    for note in notes:
        say(f"note: {note}")


def suggest(rows: pa.Table, pivots: Iterable[str], db: Path, **more: str) -> None:
    """The next commands, filled in from the first row (and `more`) where these have the words."""
    if not rows.num_rows:
        return
    first: dict[str, Any] = rows.slice(0, 1).to_pylist()[0] | more
    words = {key: shlex.quote(value) for key, value in first.items() if is_word(value)}
    filled = []
    for pivot in pivots:
        try:
            filled.append(f"{NAME} {pivot.format_map(words)} --db {shlex.quote(str(db))}")
        except KeyError:
            continue  # the first row has no such value
    for pivot in filled[:PIVOTS]:
        say(f"next: {pivot}")


def is_word(value: Any) -> bool:
    """Whether a value of a log can stand in a command that somebody may copy."""
    return (
        isinstance(value, str)
        and terminal(value) == value == redacted(value)
        and 0 < len(value) < _LONGEST
    )
