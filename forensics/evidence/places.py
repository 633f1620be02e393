"""Account and region of a row: which columns say them, and what counts where none does."""

from __future__ import annotations

from collections.abc import Collection

ACCOUNTS = ("recipientAccountId", "account_id", "awsAccountId", "accountId", "owner")
REGIONS = ("awsRegion", "region")


def of(said_by: Collection[str], where: str) -> str:
    """The condition that a row is of $account or $region.

    Where the row does not say it, what the path of its file says counts.

    Args:
        said_by: columns that may say it, the first that does counts.
        where: "account" or "region".
    """
    column = {"account": "account_id", "region": "region"}[where]
    path = (
        "source_id IN (SELECT source_id FROM main.source_locations"  # noqa: S608
        f" WHERE {column} = ${where})"
    )
    if not said_by:
        return path
    own = f"coalesce({', '.join(said_by)})" if len(said_by) > 1 else next(iter(said_by))
    return f"({own} = ${where} OR ({own} IS NULL AND {path}))"
