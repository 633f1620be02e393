"""The chain of credentials from one key: back to who began it, and on to what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from forensics.evidence.case import Case
from forensics.identity.conclusions import (
    Confidence,
    Found,
    merged,
    table,
)
from forensics.identity.credentials import (
    MOST_KEYS,
    MOST_STEPS,
    Identity,
    Lineage,
    Link,
    descendants,
)
from forensics.identity.origins import Holder, origins
from forensics.identity.reading import Reader
from forensics.identity.subjects import subject
from forensics.identity.uses import BY_KEYS, Use, by_key, is_key, keys_of, uses
from forensics.investigations.scope import Scope

_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("part", pa.string()),
        ("kind", pa.string()),
        ("key", pa.string()),
        ("session", pa.string()),
        ("via", pa.string()),
        ("by", pa.string()),
        ("handed_out", _TIME),
        ("ip", pa.string()),
        ("calls", pa.int64()),
        ("failed", pa.int64()),
        ("first", _TIME),
        ("last", _TIME),
        ("confidence", pa.string()),
        ("because", pa.string()),
        ("refs", pa.list_(pa.string())),
    ]
)
_MOST_ASKED = 50
_KINDS = {"AKIA": "long-term key", "ASIA": "temporary key"}


def chain(case: Case, value: str, scope: Scope | None = None) -> Found:
    """The credentials a key, or those of a session, came from and led to: a row each.

    `part` is origin (who began it: `by`, with the confidence of that), ancestor, asked or
    descendant; `step` counts the calls between it and what was asked for. Calls, first and last
    are those in the scope; the chain itself is followed beyond it, as far as the evidence goes.

    Args:
        case: open for reading.
        value: an access key id, or ARN, id or name of a session or user.
        scope: whose calls count.

    Raises UsageError for nothing.
    """
    scope = scope or Scope()
    reader = Reader(case, scope)
    keys = _asked(reader, value)
    lineage = Lineage(reader, keys)
    below = descendants(reader, keys)
    further = Lineage(reader, below[:MOST_KEYS])
    known = {**further.links, **lineage.links}
    used = by_key(uses(reader, BY_KEYS, MOST_KEYS * 2, keys=_all_keys(keys, known)))
    rows = _rows(reader, keys, lineage, below, known, used)
    shown, cut = table(SCHEMA, rows, scope.limit)
    return Found(shown, _notes(reader, value, rows, below), cut)


def _asked(reader: Reader, value: str) -> list[str]:
    """The keys a value stands for."""
    named = subject(value)
    if is_key(value) or not named.acted:
        return [value] if is_key(value) else []
    return keys_of(uses(reader, named.acted, _MOST_ASKED, **named.values))


def _all_keys(keys: Iterable[str], known: dict[str, Link]) -> list[str]:
    parents = (link.caller.access_key for link in known.values())
    return sorted({*keys, *known, *filter(None, parents)})


def _rows(
    reader: Reader,
    keys: Sequence[str],
    lineage: Lineage,
    below: Sequence[str],
    known: dict[str, Link],
    used: dict[str, list[Use]],
) -> list[dict[str, Any]]:
    """Origin and ancestors before what was asked for, descendants after it."""
    found: list[dict[str, Any]] = []
    held = [key for key in keys if key in used or key in known or _is_parent(key, known)]
    holders = [_holder(key, known, used) for key in held]
    for key, concluded in zip(held, origins(reader, holders), strict=True):
        path, _ = lineage.path(key)
        above = [link.caller.access_key for link in path if link.caller.access_key]
        begun = {
            "step": -len(path) - 1,
            "part": "origin",
            "kind": concluded.kind or None,
            "by": concluded.name or None,
            "confidence": concluded.confidence.value,
            "because": concluded.because,
            "refs": list(concluded.refs),
        }
        found.append(dict.fromkeys(SCHEMA.names) | begun)
        for step, each in reversed(list(enumerate(dict.fromkeys(above), 1))):
            if each != key:
                found.append(_row(each, -step, "ancestor", known, used))
        found.append(_row(key, 0, "asked", known, used))
    depths = dict.fromkeys(held, 0)
    for key in [each for each in below[:MOST_KEYS] if each in known]:
        depths[key] = depths.get(known[key].caller.access_key or "", 0) + 1
        found.append(_row(key, depths[key], "descendant", known, used))
    return _once(found)


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that several keys of one session share."""
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        mark = (row["part"], row["key"], row["by"], row["because"])
        seen.setdefault(mark, row)
    return list(seen.values())


