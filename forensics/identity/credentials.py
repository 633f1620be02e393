"""Credentials that STS and others handed out: each one's call and caller, up and down the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from forensics.identity.conclusions import merged, ref
from forensics.identity.reading import Reader

MOST_STEPS = 16
"""How many calls a chain is followed."""

MOST_KEYS = 1000
"""How many keys handed out further down are followed: the nearest."""

MOST_COPIES = 8
"""How many records of one call are looked at."""

Place = tuple[int, int]
End = Literal["top", "cycle", "bound"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record says of who called: members of userIdentity, as they stand."""

    type: str | None = None
    arn: str | None = None
    principal_id: str | None = None
    account: str | None = None
    user_name: str | None = None
    access_key: str | None = None
    invoked_by: str | None = None
    issuer: str | None = None
    session_start: datetime | None = None
    source_identity: str | None = None
    user_id: str | None = None
    workload: str | None = None
    imds: str | None = None
    provider: str | None = None
    console: str | None = None

    @property
    def session_name(self) -> str:
        """What follows the role in the name of a session; '' where there is none."""
        return (self.principal_id or "").partition(":")[2] or (self.arn or "").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Link:
    """One call that handed out a key.

    Attributes:
        key: the key handed out.
        caller: who called, by the record that tells most.
        via: the call.
        session: ARN of the session, or the role, that the key is of.
        named: the name of the session.
        made_for: the user a long-term key was made for.
        subject: whom an identity provider vouched for.
        refs: the records of the call, in all accounts.
    """

    key: str
    caller: Identity
    via: str
    time: datetime | None
    ip: str | None
    session: str | None
    named: str | None
    made_for: str | None
    subject: str | None
    refs: tuple[str, ...]


def details(reader: Reader, places: Iterable[Place]) -> dict[Place, dict[str, Any]]:
    """What the records at some places say, by place."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    sources, records = ([place[at] for place in wanted] for at in (0, 1))
    rows = reader.rows("details", sources=sources, records=records)
    return {(row["source_id"], row["record_no"]): row for row in rows}


def identity(rows: Sequence[dict[str, Any]]) -> Identity:
    """Who called, by several records of the same caller: the first that says a thing counts."""
    said: dict[str, Any] = {}
    for each in fields(Identity):
        said[each.name] = next((row[each.name] for row in rows if row[each.name]), None)
    return Identity(**said)


class Lineage:
    """The calls that handed out some keys and those they were signed with.

    Attributes:
        links: the call that handed out a key, by key.
    """

    def __init__(self, reader: Reader, keys: Iterable[str]) -> None:
        wanted = sorted(set(keys))
        self.links: dict[str, Link] = {}
        if not wanted:
            return
        steps = reader.rows("ancestors", keys=wanted, most=MOST_STEPS, copies=MOST_COPIES)
        said = details(reader, ((row["source_id"], row["record_no"]) for row in steps))
        copies: dict[str, list[dict[str, Any]]] = {}
        for row in steps:
            copies.setdefault(row["key"], []).append(said[row["source_id"], row["record_no"]])
        self.links = {key: _link(key, rows) for key, rows in copies.items()}

    def path(self, key: str | None) -> tuple[list[Link], End]:
        """The calls from a key back to the first known one, the nearest first, and how it ends."""
        found: list[Link] = []
        seen: set[str] = set()
        while key and key in self.links:
            if key in seen:
                return found, "cycle"
            if len(found) == MOST_STEPS:
                return found, "bound"
            seen.add(key)
            found.append(self.links[key])
            key = found[-1].caller.access_key
        return found, "top" if len(found) < MOST_STEPS or not key else "bound"


def _link(key: str, copies: list[dict[str, Any]]) -> Link:
    """One call from its records; the caller's own account says most of the caller."""
    ranked = sorted(copies, key=_telling)
    best = ranked[0]

    def first(name: str) -> Any:
        return next((row[name] for row in ranked if row[name]), None)

    caller = identity([best])
    told = first("told_identity")
    if told and not caller.source_identity:
        caller = identity([best | {"source_identity": told}])
    return Link(
        key=key,
        caller=caller,
        via=best["via"],
        time=first("time"),
        ip=best["ip"],
        session=first("session") or first("role"),
        named=first("named") or (first("session") or "").rpartition("/")[2] or None,
        made_for=first("made_for"),
        subject=first("subject"),
        refs=merged(ref(row["source_id"], row["record_no"]) for row in ranked),
    )


def _telling(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["access_key"] is None,
        row["arn"] is None,
        row["type"] == "AWSAccount",
        row["time"] is None,
        row["time"],
        row["source_id"],
        row["record_no"],
    )


def descendants(reader: Reader, keys: Iterable[str]) -> list[str]:
    """The keys handed out to who held these, and so on: the nearest first, one more than followed.

    Raises nothing: a key without children has none.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return []
    rows = reader.rows("descendants", keys=wanted, most=MOST_STEPS, many=MOST_KEYS + 1)
    return [row["key"] for row in rows]
