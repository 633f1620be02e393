"""`info`, `sources`, `rejects`, `defects`: what the ledger says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forensics.cli.app import DEFAULT_DB, AsJson, Db, Format, Limit, Reveal, Zone, app
from forensics.output.forms import Form
from forensics.output.streams import emit, say, terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    import pyarrow as pa

    from forensics.output.render import Look

FEW = 100
Status = Annotated[str, typer.Option(help="Only sources with this status, like damaged.")]
Code = Annotated[str, typer.Option(help="Only this code.")]


@app.command()
def info(db: Db = DEFAULT_DB, as_json: AsJson = False, tz: Zone = "") -> None:
    """What a case holds: formats, rows, times, accounts, regions, runs.

    Example: awslogs-forensics info --db case.duckdb
    """
    from forensics.evidence import Case, overview
    from forensics.output.render import Look, rendered

    look = Look(zone=tz, width=terminal_width() or 160)
    with Case.for_reading(db) as case:
        if as_json:
            emit((json.dumps(look.plain(overview.info(case))) + "\n").encode())
            return
        for title, rows in overview.sections(case):
            emit(f"{title}\n".encode() + rendered(rows, Form.table, look) + b"\n")


@app.command()
def sources(
    db: Db = DEFAULT_DB,
    status: Status = "",
    form: Format = Form.table,
    limit: Limit = FEW,
    tz: Zone = "",
) -> None:
    """Every content that was found, where it lay, what it is, and how reading it ended.

    Example: awslogs-forensics sources --status damaged
    """
    from forensics.evidence import overview
    from forensics.output.render import Look

    look = Look(zone=tz, width=_width(form))
    _list(db, lambda connection: overview.sources(connection, status, limit), form, look, limit)


@app.command()
def rejects(
    db: Db = DEFAULT_DB,
    code: Code = "",
    form: Format = Form.table,
    limit: Limit = FEW,
    reveal: Reveal = False,
) -> None:
    """Units that could not be told to be of their format, verbatim.

    Example: awslogs-forensics rejects --code torn --format jsonl
    """
    from forensics.evidence import overview
    from forensics.output.render import Look

    look = Look(width=_width(form), reveal=reveal)
    _list(db, lambda connection: overview.rejects(connection, code, limit), form, look, limit)


@app.command()
def defects(
    db: Db = DEFAULT_DB,
    code: Code = "",
    form: Format = Form.table,
    limit: Limit = FEW,
    reveal: Reveal = False,
) -> None:
    """Values of rows that did not fit their column, verbatim.

    Example: awslogs-forensics defects --code not-utf8
    """
    from forensics.evidence import overview
    from forensics.output.render import Look

    look = Look(width=_width(form), reveal=reveal)
    _list(db, lambda connection: overview.defects(connection, code, limit), form, look, limit)


def _width(form: Form) -> int:
    return terminal_width() if form is Form.table else 0


def _list(
    db: Path,
    ask: Callable[[duckdb.DuckDBPyConnection], pa.Table],
    form: Form,
    look: Look,
    limit: int,
) -> None:
    """Print rows, and a word where the limit left some out (one more than shown is asked for)."""
    from forensics.evidence import Case
    from forensics.output.render import rendered

    with Case.for_reading(db) as case:
        rows = ask(case.connection)
    if limit and rows.num_rows > limit:
        rows = rows.slice(0, limit)
        say(f"only the first {limit} rows are shown; --limit 0 shows all")
    emit(rendered(rows, form, look))
