"""Where an error becomes a message and an exit code, and nowhere else."""

from __future__ import annotations

import json
import sys
import traceback

from typer.exceptions import TyperException

from forensics.cli import (  # noqa: F401 -- they register commands
    ask,
    custody,
    formats,
    investigate,
    ledger,
    load,
    pivots,
    pivots_identity,
    sealing,
)
from forensics.cli.app import BUG, NAME, app
from forensics.errors import ForensicsError, UsageError
from forensics.output.safe import redacted
from forensics.output.streams import say

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        _enter()
    except ForensicsError as error:
        say(_told(error))
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        say(f"{NAME}: interrupted; what was committed stands, run the command again to go on")
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:  # noqa: BLE001 -- a bug is shown in full, with its own exit code
        if str(error) == "Query interrupted":  # so DuckDB tells of Ctrl-C
            say(f"{NAME}: interrupted; what was committed stands, run the command again to go on")
            raise SystemExit(INTERRUPTED) from None
        said = _shown(traceback.format_exc())
        say(f"{said}{NAME}: this is a bug, please report it with the lines above")
        raise SystemExit(BUG) from None


def _enter() -> None:
    """Run a command; words that typer does not understand become an error like all others."""
    if not _wants_json():
        app(prog_name=NAME)
        return
    try:
        code = app(prog_name=NAME, standalone_mode=False)
    except TyperException as error:
        context = getattr(error, "ctx", None)  # not every one of them has these
        said = getattr(error, "format_message", error.__str__)()
        hint = f"see: {context.command_path if context else NAME} --help"
        raise UsageError(said, hint=hint) from error
    raise SystemExit(code)


def _wants_json() -> bool:
    return any(word.split("=", 1)[0] == "--json" for word in sys.argv)


def _told(error: ForensicsError) -> str:
    """The error as prose, or as one object for a script that asked for --json."""
    message, hint = _shown(error.message), _shown(error.hint)
    if not _wants_json():
        return f"{NAME}: error: {message}" + (f"\nhint: {hint}" if hint else "")
    code = type(error).__name__
    return json.dumps({"error": {"code": code, "message": message, "hint": hint}})


def _shown(text: str) -> str:
    """What an error says of a log is masked like the log itself."""
    return text if "--reveal" in sys.argv else redacted(text)
