"""`who`, `chain`, `session`, `asset`: who or what is behind a key, a session or an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forensics.cli.app import DEFAULT_DB, Db, Format, Limit, Reveal, Zone, app
from forensics.cli.scoped import Account, From, Region, Services, To, scope_of
from forensics.cli.telling import print_rows, suggest, tell_limits
from forensics.output.forms import Form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forensics.identity.conclusions import Found

FEW = 100


@app.command("who")
def who_command(
    value: Annotated[
        str, typer.Argument(help="Address, access key, ARN, principal id, user or session name.")
    ],
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
    """Who is behind a value: what it is, who used it, with what it was seen, in which logs.

    Each conclusion says how sure it is (proven, inferred, unknown), why, and on which records it
    rests.

    Example: awslogs-forensics who 203.0.113.9 --db case.duckdb
    """
    from forensics.evidence import Case
    from forensics.identity.who import who

    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    with Case.for_reading(db) as case:
        found = who(case, value, scope)
    print_rows(found.rows, form, tz, reveal)
    tell_limits(found.notes, is_cut=found.cut, limit=limit)
    key = _first(found, "with", "access key") or _first(found, "is", "access key")
    pivots = ("chain {key}", "around {ref}", "what {value}")
    suggest(found.rows, pivots, db, value=value, key=key, ref=_first_ref(found))


@app.command("chain")
def chain_command(
    key: Annotated[str, typer.Argument(help="Access key; or ARN, id or name of a session.")],
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
    """The chain of credentials: back to who began it, and on to what was made with it.

    The window and place narrow which calls are counted; the chain is followed beyond them.

    Example: awslogs-forensics chain ASIAEXAMPLE000000001 --db case.duckdb
    """
    from forensics.evidence import Case
    from forensics.identity.chains import chain

    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    with Case.for_reading(db) as case:
        found = chain(case, key, scope)
    print_rows(found.rows, form, tz, reveal)
    tell_limits(found.notes, is_cut=found.cut, limit=limit)
    by = next((row["by"] for row in _rows(found) if row["part"] == "origin" and row["by"]), "")
    asked = next((row["key"] for row in _rows(found) if row["part"] == "asked"), "")
    suggest(found.rows, ("who {origin}", "session {asked}"), db, origin=by, asked=asked)


@app.command("session")
def session_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Session of a role, of the console or of Session Manager: id, ARN, name or key.",
        ),
    ],
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
    """A session told in order: who began it, its credentials, what was done and typed, its end.

    Example: awslogs-forensics session alice-0a1b2c3d4e5f60718 --db case.duckdb
    """
    from forensics.evidence import Case
    from forensics.identity.sessions import session

    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    with Case.for_reading(db) as case:
        found = session(case, name, scope)
    print_rows(found.rows, form, tz, reveal)
    tell_limits(found.notes, is_cut=found.cut, limit=limit)
    key = next((row["value"] for row in _rows(found) if row["part"] == "credential"), "")
    suggest(found.rows, ("chain {key}", "around {ref}"), db, key=key, ref=_first_ref(found))


@app.command("asset")
def asset_command(
    ip: Annotated[str, typer.Argument(help="One address.")],
    db: Db = DEFAULT_DB,
    at: Annotated[str, typer.Option("--at", help="What held it at this time, ISO 8601.")] = "",
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
    """What held an address, and when: interface, instance, purpose; never resolved to today.

    Example: awslogs-forensics asset 10.0.0.10 --at 2024-05-01T10:00Z --db case.duckdb
    """
    from forensics.evidence import Case
    from forensics.identity.assets import asset
    from forensics.investigations.parameters import moment

    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    when = moment(at, tz) if at else None
    with Case.for_reading(db) as case:
        found = asset(case, ip, when, scope)
    print_rows(found.rows, form, tz, reveal)
    tell_limits(found.notes, is_cut=found.cut, limit=limit)
    suggest(found.rows, ("who {instance}", "what {eni}", "find {ip}"), db)


def _rows(found: Found) -> Iterable[dict[str, str]]:
    rows: list[dict[str, str]] = found.rows.to_pylist()
    return rows


def _first(found: Found, part: str, kind: str) -> str:
    """The first value of a part and kind; '' where there is none."""
    rows = (row for row in _rows(found) if row["part"] == part and row["kind"] == kind)
    return next((row["value"] for row in rows), "")


def _first_ref(found: Found) -> str:
    """The first record named; '' where none is."""
    return next((row["refs"][0] for row in _rows(found) if row["refs"]), "")
