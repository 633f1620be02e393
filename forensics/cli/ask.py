"""`sql` and `show`: one question in SQL, one record as it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from forensics.cli.app import DEFAULT_DB, Db, Format, Reveal, Zone, app
from forensics.output.forms import Form
from forensics.output.masking import is_secret_name, mask
from forensics.output.safe import lines, redacted, terminal
from forensics.output.streams import emit, is_terminal, say, terminal_width

if TYPE_CHECKING:
    from forensics.custody.show import Shown
    from forensics.output.render import Look


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement that reads.")],
    db: Db = DEFAULT_DB,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """Ask the case in SQL. It is read-only and reaches nothing but the case.

    Example: awslogs-forensics sql "SELECT eventName, count(*) FROM cloudtrail GROUP BY ALL"
    """
    from forensics.evidence import Case
    from forensics.evidence.asking import asked
    from forensics.output.render import Look, rendered

    with Case.for_reading(db) as case:
        rows = asked(case, query)
    width = terminal_width() if form is Form.table else 0
    emit(rendered(rows, form, Look(zone=tz, width=width, reveal=reveal)))


@app.command("show")
def show_command(
    ref: Annotated[str, typer.Argument(help="REF of a row: <source_id as 16 hex>:<record_no>.")],
    db: Db = DEFAULT_DB,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the record's bytes, as they stood.")
    ] = False,
    reveal: Reveal = False,
) -> None:
    """Re-read a record from its evidence, check the hash, and print it as it stood.

    Example: awslogs-forensics show 0123456789abcdef:42
    """
    from forensics.custody.show import show
    from forensics.evidence import Case
    from forensics.output.render import Look

    with Case.for_reading(db) as case:
        found = show(case, ref)
    emit(_raw(found, reveal) if raw else _told(found, Look(reveal=reveal)).encode("utf-8"))


def _masked(text: str, row: dict[str, Any] | None) -> str:
    """A record without secrets: also without those that only their column tells, like cookies."""
    for name, value in (row or {}).items():
        if isinstance(value, str) and is_secret_name(name) and len(value) > 1:
            text = text.replace(value, mask(value))
    return redacted(text)


def _raw(found: Shown, reveal: bool) -> bytes:
    """The record's bytes; without --reveal its secrets are masked, and standard error says so."""
    text = found.raw.decode("utf-8", "surrogateescape")
    shown = text if reveal else _masked(text, found.row)
    if shown != text:
        say("secrets in it are masked: --reveal prints the bytes as they stood")
    if is_terminal():
        shown = lines(shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
    return shown.encode("utf-8", "surrogateescape") + b"\n"


def _told(found: Shown, look: Look) -> str:
    """Provenance, the row's filled columns, and the record itself, made harmless."""
    told = [
        f"ref      {found.ref}",
        f"file     {terminal(found.path)}",
        f"sha256   {found.content_sha256}  (content, verified just now)",
        f"format   {found.format} in {found.framing}",
        "",
    ]
    for name, value in look.members(found.row or {}).items():
        if value is not None and name not in ("source_id", "record_no"):
            told.append(f"{name:<24} {terminal(look.cell(value))}")
    text = found.raw.decode("utf-8", "backslashreplace")
    text = text if look.reveal else _masked(text, found.row)
    return "\n".join([*told, "", "record", terminal(text), ""])
