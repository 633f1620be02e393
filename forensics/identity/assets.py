"""What held an address: interface and machine over time, from states, API answers and flow logs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.errors import UsageError
from forensics.evidence.case import Case
from forensics.identity.conclusions import REFS, Confidence, Found, merged, ref, table
from forensics.identity.reading import Reader
from forensics.investigations.scope import EARLIEST, LATEST, Scope
from parsers.scalars import address_number

_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("ip", pa.string()),
        ("eni", pa.string()),
        ("instance", pa.string()),
        ("purpose", pa.string()),
        ("vpc", pa.string()),
        ("account", pa.string()),
        ("region", pa.string()),
        ("valid_from", _TIME),
        ("valid_to", _TIME),
        ("last_stated", _TIME),
        ("confidence", pa.string()),
        ("because", pa.string()),
        ("refs", pa.list_(pa.string())),
    ]
)
_FLOWS = "vpc_flow"
_INTERNAL = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)


@dataclass(slots=True)
class Spell:
    """One holder of an address, from its first statement until what ended it.

    Attributes:
        holder: interface, or the instance where no interface is named.
        valid_from: first statement, UTC.
        last: last statement.
        valid_to: the end; None where the evidence holds none.
        ended_by: what ended it, in words; '' without.
        is_released: whether a record says the end, not only the next holder.
    """

    holder: str
    valid_from: datetime
    last: datetime
    valid_to: datetime | None = None
    ended_by: str = ""
    is_released: bool = False
    eni: str | None = None
    instance: str | None = None
    purpose: str | None = None
    vpc: str | None = None
    account: str | None = None
    region: str | None = None
    said_by: dict[str, list[str]] = field(default_factory=dict)  # log → its words
    refs: list[str] = field(default_factory=list)
    end_ref: str = ""

    def add(self, said: dict[str, Any]) -> None:
        """Take in one more statement of the same holder."""
        self.last = max(self.last, said["last"])
        for name in ("eni", "instance", "purpose", "vpc", "account", "region"):
            if getattr(self, name) is None:
                setattr(self, name, said[name])
        words = self.said_by.setdefault(said["said_by"], [])
        if said["words"] not in words:
            words.append(said["words"])
        if len(self.refs) < REFS:
            self.refs.append(ref(said["source_id"], said["record_no"]))

    def end(self, moment: datetime, ended_by: str, end_ref: str = "") -> None:
        """Close the spell."""
        self.valid_to, self.ended_by = moment, ended_by
        self.is_released, self.end_ref = bool(end_ref), end_ref

    def holds(self, moment: datetime) -> bool:
        """Whether nothing speaks against this holder at a time."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


def asset(case: Case, ip: str, at: datetime | None = None, scope: Scope | None = None) -> Found:
    """What held an address: a row per spell, by time; with `at`, what held it then.

    Args:
        case: open for reading.
        ip: one address, IPv4 or IPv6, however spelt.
        at: a moment, UTC. Where no spell covers it but the address is known, the only row says so.
        scope: spells are narrowed to those that touch its window, and its account and region.

    Raises UsageError for what is no address.
    """
    scope = scope or Scope()
    reader = Reader(case, scope)
    address = _address(ip)
    known = spells(reader, address)
    if at is not None:
        rows = _at(address, known, at)
    else:
        rows = [_row(address, each, None) for each in known if _touches(each, scope)]
    shown, cut = table(SCHEMA, [row for row in rows if _is_of(row, scope)], scope.limit)
    return Found(shown, _notes(reader, address, rows), cut)


def spells(reader: Reader, address: str, *, quick: bool = False) -> list[Spell]:
    """Every known holder of an address, by time and holder.

    Args:
        reader: of the case.
        address: compressed.
        quick: for a public IPv4 address, look only at what names elastic addresses, and at more
            only where that knows it: flow logs and launches name the private ones.
    """
    if quick and _is_public_ipv4(address) and not reader.rows("elastic", ip=address):
        return []
    said = _said(reader, address)
    found: list[Spell] = []
    for place in _places(said):
        found += _spells(place, [each for each in said if each["says"] == "ends"])
    return sorted(found, key=lambda spell: (spell.valid_from, spell.holder))


def _said(reader: Reader, address: str) -> list[dict[str, Any]]:
    """What is said of an address, in order."""
    number, spelt = address_number(address), spellings(address)
    return reader.rows("assets", ip=address, number=number, spellings=spelt)


