"""The options that say which part of a case is asked: window, account, region, services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forensics.investigations.scope import Scope

From = Annotated[str, typer.Option("--from", help="First moment, ISO 8601.")]
To = Annotated[str, typer.Option("--to", help="Moment after the last, ISO 8601.")]
Account = Annotated[str, typer.Option(help="Only this account.")]
Region = Annotated[str, typer.Option(help="Only this region.")]
Services = Annotated[bool, typer.Option("--include-services", help="What AWS services did, too.")]
Lists = Annotated[
    Path | None,
    typer.Option("--lists", help="Folder with lists of your own (NAME.toml, NAME.csv)."),
]


def scope_of(
    start: str = "",
    end: str = "",
    *,
    account: str = "",
    region: str = "",
    services: bool = False,
    limit: int = 0,
    zone: str = "",
) -> Scope:
    """The scope that the options describe; a time that names no zone is of --tz.

    Raises UsageError for what is no time, has no zone, or for a window that is empty.
    """
    from forensics.errors import UsageError
    from forensics.investigations.parameters import known_zone, moment
    from forensics.investigations.scope import Scope

    if zone:
        known_zone(zone)
    first = moment(start, zone) if start else None
    last = moment(end, zone) if end else None
    if first and last and last <= first:
        raise UsageError(f"--to {end} is not after --from {start}", hint="the window is empty")
    return Scope(first, last, account, region, services, limit, zone or "UTC")