def _is_parent(key: str, known: dict[str, Link]) -> bool:
    return any(link.caller.access_key == key for link in known.values())


def _holder(key: str, known: dict[str, Link], used: dict[str, list[Use]]) -> Holder:
    """Who held a key, by its use, else by a call that it signed, else by nothing."""
    if key in used:
        return used[key][0].holder
    for link in known.values():
        if link.caller.access_key == key:
            return Holder(key, link.caller, link.refs)
    return Holder(key, Identity(access_key=key))


def _row(
    key: str, step: int, part: str, known: dict[str, Link], used: dict[str, list[Use]]
) -> dict[str, Any]:
    """One credential: how it was handed out, and what was done with it."""
    link, use = known.get(key), used.get(key, [])
    holder = _holder(key, known, used)
    confidence, because = _told(key, link, holder)
    refs = merged(link.refs if link else (), *(each.holder.refs for each in use))
    return {
        "step": step,
        "part": part,
        "kind": _KINDS.get(key[:4], "key"),
        "key": key,
        "session": holder.caller.arn or (link.session or link.made_for if link else None),
        "via": link.via if link else None,
        "by": _caller(link.caller) if link else None,
        "handed_out": link.time if link else None,
        "ip": link.ip if link else None,
        "calls": sum(each.records for each in use),
        "failed": sum(each.failed for each in use),
        "first": min((each.first for each in use if each.first), default=None),
        "last": max((each.last for each in use if each.last), default=None),
        "confidence": confidence.value,
        "because": because,
        "refs": list(refs),
    }


def _told(key: str, link: Link | None, holder: Holder) -> tuple[Confidence, str]:
    if link is not None and link.made_for:
        because = f"{link.via} made this long-term key of {link.made_for}"
        return Confidence.proven, because
    if link is not None:
        return Confidence.proven, f"{link.via} handed it out"
    caller = holder.caller
    if key.startswith("AKIA") and caller.arn:
        return Confidence.proven, f"the calls name whose long-term key it is: {caller.arn}"
    missing = "the call that handed it out is not in the evidence"
    if caller.console == "true":
        missing = "it is of a session of the console, whose keys no call hands out"
    if caller.type in ("IAMUser", "Root") and caller.arn:
        return Confidence.proven, f"the calls name whose key it is: {caller.arn}; {missing}"
    return Confidence.unknown, missing


def _caller(caller: Identity) -> str | None:
    return (
        caller.arn or caller.user_name or caller.principal_id or caller.invoked_by or caller.account
    )


def _notes(
    reader: Reader, value: str, rows: Sequence[dict[str, Any]], below: Sequence[str]
) -> list[str]:
    if not reader.has_rows("cloudtrail"):
        return ["not in this case, so not asked: cloudtrail"]
    notes = []
    if not rows:
        notes.append(
            f"{value}: no call was signed with such a key, and none handed it out; searched:"
            " access keys, callers and answers of STS in cloudtrail"
        )
    if len(below) > MOST_KEYS:
        notes.append(f"only the nearest {MOST_KEYS:,} keys that came of it are shown")
    if any(f"{MOST_STEPS} calls and goes on" in row["because"] for row in rows):
        notes.append(f"a chain is followed for {MOST_STEPS} calls; ask again from its last key")
    return notes
