"""Which part of a case is asked: window, account, region, services; and the SQL that narrows to it.

A query names native tables as if it stood alone. Before it runs, each becomes a common table
expression of the same name that reads only the rows in scope:

    WITH cloudtrail AS NOT MATERIALIZED (SELECT * FROM main.cloudtrail WHERE eventTime >= $from …)

DuckDB puts such conditions into the scan of the table, wherever the query uses it. A condition is
written only where the scope has one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from forensics.errors import QueryError
from forensics.evidence.ddl import quoted, sql_type
from forensics.evidence.places import ACCOUNTS, REGIONS, of
from forensics.evidence.schema import BY_NAME as TABLES
from forensics.evidence.schema import LEDGER, NATIVE
from parsers.formats import BY_NAME as FORMATS

LEDGER_NAMES = frozenset(table.name for table in LEDGER)
NATIVE_NAMES = frozenset(table.name for table in NATIVE)
EVENTS = "events"
EARLIEST, LATEST = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 -- UTC, as in the case

_EVENTS_COLUMNS = {"time": "event_time", "account": "cloud_account_id", "region": "cloud_region"}

_ALL = 2**62

Services = Literal["none", "acting", "all"]
_SEEN = {
    # Not what a service does of its own: then it has no caller but the service.
    "acting": "userIdentity.type IS DISTINCT FROM 'AWSService' AND (userIdentity.invokedBy IS NULL"
    " OR userIdentity.principalId IS NOT NULL OR userIdentity.arn IS NOT NULL)",
    # Nor what it does for a caller.
    "none": "userIdentity.type IS DISTINCT FROM 'AWSService' AND userIdentity.invokedBy IS NULL",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an analyst asks about; the default is the whole case without AWS services.

    Attributes:
        start: first moment, UTC; None for no bound.
        end: moment after the last, UTC.
        account: only rows of this account.
        region: only rows of this region.
        services: rows by AWS services too.
        limit: rows of the answer at most; 0 for all.
        zone: IANA zone for hours and days in answers.
    """

    start: datetime | None = None
    end: datetime | None = None
    account: str = ""
    region: str = ""
    services: bool = False
    limit: int = 0
    zone: str = "UTC"

    def values(self) -> dict[str, Any]:
        """Parameters of the conditions below, and those queries may use; by name."""
        return {
            "from": self.start or EARLIEST,
            "to": self.end or LATEST,
            "tz": self.zone,
            "account": self.account,
            "region": self.region,
            "most": self.limit + 1 if self.limit else _ALL,
        }


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How one query narrows the tables it reads."""

    scope: Scope
    times: bool  # whether the window applies to rows, or the query sees to it
    services: Services
    has_copies: bool
    events: str = "main.events"  # the view that stands for events

    def table(self, name: str, present: Collection[str]) -> str:
        """The SELECT that stands for a table.

        Raises QueryError where this version reads no such log.
        """
        if name not in present:
            return _nothing(name)
        conditions = " AND ".join(self.conditions(name)) or "true"
        where = self.events if name == EVENTS else f"main.{name}"
        return f"SELECT * FROM {where} AS whole WHERE {conditions}"  # noqa: S608

    def conditions(self, name: str) -> Iterator[str]:
        """What a row of a table must meet to be in scope."""
        yield from self.place_and_time(name)
        if name == "cloudtrail" and self.services != "all":
            yield _SEEN[self.services]
        if name == EVENTS and self.services != "all":
            yield "user_type IS DISTINCT FROM 'AWSService'"
        if name in ("cloudtrail", EVENTS) and self.has_copies:
            yield (
                "NOT EXISTS (SELECT 1 FROM temp.copies AS copy WHERE"
                " copy.source_id = whole.source_id AND copy.record_no = whole.record_no)"
            )

    def place_and_time(self, name: str) -> Iterator[str]:
        """The conditions on time, account and region."""
        time, accounts, regions = _columns(name)
        if self.times and time:
            if self.scope.start:
                yield f"{quoted(time)} >= $from"
            if self.scope.end:
                yield f"{quoted(time)} < $to"
        if self.scope.account:
            yield of(accounts, "account")
        if self.scope.region:
            yield of(regions, "region")

    def is_placeless(self, name: str, word: str) -> bool:
        """Whether rows of a table do not say their "account" or "region"."""
        return not _columns(name)[1 if word == "account" else 2]


def by_services(services: str) -> str:
    """The condition of the CloudTrail rows that a query with such a setting does not see.

    One that asks `events` ("events") leaves out what no caller but a service did.
    """
    if services == EVENTS:
        return "userIdentity.type = 'AWSService'"
    return f"NOT ({_SEEN[services]})" if services in _SEEN else "false"


def _columns(name: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The column of the time of a table, those of the account, those of the region."""
    if name == EVENTS:
        names = _EVENTS_COLUMNS
        return names["time"], (names["account"],), (names["region"],)
    held = {column.name for column in TABLES[name].columns}
    accounts = tuple(column for column in ACCOUNTS if column in held)
    regions = tuple(column for column in REGIONS if column in held)
    return FORMATS[name].time_column, accounts, regions


def _nothing(name: str) -> str:
    """An empty table of the right shape, for a case that an older version made."""
    if name not in NATIVE_NAMES:
        raise QueryError(
            f"{name}: no such table in this case", hint="`formats` lists the logs read"
        )
    columns = ", ".join(
        f"CAST(NULL AS {sql_type(column.type)}) AS {quoted(column.name)}"
        for column in TABLES[name].columns
    )
    return f"SELECT {columns} WHERE false"
