"""Calls, counted by the credential they were signed with and by who called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forensics.identity.conclusions import refs_of
from forensics.identity.credentials import details, identity
from forensics.identity.origins import Holder
from forensics.identity.reading import Reader

BY_KEYS = "userIdentity.accessKeyId IN (SELECT unnest($keys::VARCHAR[]))"
_KEY = re.compile(r"A[KS]IA[A-Z0-9]{12,}")


@dataclass(frozen=True, slots=True)
class Use:
    """What was done with one credential by one caller.

    Attributes:
        holder: the credential, and what the records say of who called.
        caller: ARN of the caller, or what else names them.
        records: how many calls; failed: how many of them failed.
        first: the earliest, UTC; last: the latest.
    """

    holder: Holder
    caller: str | None
    records: int
    failed: int
    first: datetime | None
    last: datetime | None


def uses(
    reader: Reader, condition: str, most: int, *, once: bool = True, **values: Any
) -> list[Use]:
    """The calls in scope that meet a condition, by credential and caller: those with most calls.

    Args:
        reader: of the case.
        condition: SQL on a CloudTrail record.
        most: how many at most.
        once: whether a record that was delivered more than once counts once.
        values: parameters of the condition.
    """
    rows = reader.rows("grouped", {"chosen": condition}, most=most, once=once, **values)
    places = ((each["source"], each["record"]) for row in rows for each in row["places"])
    said = details(reader, places)
    return [_use(row, said) for row in rows]


def _use(row: dict[str, Any], said: dict[tuple[int, int], dict[str, Any]]) -> Use:
    records = [said[each["source"], each["record"]] for each in row["places"]]
    holder = Holder(row["access_key"], identity(records), refs_of(row["places"]))
    return Use(holder, row["caller"], row["records"], row["failed"], row["first"], row["last"])


def is_key(value: str) -> bool:
    """Whether a value has the shape of an access key id."""
    return bool(_KEY.fullmatch(value))


def keys_of(found: Iterable[Use]) -> list[str]:
    """The keys of some uses, once each, in their order."""
    return list(dict.fromkeys(use.holder.key for use in found if use.holder.key))


def by_key(found: Sequence[Use]) -> dict[str, list[Use]]:
    """Uses by their key; those without one are left out."""
    grouped: dict[str, list[Use]] = {}
    for use in found:
        if use.holder.key:
            grouped.setdefault(use.holder.key, []).append(use)
    return grouped
