"""Where a value is seen, log by log, and what stands beside it in the same records.

Every log's columns are known by what they are declared to hold; those that hold one address, key,
principal, name or session are looked at. `find` looks into lists and all others, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forensics.evidence.ddl import literal, quoted
from forensics.evidence.finding import Field, fields
from forensics.identity.conclusions import REFS, refs_of
from forensics.identity.reading import Reader
from forensics.identity.subjects import Subject
from parsers.contract import Format
from parsers.formats import BY_NAME, FORMATS

_LOOKED_AT = frozenset(
    ("ip", "access_key", "arn", "principal", "user", "session", "account", "instance", "eni")
)
_BESIDE = {
    "ip": "address",
    "user": "user name",
    "principal": "principal",
    "access_key": "access key",
    "instance": "instance",
    "eni": "interface",
}
"""What is told of records beside a value: kinds by the indicator of their columns."""

_CALLS = "cloudtrail"
_NOT_ACTING = frozenset(("bucketowner", "ip_address", "_minted_access_key"))


@dataclass(frozen=True, slots=True)
class Sighting:
    """Records of one log in which a value is, or in which another value stands beside it.

    Attributes:
        log: the table.
        kind: of the other value; 'log' for the value itself.
        value: the other value; the table for the value itself.
        fields: the columns it is in.
        records: how many; first and last: when, UTC; refs: of the earliest.
    """

    log: str
    kind: str
    value: str
    fields: tuple[str, ...]
    records: int
    first: datetime | None
    last: datetime | None
    refs: tuple[str, ...]


def sightings(reader: Reader, asked: Subject) -> list[Sighting]:
    """In which logs a value is seen, in order of their names."""
    branches = []
    for declared in FORMATS:
        tests = dict(_tests(reader, declared, asked))
        if tests:
            branches.append(_counted(reader, declared, tests))
    if not branches:
        return []
    rows = reader.run("\nUNION ALL\n".join(branches) + "\nORDER BY log", **_values(asked))
    return [_sighting(row, "log", row["log"]) for row in rows if row["records"]]


def delivered_once(reader: Reader, asked: Subject) -> int:
    """In how many CloudTrail records a value is, where what was delivered twice counts once."""
    declared = BY_NAME[_CALLS]
    tests = dict(_tests(reader, declared, asked))
    sql = f"""
        SELECT count(DISTINCT CASE
            WHEN eventID IS NULL THEN hash(source_id, record_no)
            ELSE hash(eventID, recipientAccountId, eventTime, eventName) END) AS n
        {_from(reader, declared, tests)}
    """
    return int(reader.run(sql, **_values(asked))[0]["n"])


def companions(reader: Reader, asked: Subject, logs: Sequence[str], *, most: int) -> list[Sighting]:
    """What stands beside a value in the records of some logs: the most frequent of each kind.

    Beside an address: other addresses, principals, names, keys, interfaces and instances; beside
    anything else: addresses.
    """
    branches = []
    for name in logs:
        declared = BY_NAME[name]
        tests = dict(_tests(reader, declared, asked))
        if name == _CALLS and asked.acted:
            tests = {"userIdentity": asked.acted}
        others = list(_others(reader, declared, asked))
        if tests and others:
            branches.append(_beside(reader, declared, tests, others))
    if not branches:
        return []
    sql = f"""
        WITH met AS ({" UNION ALL ".join(branches)}),
        counted AS (
            SELECT
                log, kind, value, list_sort(list(DISTINCT field)) AS fields,
                count(*) AS records, min(moment) AS first, max(moment) AS last,
                min({{'time': moment, 'source': source_id, 'record': record_no}}, {REFS}) AS places
            FROM met WHERE value <> '' AND value <> '-' AND value <> $value
            GROUP BY log, kind, value)
        SELECT * FROM counted
        QUALIFY row_number() OVER (
            PARTITION BY log, kind ORDER BY records DESC, first NULLS LAST, value) <= $most
        ORDER BY records DESC, log, kind, first NULLS LAST, value
    """  # noqa: S608 -- declared names and parameters only
    rows = reader.run(sql, **_values(asked), most=most)
    return [_sighting(row, row["kind"], row["value"]) for row in rows]


def _values(asked: Subject) -> dict[str, Any]:
    return {**asked.values, **asked.sought.values, "value": asked.value}


def _sighting(row: dict[str, Any], kind: str, value: str) -> Sighting:
    return Sighting(
        log=row["log"],
        kind=kind,
        value=value,
        fields=tuple(row["fields"]),
        records=row["records"],
        first=row["first"],
        last=row["last"],
        refs=refs_of(row["places"]),
    )


def _held(reader: Reader, declared: Format) -> Iterator[Field]:
    """The fields of a format that ever had a value."""
    held = reader.held.get(declared.name, set())
    if declared.name in reader.present:
        known = (each for each in fields(declared) if each.column in held)
        yield from (each for each in known if each.around == "%s")  # not what a list repeats


def _tests(reader: Reader, declared: Format, asked: Subject) -> Iterator[tuple[str, str]]:
    """Label and condition of each field that may hold the value."""
    held = reader.held.get(declared.name, set())
    for each in _held(reader, declared):
        if each.indicator not in _LOOKED_AT:
            continue
        test = asked.sought.tests.get(each.indicator, "")
        if each.number in held and asked.sought.numbered:
            test = asked.sought.numbered
        if test:
            yield each.label, test.format(it=each.it, number=quoted(each.number))


def _others(reader: Reader, declared: Format, asked: Subject) -> Iterator[tuple[str, Field]]:
    """Kind and field of what may stand beside the value, as far as a record has one of it."""
    for each in _held(reader, declared):
        kind = "principal" if each.label == "user_arn" else _BESIDE.get(each.indicator, "")
        is_wanted = asked.is_address or kind == "address"
        if kind and is_wanted and each.label not in _NOT_ACTING:
            yield kind, each


def _moment(reader: Reader, declared: Format) -> str:
    column = declared.time_column
    held = reader.held.get(declared.name, set())
    return quoted(column) if column in held else "CAST(NULL AS TIMESTAMP)"


def _from(reader: Reader, declared: Format, tests: dict[str, str]) -> str:
    any_of = " OR ".join(tests.values())
    scoped = reader.conditions(declared.name)
    return f"FROM main.{declared.name} AS whole WHERE ({any_of}) AND ({scoped})"


def _counted(reader: Reader, declared: Format, tests: dict[str, str]) -> str:
    found = ", ".join(
        f"CASE WHEN bool_or({condition}) THEN {literal(label)} END"
        for label, condition in tests.items()
    )
    moment = _moment(reader, declared)
    return f"""
        SELECT
            {literal(declared.name)} AS log,
            list_filter([{found}], lambda label: label IS NOT NULL) AS fields,
            count(*) AS records, min({moment}) AS first, max({moment}) AS last,
            min({{'time': {moment}, 'source': source_id, 'record': record_no}}, {REFS}) AS places
        {_from(reader, declared, tests)}
    """


def _beside(
    reader: Reader, declared: Format, tests: dict[str, str], others: list[tuple[str, Field]]
) -> str:
    place = f"{_moment(reader, declared)} AS moment, source_id, record_no"
    log, where = literal(declared.name), _from(reader, declared, tests)
    if len(others) == 1:  # nothing to spread out, which takes longer than all else
        [(kind, each)] = others
        return f"""
            SELECT {log} AS log, {place}, {literal(kind)} AS kind, {literal(each.label)} AS field,
                {each.it} AS value
            {where}
        """
    pairs = ", ".join(
        f"{{'kind': {literal(kind)}, 'field': {literal(each.label)}, 'value': {each.it}}}"
        for kind, each in others
    )
    return f"""
        SELECT log, moment, source_id, record_no, one.kind AS kind, one.field AS field,
            one.value AS value
        FROM (SELECT {log} AS log, {place}, unnest([{pairs}]) AS one {where})
    """  # noqa: S608 -- declared names and parameters only
