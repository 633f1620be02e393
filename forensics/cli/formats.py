"""`formats`: what can be read."""

from __future__ import annotations

from typing import Annotated

import typer

from forensics.cli.app import Format, app
from forensics.errors import UsageError
from forensics.output.forms import Form
from forensics.output.streams import emit, terminal_width


@app.command("formats")
def formats_command(
    name: Annotated[str, typer.Argument(help="Show the columns of this format.")] = "",
    form: Format = Form.table,
) -> None:
    """List the log formats that can be read, or the columns of one.

    Example: awslogs-forensics formats cloudtrail
    """
    import pyarrow as pa

    from forensics.output.render import Look, rendered

    listed = pa.Table.from_pylist(_columns(name) if name else _formats())
    emit(rendered(listed, form, Look(width=terminal_width())))


def _formats() -> list[dict[str, str | int]]:
    from parsers.formats import FORMATS

    return [
        {
            "format": each.name,
            "columns": len(each.columns),
            "about": each.about,
            "reference": each.reference,
        }
        for each in FORMATS
    ]


def _columns(name: str) -> list[dict[str, str | int]]:
    from parsers.formats import BY_NAME

    declared = BY_NAME.get(name)
    if declared is None:
        raise UsageError(f"{name}: no such log format", hint="`formats` lists them")
    return [
        {
            "column": each.name,
            "type": str(each.type),
            "indicator": each.indicator,
            "about": each.about,
        }
        for each in declared.columns
    ]
