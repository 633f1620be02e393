"""Writes down what was asked of a case and what was handed out, and shows the journal's head.

Commands that write a case keep its own journal; all others are entered in the file beside it. A
command that reveals secrets is entered before it begins: without an entry nothing is revealed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

from forensics.output.streams import emitted, say

OWN_JOURNAL = ("ingest", "stamp")
UNRECORDED = ("journal",)
_SHORT = 12
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Recorded(TyperCommand):
    """A command whose use is written down if it has a case."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what was foreseen to fail is written down as well."""
        db = ctx.params.get("db")
        if db is None or self.name in UNRECORDED:
            return super().invoke(ctx)
        if self.name in OWN_JOURNAL:
            outcome = super().invoke(ctx)
            _show_heads(db, ctx.params)
            return outcome
        if ctx.params.get("reveal") and db.exists():
            _write(str(self.name), db, ctx.params, "begins to reveal")
        outcome = "failed"
        try:
            result = super().invoke(ctx)
            outcome = "done"
        except typer.Exit as ended:
            outcome = f"exit {ended.exit_code}"
            raise
        finally:
            _enter(str(self.name), db, ctx.params, outcome)
        return result


class RecordedTyper(typer.Typer):
    """An application all of whose commands are recorded."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[_Function], _Function]:
        """As `typer.Typer.command`."""
        more.setdefault("cls", Recorded)
        return super().command(name, **more)


def _enter(command: str, db: Path, options: Mapping[str, Any], outcome: str) -> None:
    """Write the entry; where that cannot be done, say so: who reads needs no right to write."""
    from forensics.custody.readers import JournalUnwritable

    if not db.exists():
        return
    try:
        _write(command, db, options, outcome)
    except JournalUnwritable as error:
        say(f"not written down: {error}")
        return
    _show_heads(db, options)


def _write(command: str, db: Path, options: Mapping[str, Any], outcome: str) -> None:
    from forensics.custody.recording import plain, record

    size, sha256 = emitted()
    said = {
        "command": command,
        "options": {name: plain(value) for name, value in options.items() if value is not None},
        "outcome": outcome,
        "bytes": size,
        "sha256": sha256,
    }
    record(db, _state(db), said)


def _state(db: Path) -> dict[str, Any]:
    from forensics.custody.recording import state_of
    from forensics.errors import ForensicsError
    from forensics.evidence import Case

    try:
        with Case.for_reading(db) as case:
            return state_of(case)
    except ForensicsError:
        return state_of(None)


def _show_heads(db: Path, options: Mapping[str, Any]) -> None:
    """On standard error, to be noted elsewhere: that is what makes the journal prove something.

    Not with --json: what stands there then is for a script.
    """
    from forensics.custody.readers import head, journal_path

    quiet = os.environ.get("AWSLOGS_FORENSICS_QUIET") or options.get("as_json")
    if quiet or not db.exists():
        return
    state = _state(db)
    read, by = head(journal_path(db))
    own = f"{state['case_seq']}:{state['case_head'][:_SHORT]}"
    say(f"journal  case {own}  readers {read}:{by[:_SHORT]}")
