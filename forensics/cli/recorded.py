"""Writes down what was asked of a case and what was handed out, and shows the journal's head.

Commands that write a case keep its own journal; all others are entered in the file beside it. A
command that reveals secrets is entered before it begins: without an entry nothing is revealed.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand

from forensics.cli.secret import CASE_KEY, KeyFile, secret
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
        if db is None:
            return super().invoke(ctx)
        with _keyed(db, ctx.params):
            return self._invoke_with_case(ctx, db)

    def _invoke_with_case(self, ctx: Any, db: Path) -> Any:
        if self.name in UNRECORDED:
            return super().invoke(ctx)
        if self.name in OWN_JOURNAL:
            outcome = super().invoke(ctx)
            _show_heads(db, ctx.params)
            return outcome
        if ctx.params.get("reveal") and _is_case(db):
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
        register = super().command(name, **more)
        return lambda function: register(_with_key_file(function)) and function


def _with_key_file(function: _Function) -> _Function:
    """A command that has a case, with an option for its key besides."""
    declared = inspect.signature(function)
    if "db" not in declared.parameters:
        return function

    @wraps(function)
    def keyed(*, key_file: Path | None = None, **options: Any) -> Any:  # noqa: ARG001 -- see _keyed
        return function(**options)

    hints = get_type_hints(function, include_extras=True) | {"key_file": KeyFile}
    option = inspect.Parameter("key_file", inspect.Parameter.KEYWORD_ONLY, default=None)
    parameters = [
        each.replace(annotation=hints[name])
        for name, each in {**declared.parameters, "key_file": option}.items()
    ]
    keyed.__signature__ = declared.replace(parameters=parameters)  # type: ignore[attr-defined]
    keyed.__annotations__ = hints
    return keyed  # type: ignore[return-value]


@contextmanager
def _keyed(db: Path, options: dict[str, Any]) -> Iterator[None]:
    """Cases that are opened meanwhile are opened with the key that was given, or is typed."""
    from forensics.evidence import encrypted

    file, is_new = options.pop("key_file", None), bool(options.get("encrypt"))
    is_wanted = is_new or encrypted.is_encrypted(db)
    if file or (is_wanted and not encrypted.key() and sys.stdin.isatty()):
        key = secret(CASE_KEY, file, twice=is_new and not db.exists())
        with encrypted.using(key):
            yield
    else:
        yield


def _enter(command: str, db: Path, options: Mapping[str, Any], outcome: str) -> None:
    """Write the entry; where that cannot be done, say so: who reads needs no right to write."""
    from forensics.custody.readers import JournalUnwritable

    if not _is_case(db):
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


def _is_case(db: Path) -> bool:
    """Whether it may be a case: beside anything else, which may be evidence, nothing is written."""
    from forensics.evidence.encrypted import is_database

    return is_database(db)


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
    if quiet or not _is_case(db):
        return
    state = _state(db)
    read, by = head(journal_path(db))
    own = f"{state['case_seq']}:{state['case_head'][:_SHORT]}"
    say(f"journal  case {own}  readers {read}:{by[:_SHORT]}")
