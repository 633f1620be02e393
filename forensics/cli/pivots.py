"""`find`, `what`, `when`/`timeline`, `around`, `coverage`: from one thing known to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forensics.cli.app import DEFAULT_DB, AsJson, Db, Format, Limit, Reveal, Zone, app
from forensics.cli.scoped import Account, From, Lists, Region, Services, To, scope_of
from forensics.cli.telling import print_rows, suggest, tell, tell_limits
from forensics.output.forms import Form
from forensics.output.safe import json_text
from forensics.output.streams import emit, say, terminal_width

if TYPE_CHECKING:
    import pyarrow as pa

    from forensics.investigations.covering import Coverage
    from forensics.investigations.scope import Scope

FEW = 100
_SAME = ("actor", "ip", "resource")
_STEPS = ("hour", "day")
Who = Annotated[str, typer.Option(help="Only actors whose ARN, id, name or key holds this.")]
Ip = Annotated[str, typer.Option(help="Only from or to this address.")]
Resource = Annotated[str, typer.Option(help="Only resources whose id or ARN holds this.")]
Action = Annotated[str, typer.Option(help="Only actions whose name holds this.")]
Log = Annotated[str, typer.Option(help="Only this log, like cloudtrail or alb.")]
Changes = Annotated[bool, typer.Option("--changes", help="Only what does not just read.")]


@app.command("find")
def find_command(
    value: Annotated[str, typer.Argument(help="Address, network, ARN, key, name, id, REF …")],
    db: Db = DEFAULT_DB,
    rows: Annotated[bool, typer.Option("--rows", help="The rows themselves, in order.")] = False,
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """Where a value occurs: tables and columns, how often, first and last, REFs.

    Every column that is declared to hold such values is searched; networks (CIDR) stand for their
    addresses, domains for what is below them. What AWS services did is included in any case.

    Example: awslogs-forensics find 203.0.113.0/24 --db case.duckdb
    """
    from forensics.evidence import Case
    from forensics.evidence.finding import Window, find, find_events

    del services  # a search that leaves something out would prove nothing
    scope = scope_of(start, end, account=account, region=region, limit=limit, zone=tz)
    window = Window(scope.start, scope.end, account, region)
    with Case.for_reading(db) as case:
        if rows:
            found = find_events(case, value, window, limit=limit + 1 if limit else 0)
        else:
            found = find(case, value, window)
        notes = _limits_of_finding(case, value, scope, found.num_rows)
    is_cut = bool(limit) and found.num_rows > limit
    print_rows(found.slice(0, limit) if is_cut else found, form, tz, reveal)
    tell_limits(notes, is_cut=is_cut, limit=limit)
    first = {} if rows else {"ref": _first_of(found, "refs")}
    suggest(found, ("who {value}", "around {ref}"), db, value=value, **first)


def _limits_of_finding(case: Any, value: str, scope: Scope, found: int) -> list[str]:
    from forensics.evidence.sought import sought
    from forensics.investigations.notes import of_logs
    from forensics.investigations.scope import Narrowing

    narrowing = Narrowing(scope, times=True, services="all", has_copies=False)
    looked_for = (
        f"looked for as {sought(value).kind}, in the columns that hold such values"
        " (`formats NAME`); not in free-form JSON and messages"
    )
    nothing = ["nothing found"] if not found else []
    return [*nothing, looked_for, *of_logs(case, ["events"], narrowing, found=found)]


def _first_of(found: pa.Table, column: str) -> str:
    """The first of the first list in a column; '' where there is none."""
    held = found.column(column)[0].as_py() if found.num_rows else None
    return held[0] if held else ""


@app.command()
def what(
    value: Annotated[str, typer.Argument(help="ARN, name or id of a principal or resource.")],
    db: Db = DEFAULT_DB,
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """What a principal did, or what was done to a resource: actions, outcomes, first and last.

    Example: awslogs-forensics what arn:aws:iam::111122223333:role/AdminRole --db case.duckdb
    """
    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    found = _asked("what-happened", {"value": value}, db, scope, form, tz, reveal)
    if not found:
        say(f"nothing found; `find {value}` looks into more columns" if _plain(value) else "")


def _plain(value: str) -> bool:
    from forensics.cli.telling import is_word

    return is_word(value)


def _known_log(log: str) -> None:
    """Raises UsageError for a log that there is no table for."""
    from forensics.errors import UsageError
    from parsers.formats import BY_NAME

    if log and log not in BY_NAME:
        raise UsageError(f"--log {log}: no such log", hint="`formats` lists them")


def timeline(
    db: Db = DEFAULT_DB,
    start: From = "",
    end: To = "",
    who: Who = "",
    ip: Ip = "",
    resource: Resource = "",
    action: Action = "",
    log: Log = "",
    changes: Changes = False,
    account: Account = "",
    region: Region = "",
    services: Services = False,
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """What happened in a window, in all logs, in order."""
    _known_log(log)
    params = {"who": who, "ip": ip, "resource": resource, "action": action, "log": log}
    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    if not _asked("timeline", {**params, "changes": changes}, db, scope, form, tz, reveal):
        say("nothing found")


for _name in ("timeline", "when"):
    app.command(
        _name,
        help="What happened in a window, in all logs, in order.\n\n"
        f"Example: awslogs-forensics {_name} --from 2024-05-01T10:00Z --to 2024-05-01T11:00Z",
    )(timeline)


@app.command()
def around(
    ref: Annotated[str, typer.Argument(help="REF of the row to look around.")],
    db: Db = DEFAULT_DB,
    window: Annotated[str, typer.Option(help="How long before and after, like 90s, 10m, 2h.")] = (
        "10m"
    ),
    same: Annotated[
        str, typer.Option(help="Only rows that share this with it: actor, ip or resource.")
    ] = "",
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """What happened around a row, in all logs; what each row has in common with it.

    The row itself is marked: in_common says `itself`.

    Example: awslogs-forensics around 0123456789abcdef:42 --window 10m --same ip
    """
    from forensics.errors import UsageError

    if same not in ("", *_SAME):
        raise UsageError(f"--same {same}", hint=", ".join(_SAME))
    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    params = {"event": ref, "span": window, "same": same, "itself": True, "nearest": limit}
    found = _asked("around-event", params, db, _near(db, ref, window, scope), form, tz, reveal)
    if not found:
        say("nothing found")
    if limit and found == limit:
        say(f"only the {limit} rows nearest in time are shown; --limit 0 shows all")


def _near(db: Path, ref: str, window: str, scope: Scope) -> Scope:
    """The scope within the window around a row: what limits the answer is what limits it there."""
    from dataclasses import replace
    from datetime import timedelta

    from forensics.errors import UsageError
    from forensics.evidence import Case
    from forensics.investigations.parameters import duration
    from forensics.investigations.records import located

    try:
        span = duration(window)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--window {window}: no duration", hint="like 90s, 10m, 2h") from error
    with Case.for_reading(db) as case:
        moment = located(case, ref)["time"]
    try:
        first, end = moment - span, moment + span + timedelta(microseconds=1)
    except OverflowError:  # at the edges of time there is no window to name
        return scope
    return replace(scope, start=max(first, scope.start or first), end=min(end, scope.end or end))


def _asked(
    name: str,
    params: dict[str, Any],
    db: Path,
    scope: Scope,
    form: Form,
    tz: str,
    reveal: bool,
) -> int:
    """Answer a query of the catalogue, print it with its limits, and say how many rows it has."""
    from forensics.evidence import Case
    from forensics.investigations.runner import ask

    with Case.for_reading(db) as case:
        answer = ask(case, name, params, scope)
    print_rows(answer.rows, form, tz, reveal)
    tell(answer, db, scope.limit)
    return int(answer.rows.num_rows)


@app.command("coverage")
def coverage_command(
    db: Db = DEFAULT_DB,
    retention: Annotated[
        str, typer.Option(help="Profile: jp-default, pci-dss, gdpr, y5, y7, y10.")
    ] = "jp-default",
    step: Annotated[str, typer.Option(help="day, or hour for spans of hours.")] = "day",
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    lists: Lists = None,
    limit: Limit = FEW,
    as_json: AsJson = False,
    tz: Zone = "",
) -> None:
    """What the evidence covers: hours of each log, retention, record duties, volume and growth.

    An hour is present, proven empty (a digest says so), missing (a digest lists files that are not
    here) or unknown.

    Example: awslogs-forensics coverage --retention pci-dss --from 2024-04-01T00:00Z
    """
    from forensics.errors import UsageError
    from forensics.evidence import Case
    from forensics.investigations.covering import coverage

    if step not in _STEPS:
        raise UsageError(f"--step {step}", hint=", ".join(_STEPS))
    scope = scope_of(start, end, account=account, region=region, services=services, zone=tz)
    with Case.for_reading(db) as case:
        found = coverage(case, scope, retention, lists)
    if as_json:
        _emit_json(found, db, retention, tz)
        return
    titles = {
        f"coverage by {step}": found.days if step == "day" else found.hours,
        f"retention, against {retention}": found.retention,
        "duties of recording, and the logs that answer them": found.duties,
        "volume and growth": found.volume,
    }
    for title, rows in titles.items():
        emit(f"{title}\n".encode())
        is_cut = bool(limit) and rows.num_rows > limit
        _print_section(rows.slice(0, limit) if is_cut else rows, tz)
        if is_cut:
            say(f"{title}: only the first {limit} rows are shown; --limit 0 shows all")
    tell_limits(found.notes, is_cut=False, limit=limit)
    suggest(found.hours, ("query coverage", "query log-tampering"), db)


def _print_section(rows: pa.Table, tz: str) -> None:
    from forensics.output.render import Look, rendered

    emit(rendered(rows, Form.table, Look(zone=tz, width=terminal_width() or 160)) + b"\n")


def _emit_json(found: Coverage, db: Path, profile: str, tz: str) -> None:
    from forensics.output.render import Look

    tables = {name: getattr(found, name).to_pylist() for name in ("hours", "days", "retention")}
    tables |= {name: getattr(found, name).to_pylist() for name in ("duties", "volume")}
    said = {"db": str(db), "profile": profile, **tables, "notes": found.notes}
    emit((json_text(json.dumps(Look(zone=tz).plain(said), ensure_ascii=False)) + "\n").encode())
