"""Commands parse words and print; everything they do is one call into the package."""

from __future__ import annotations

import traceback
from typing import Annotated

import typer

from forensics import __version__
from forensics.errors import ForensicsError

NAME = "awslogs-forensics"
BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130

app = typer.Typer(name=NAME, no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Turn a disk of AWS logs into one DuckDB case, and question it."""


def main() -> None:
    """The only place where an error becomes a message and an exit code."""
    try:
        app(prog_name=NAME)
    except ForensicsError as error:
        typer.echo(f"{NAME}: error: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo(f"{NAME}: interrupted", err=True)
        raise SystemExit(INTERRUPTED) from None
    except Exception:  # noqa: BLE001 -- a bug is shown in full, and gets its own exit code
        traceback.print_exc()
        typer.echo(f"{NAME}: this is a bug, please report it with the lines above", err=True)
        raise SystemExit(BUG) from None
