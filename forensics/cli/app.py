"""The command line application, and the options that mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forensics import __version__
from forensics.cli.recorded import RecordedTyper
from forensics.cli.sections import Sections
from forensics.output.forms import Form

NAME = "awslogs-forensics"
BUG = 70  # exit code: EX_SOFTWARE of sysexits.h

app = RecordedTyper(
    name=NAME,
    cls=Sections,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    """Turn a disk of AWS logs into one DuckDB case, and question it.

    Example: awslogs-forensics ingest /mnt/dump --db case.duckdb
    """


Db = Annotated[
    Path,
    typer.Option(
        "--db",
        envvar="AWSLOGS_FORENSICS_DB",
        help="The case: a DuckDB file.",
        show_default="evidence.duckdb in the working directory",
    ),
]
DEFAULT_DB = Path("evidence.duckdb")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
Format = Annotated[Form, typer.Option("--format", "-f", help="How rows are printed.")]
Zone = Annotated[
    str, typer.Option("--tz", help="Time zone for display and for bare times, like Asia/Tokyo.")
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="Rows at most; 0 for all.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show secrets that logs contain.")]
As = Annotated[
    str, typer.Option("--as", help="The log format, on your word; `formats` lists them.")
]
Fields = Annotated[
    str,
    typer.Option("--fields", help="The fields of a headerless file, in order, divided by spaces."),
]
