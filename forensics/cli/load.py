"""`ingest` and `identify`: evidence in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from forensics.cli.app import BUG, DEFAULT_DB, As, AsJson, Db, Fields, Format, Zone, app
from forensics.errors import UsageError
from forensics.output.forms import Form
from forensics.output.streams import emit, say, terminal_width

STRICT = 5
LogTz = Annotated[
    str,
    typer.Option("--log-tz", help="Zone of times whose zone the log does not state, on your word."),
]
AccessLogFormat = Annotated[
    str,
    typer.Option(
        "--access-log-format",
        help="Template of API Gateway's access logs, or a file that holds it.",
    ),
]
Paths = Annotated[list[Path], typer.Argument(help="Files, folders, archives of evidence.")]


@app.command("ingest")
def ingest_command(
    paths: Paths,
    db: Db = DEFAULT_DB,
    asserted: As = "",
    fields: Fields = "",
    log_tz: LogTz = "",
    access_log_format: AccessLogFormat = "",
    jobs: Annotated[
        int | None,
        typer.Option(min=0, help="Worker processes.", show_default="one per processor"),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit 5 unless everything was read without a flaw."),
    ] = False,
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Make a new case encrypted, under --key-file.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a locked case.")] = 0,
    examiner: Annotated[str, typer.Option(help="Who takes the evidence in.")] = "",
    evidence_id: Annotated[str, typer.Option(help="Number of the exhibit.")] = "",
    note: Annotated[str, typer.Option(help="How the evidence was acquired.")] = "",
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="Show progress on standard error.",
            show_default="on a terminal",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read evidence into a case, made if it does not exist.

    Running it again continues or adds: what is in the case already is skipped.

    Example: awslogs-forensics ingest /mnt/dump --db case.duckdb --examiner "A. Sato"
    """
    from forensics.cli.progress import Progress
    from forensics.cli.summary import told
    from forensics.ingest import Options, ingest
    from parsers import kernels
    from parsers.kernels import kept

    layout = tuple(fields.replace(",", " ").split())
    options = Options(
        jobs=jobs,
        asserted=asserted,
        fields=layout,
        log_tz=log_tz,
        access_log_format=_template(access_log_format),
        wait=wait,
        examiner=examiner,
        evidence_id=evidence_id,
        note=note,
        encrypt=encrypt,
    )
    if kernels.AVAILABLE and kept.is_empty() and not as_json:
        say("compiling readers for this machine, each when there is much to read for it: once")
    with Progress(progress) as bar:
        summary = ingest(paths, db, options, bar.watch)
    for failure in summary.failures:
        say(failure)
    emit((json.dumps(summary.as_json()) + "\n" if as_json else told(summary, db)).encode())
    if summary.bugs:
        say("a bug cost what is named above; everything else was read: please report it")
        raise typer.Exit(BUG)
    if not summary.found:
        say("nothing was found to read: is the evidence mounted?")
    if strict and not (summary.found and summary.flawless):
        raise typer.Exit(STRICT)


@app.command("identify")
def identify_command(
    paths: Paths,
    form: Format = Form.table,
    tz: Zone = "",
    log_tz: LogTz = "",
    access_log_format: AccessLogFormat = "",
) -> None:
    """Say what each file is, and why, without reading it into a case.

    Example: awslogs-forensics identify /mnt/dump/AWSLogs
    """
    from forensics.ingest import Options
    from forensics.ingest.preview import preview
    from forensics.output.render import Look, rendered

    look = Look(zone=tz, width=terminal_width())
    options = Options(log_tz=log_tz, access_log_format=_template(access_log_format))
    emit(rendered(preview(paths, assumed=options.assumed), form, look))


def _template(given: str) -> str:
    """The template itself; read from a file where it is none."""
    if not given or "$context" in given:
        return given
    try:
        return Path(given).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--access-log-format {given}: neither a template nor a file that holds one",
            hint="a template names what it writes: $context.requestId …",
        ) from error
