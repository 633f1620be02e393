"""`who`: what a value is, where it was seen, what it was seen with, and who is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import pyarrow as pa

from forensics.evidence.case import Case
from forensics.identity.assets import Spell, judged, spells
from forensics.identity.conclusions import (
    REFS,
    Conclusion,
    Confidence,
    Found,
    merged,
    table,
    weakest,
)
from forensics.identity.credentials import Identity, Lineage
from forensics.identity.origins import Holder, origins
from forensics.identity.reading import Reader
from forensics.identity.sightings import Sighting, companions, delivered_once, sightings
from forensics.identity.subjects import Subject, subject
from forensics.identity.uses import Use, is_key, uses
from forensics.investigations.scope import Scope

_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("confidence", pa.string()),
        ("because", pa.string()),
        ("records", pa.int64()),
        ("failed", pa.int64()),
        ("first", _TIME),
        ("last", _TIME),
        ("refs", pa.list_(pa.string())),
    ]
)
MOST_RESOLVED = 50
"""How many credentials are traced back: those with most calls."""

MOST_BESIDE = 10
"""How many companions of a kind are told for each log: the most frequent."""

MOST_COUNTED_ONCE = 100_000
"""Up to how many CloudTrail records those that were delivered more than once count once."""

_CALLS = "cloudtrail"
Row = dict[str, Any]


def who(case: Case, value: str, scope: Scope | None = None) -> Found:
    """What a value is and who is behind it, a row each; `part` says what a row tells.

    is: the value itself, what kind of thing it is, all its records. behind: who or what stands
    behind it, with confidence and reason. with: principals, keys and addresses of its records.
    seen: the logs it is in. A value that is nowhere gives no row.

    Args:
        case: open for reading.
        value: an address, network, access key, ARN, principal id, user, session or instance.
        scope: which records count.

    Raises UsageError for nothing.
    """
    scope = scope or Scope()
    reader, asked = Reader(case, scope), subject(value)
    seen, copies = _seen_once(reader, asked)
    calls = sum(each.records for each in seen if each.log == _CALLS)
    acting = (
        uses(reader, asked.acted, MOST_RESOLVED, once=calls <= MOST_COUNTED_ONCE, **asked.values)
        if asked.acted and calls
        else []
    )
    behind = _behind(reader, asked, acting, seen)
    logs = [each.log for each in seen if not (asked.is_address and each.log == _CALLS)]
    beside = companions(reader, asked, logs, most=MOST_BESIDE)
    rows = [*behind, *_with(acting, beside, asked), *map(_seen, seen)]
    if rows:
        rows = [_is(asked, seen), *rows]
    shown, cut = table(SCHEMA, rows, scope.limit)
    return Found(shown, _notes(reader, asked, seen, copies, acting, rows), cut)


def _seen_once(reader: Reader, asked: Subject) -> tuple[list[Sighting], int | None]:
    """The logs a value is in, and how many CloudTrail records were copies and do not count.

    Telling copies apart takes time: of more than MOST_COUNTED_ONCE records nobody knows (None).
    """
    seen = sightings(reader, asked)
    calls = next((each for each in seen if each.log == _CALLS), None)
    if calls is None:
        return seen, 0
    if calls.records > MOST_COUNTED_ONCE:
        return seen, None
    once = delivered_once(reader, asked)
    counted = [replace(each, records=once) if each is calls else each for each in seen]
    return counted, calls.records - once


def _row(part: str, kind: str | None, value: str | None, **more: Any) -> Row:
    return dict.fromkeys(SCHEMA.names) | {"part": part, "kind": kind, "value": value} | more


def _is(asked: Subject, seen: Sequence[Sighting]) -> Row:
    return _row(
        "is",
        asked.kind,
        asked.value,
        because="told by its shape",
        records=sum(each.records for each in seen),
        first=_earliest(each.first for each in seen),
        last=_latest(each.last for each in seen),
        refs=list(merged(*(each.refs[:1] for each in seen)))[:REFS],
    )


def _seen(each: Sighting) -> Row:
    return _row(
        "seen",
        "log",
        each.log,
        because=f"in {', '.join(each.fields)}",
        records=each.records,
        first=each.first,
        last=each.last,
        refs=list(each.refs),
    )


# ---------------------------------------------------------------------------- behind
def _behind(
    reader: Reader, asked: Subject, acting: Sequence[Use], seen: Sequence[Sighting]
) -> list[Row]:
    """Who stands behind the calls, and which machine behind the address; or that nobody knows."""
    concluded = origins(reader, [use.holder for use in acting])
    rows = _joined(list(zip(acting, concluded, strict=True)))
    if is_key(asked.value) and not acting:
        rows += _unused(reader, asked)
    if asked.is_address and "/" not in asked.value:
        rows += [_machine(each) for each in spells(reader, _plain(asked), quick=True)]
    if rows or not seen:
        return rows
    because = "no record says who used it"
    return [_row("behind", None, None, confidence=Confidence.unknown.value, because=because)]


def _plain(asked: Subject) -> str:
    return ip_address(asked.value.strip("[]").partition("%")[0]).compressed


def _joined(concluded: Sequence[tuple[Use, Conclusion]]) -> list[Row]:
    """One row for each that stands behind, whatever credentials were used."""
    groups: dict[tuple[str, str, bool], list[tuple[Use, Conclusion]]] = {}
    for use, each in concluded:
        is_known = each.confidence is not Confidence.unknown
        groups.setdefault((each.kind, each.name, is_known), []).append((use, each))
    rows = [_origin(group) for group in groups.values()]
    return sorted(rows, key=lambda row: (-row["records"], row["value"] or "", row["because"]))


def _origin(group: Sequence[tuple[Use, Conclusion]]) -> Row:
    """Several uses behind which stands the same: the one with most calls gives the reason."""
    concluded = [each for _, each in group]
    used = [use for use, _ in group]
    others = len(group) - 1
    more = f"; and {others} more credential{'s' * (others > 1)}" if others else ""
    return _row(
        "behind",
        concluded[0].kind or None,
        concluded[0].name or None,
        confidence=weakest(*(each.confidence for each in concluded)).value,
        because=concluded[0].because + more,
        records=sum(use.records for use in used),
        failed=sum(use.failed for use in used),
        first=_earliest(use.first for use in used),
        last=_latest(use.last for use in used),
        refs=list(merged(*(each.refs for each in concluded)))[: REFS * 4],
    )


def _unused(reader: Reader, asked: Subject) -> list[Row]:
    """A key that was handed out, and signed nothing."""
    link = Lineage(reader, [asked.value]).links.get(asked.value)
    if link is None:
        return []
    if link.made_for:
        because = f"{link.via} made this long-term key of the user; it signed no call in scope"
        said = Conclusion("IAM user", link.made_for, Confidence.proven, because, link.refs)
    else:
        holder = Holder(asked.value, Identity(access_key=asked.value))
        said = origins(reader, [holder])[0]
    return [
        _row(
            "behind",
            said.kind or None,
            said.name or None,
            confidence=said.confidence.value,
            because=said.because,
            records=0,
            failed=0,
            refs=list(said.refs),
        )
    ]


def _machine(spell: Spell) -> Row:
    confidence, because = judged(spell, None)
    return _row(
        "behind",
        "instance" if spell.instance else "interface",
        spell.instance or spell.eni,
        confidence=confidence.value,
        because=f"held the address: {because}",
        first=spell.valid_from,
        last=spell.valid_to or spell.last,
        refs=list(merged(spell.refs, filter(None, [spell.end_ref]))),
    )


# ---------------------------------------------------------------------------- with
def _with(acting: Sequence[Use], beside: Sequence[Sighting], asked: Subject) -> list[Row]:
    """Callers and keys of the calls, and what other logs tell."""
    rows = _of_calls(acting, asked) + [
        _row(
            "with",
            each.kind,
            each.value,
            because=f"in {', '.join(each.fields)} of {each.log}",
            records=each.records,
            first=each.first,
            last=each.last,
            refs=list(each.refs),
        )
        for each in beside
    ]
    return sorted(rows, key=lambda row: (row["kind"], -row["records"], row["value"]))


def _of_calls(acting: Sequence[Use], asked: Subject) -> list[Row]:
    """Who called, and with which keys."""
    groups: dict[tuple[str, str], list[Use]] = {}
    for use in acting:
        for kind, value in (("principal", use.caller), ("access key", use.holder.key)):
            if value and value != asked.value:
                groups.setdefault((kind, value), []).append(use)
    return [
        _row(
            "with",
            kind,
            value,
            because=f"calls in {_CALLS}",
            records=sum(use.records for use in used),
            failed=sum(use.failed for use in used),
            first=_earliest(use.first for use in used),
            last=_latest(use.last for use in used),
            refs=list(merged(*(use.holder.refs for use in used)))[:REFS],
        )
        for (kind, value), used in groups.items()
    ]


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in moments if each), default=None)


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in moments if each), default=None)


# ---------------------------------------------------------------------------- limits
def _notes(
    reader: Reader,
    asked: Subject,
    seen: Sequence[Sighting],
    copies: int | None,
    acting: Sequence[Use],
    rows: Sequence[Row],
) -> list[str]:
    notes = []
    if copies:
        notes.append(f"{copies:,} records were delivered more than once and count once")
    if copies is None:
        notes.append("records that were delivered more than once count each time: too many to tell")
    if not rows:
        notes.append(
            f"{asked.value}: not found as {asked.kind}; searched: addresses, access keys, ARNs,"
            f" principals, names, sessions and instances of every log (`find` searches more)"
        )
    if len(acting) == MOST_RESOLVED:
        notes.append(f"only the {MOST_RESOLVED} credentials with most calls were traced back")
    logs = list(dict.fromkeys([_CALLS, *(each.log for each in seen)]))
    return notes + reader.limits(logs, found=len(rows))
