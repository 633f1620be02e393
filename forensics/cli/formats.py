"""`formats`: what can be read."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from forensics.cli.app import Format, app
from forensics.errors import UsageError
from forensics.output import Form, Look, emit, rendered, terminal_width
from parsers.formats import BY_NAME, FORMATS


@app.command("formats")
def formats_command(
    name: Annotated[str, typer.Argument(help="Show the columns of this format.")] = "",
    form: Format = Form.table,
) -> None:
    """List the log formats that can be read, or the columns of one.

    Example: awslogs-forensics formats cloudtrail
    """
    emit(rendered(_columns(name) if name else _list(), form, Look(width=terminal_width())))


def _list() -> pa.Table:
    rows = [
        {
            "format": each.name,
            "columns": len(each.columns),
            "about": each.about,
            "reference": each.reference,
        }
        for each in FORMATS
    ]
    return pa.Table.from_pylist(rows)


def _columns(name: str) -> pa.Table:
    declared = BY_NAME.get(name)
    if declared is None:
        raise UsageError(f"{name}: no such log format", hint="`formats` lists them")
    rows = [
        {
            "column": each.name,
            "type": str(each.type),
            "indicator": each.indicator,
            "about": each.about,
        }
        for each in declared.columns
    ]
    return pa.Table.from_pylist(rows)