def _is_public_ipv4(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.version == 4 and not any(parsed in network for network in _INTERNAL)


def spellings(address: str) -> list[str]:
    """An address as JSON of AWS may spell it."""
    parsed = ipaddress.ip_address(address)
    return sorted({address, parsed.compressed, parsed.exploded})


def _address(text: str) -> str:
    try:
        return ipaddress.ip_address(text.strip().strip("[]")).compressed
    except ValueError as error:
        raise UsageError(f"{text}: no address", hint="one address, like 192.0.2.1") from error


def _places(said: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The statements of holders, by where the address is one and the same.

    A private address is of one VPC; statements that name none are of the only one there is.
    """
    holding = [each for each in said if each["says"] == "holds"]
    vpcs = sorted({each["vpc"] for each in holding if each["vpc"]})
    for vpc in vpcs or [None]:
        alone = len(vpcs) <= 1
        yield [each for each in holding if each["vpc"] == vpc or (alone and not each["vpc"])]
    if len(vpcs) > 1:
        yield [each for each in holding if not each["vpc"]]


def _spells(said: Sequence[dict[str, Any]], ends: Sequence[dict[str, Any]]) -> Iterator[Spell]:
    """The statements of one place, in order, as spells of one holder after the other."""
    current: Spell | None = None
    for each in said:
        if current is not None and _is_over(current, each, ends):
            yield current
            current = None
        if current is None:
            current = Spell(each["holder"], each["time"], each["last"])
        current.add(each)
    if current is not None:
        _close(current, ends, LATEST)
        yield current


def _is_over(current: Spell, said: dict[str, Any], ends: Sequence[dict[str, Any]]) -> bool:
    """Whether a spell has ended by the time of a statement; its end is written into it."""
    _close(current, ends, said["time"])
    if current.valid_to is None and said["holder"] != current.holder:
        current.end(said["time"], f"the next holder, {said['holder']}")
    return current.valid_to is not None


def _close(spell: Spell, ends: Sequence[dict[str, Any]], before: datetime) -> None:
    """End a spell by the first record of its end until a moment."""
    names = {spell.holder, spell.eni, spell.instance}
    for each in ends:
        is_its = each["holder"] in names or _is_address(each["holder"])
        if is_its and spell.last <= each["time"] <= before and each["time"] > spell.valid_from:
            spell.end(each["time"], each["words"], ref(each["source_id"], each["record_no"]))
            return


def _is_address(name: str) -> bool:
    """Whether an end is of the address itself, whoever held it."""
    return not name.startswith(("eni-", "i-", "mi-"))


def _at(address: str, known: Sequence[Spell], at: datetime) -> list[dict[str, Any]]:
    holding = [_row(address, each, at) for each in known if each.holds(at)]
    if holding or not known:
        return holding
    before = [each for each in known if each.valid_from <= at]
    after = [each for each in known if each.valid_from > at]
    told = ["no record says what held it then"]
    told += [f"{before[-1].holder} did until {before[-1].valid_to} UTC"] if before else []
    told += [f"{after[0].holder} did from {after[0].valid_from} UTC on"] if after else []
    refs = merged(*(each.refs[:1] for each in (*before[-1:], *after[:1])))
    nothing = dict.fromkeys(SCHEMA.names)
    unknown = {"confidence": Confidence.unknown.value, "because": "; ".join(told)}
    return [nothing | unknown | {"ip": address, "refs": list(refs)}]


def _row(address: str, spell: Spell, at: datetime | None) -> dict[str, Any]:
    confidence, because = judged(spell, at)
    refs = merged(spell.refs, filter(None, [spell.end_ref]))
    return {
        "ip": address,
        "eni": spell.eni,
        "instance": spell.instance,
        "purpose": spell.purpose,
        "vpc": spell.vpc,
        "account": spell.account,
        "region": spell.region,
        "valid_from": spell.valid_from,
        "valid_to": spell.valid_to,
        "last_stated": spell.last,
        "confidence": confidence.value,
        "because": because,
        "refs": list(refs),
    }


def judged(spell: Spell, at: datetime | None) -> tuple[Confidence, str]:
    """How sure a spell is, at a moment or at its statements, and why."""
    logs = sorted(spell.said_by)
    told = "; ".join(f"{', '.join(spell.said_by[log])} ({log})" for log in logs)
    ending = f"; ended by {spell.ended_by}" if spell.ended_by else "; no end in the evidence"
    if logs == [_FLOWS]:
        return Confidence.inferred, f"only flow logs say so: {told}{ending}"
    if at is None or at <= spell.last or spell.is_released:
        return Confidence.proven, f"stated by {told}{ending}"
    return Confidence.inferred, f"stated before that time by {told}{ending}"


def _touches(spell: Spell, scope: Scope) -> bool:
    start, end = scope.start or EARLIEST, scope.end or LATEST
    return spell.valid_from < end and (spell.valid_to is None or spell.valid_to > start)


def _is_of(row: dict[str, Any], scope: Scope) -> bool:
    """Whether a row is of the account and region asked for; what names none stays."""
    return all(
        not asked or row[name] in (asked, None)
        for name, asked in (("account", scope.account), ("region", scope.region))
    )


def _notes(reader: Reader, address: str, rows: Iterable[Any]) -> list[str]:
    searched = ("config_item", "cloudtrail", _FLOWS)
    held = [name for name in searched if reader.has_rows(name)]
    missing = [name for name in searched if name not in held]
    notes = [f"not in this case, so not asked: {', '.join(missing)}"] if missing else []
    if not list(rows):
        where = ", ".join(held) or "nothing"
        notes.append(f"{address}: no record of what held it; searched: {where}")
    if _FLOWS in held:
        notes.append("delivered best effort, more may have happened: vpc_flow")
    return notes
