"""Rows that nobody would want to meet: every column of every table full of what queries stumble on.

What queries look for is taken from their own text: the names of calls and services they compare
with, and the JSON paths they follow, at the end of which stands something of another kind.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.evidence import Case, insert_batches
from forensics.evidence.schema import NATIVE, Table
from forensics.investigations.questions import Query, catalogue
from parsers.contract import JSON

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**19, 1e308, 0.5, "", " ", "x", "-", "NaN", "true", "12"),
    *([], [[]], {}, [None], [1, "x", {}], {"": ""}, {"a.b": {"c d": ["$"]}}, {"$": "*"}),
    *("2024-05-01T10:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", "\U0001f47e\u202e\u0007"),
    *("'; DROP TABLE cloudtrail; --", "%s{}%%", "=1+1", "0.0.0.0/0", "::", "999.1.1.1", "x" * 300),
    *("arn:aws:iam::111122223333:role/a/b", "arn:", ":::::", "AKIAEXAMPLE000000001", "ASIA"),
    *({"AWS": "*"}, '{"Statement":[{"Effect":"Allow","Principal":"*"}]}', '{"Statement":', "[]"),
)
MOMENTS = (
    *(datetime.fromisoformat(text) for text in ("2024-05-01T10:00", "2024-05-01T10:00:01")),
    *(datetime.fromisoformat(text) for text in ("2024-05-02T23:59:59.999999", "0001-01-01")),
    *(datetime.fromisoformat("9999-12-31T23:59:59.999999"), None),
)
_ROLE = "arn:aws:sts::111122223333:assumed-role/r/i-0123456789abcdef0"
IDENTITIES: tuple[dict[str, Any] | None, ...] = (
    {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "accessKeyId": "AKIAEXAMPLE"},
    {"type": "Root", "principalId": "111122223333", "accountId": "111122223333"},
    {"type": "AssumedRole", "arn": _ROLE, "accessKeyId": "ASIAEXAMPLE", "principalId": "A:i-0"},
    {"type": "AWSAccount", "accountId": "444455556666", "principalId": "A:s"},
    {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": "arn:/AWSReservedSSO_x"}}},
    None,
)
BARE = (
    *(json.dumps(value) for value in VALUES),
    "[" * 500 + "]" * 500,
    '{"a":1,"a":2}',
)
TEXTS = tuple(value for value in VALUES if value is None or isinstance(value, str))
_CALL = re.compile(r"'([A-Z][A-Za-z0-9]{3,60})'")
_SERVICE = re.compile(r"'([a-z0-9-]+\.amazonaws\.com)'")
_PATH = re.compile(r"'\$\.([^']+)'")
_CYCLE = 61
SOURCE = 7
_KIND = re.compile(r"'(AWS::[A-Za-z0-9:]+)'")
_FREE = ("requestParameters", "responseElements", "additionalEventData")
_STEP = re.compile(r'"([^"]+)"|([A-Za-z0-9_:-]+)|(\[[^\]]*\])')


def _with(document: Any, steps: list[str], value: Any) -> Any:
    """The document with a value at the end of a path; lists have one element."""
    if not steps:
        return value if not isinstance(document, dict | list) else document
    if steps[0].startswith("["):
        inside = document[0] if isinstance(document, list) and document else None
        return [_with(inside, steps[1:], value)]
    known = document if isinstance(document, dict) else {}
    return known | {steps[0]: _with(known.get(steps[0]), steps[1:], value)}


def documents(query: Query) -> list[str]:
    """JSON texts: every value at the end of every path that a query follows."""
    paths = [
        [next(filter(None, step)) for step in _STEP.findall(path)]
        for path in sorted(set(_PATH.findall(query.sql)))
    ]
    made = []
    for value in VALUES:
        document: Any = {}
        for steps in sorted(paths, key=len, reverse=True):
            document = _with(document, steps, value)
        made.append(json.dumps(document))
    return made


def hostile_rows(case: Case) -> None:
    """Fill every native table of a case."""
    for source, table in enumerate(NATIVE, SOURCE):
        rows = _calls() if table.name == "cloudtrail" else _states(table)
        rows = [row | {"source_id": source, "record_no": at} for at, row in enumerate(rows, 1)]
        with case.transaction() as connection:
            insert_batches(connection, table.name, [_batch(table, rows)])


def _batch(table: Table, rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows of which the columns not given hold what is odd for their type."""
    arrays = []
    for at, column in enumerate(table.columns):
        kind = column.type.storage_type if column.type == JSON else column.type
        odd = [
            BARE[(n + at) % len(BARE)] if column.type == JSON else _value(kind, n, at)
            for n in range(_CYCLE)
        ]
        values = [row.get(column.name, odd[n % _CYCLE]) for n, row in enumerate(rows)]
        array = pa.array(values, kind)
        arrays.append(
            pa.ExtensionArray.from_storage(column.type, array) if kind != column.type else array
        )
    return pa.RecordBatch.from_arrays(arrays, schema=table.schema())


def _calls() -> list[dict[str, Any]]:
    """Every call that a query names, from every service it names, with all of its documents."""
    rows: list[dict[str, Any]] = []
    for query in catalogue():
        pairs = set(itertools.product(_CALL.findall(query.sql), _SERVICE.findall(query.sql)))
        texts = documents(query) if "cloudtrail" in query.header.tables else []
        for call, service in sorted(pairs):
            for number, text in enumerate(texts):
                row = {"eventName": call, "eventSource": service} | dict.fromkeys(_FREE, text)
                row |= {"userIdentity": IDENTITIES[number % len(IDENTITIES)]} if number % 2 else {}
                row |= {"errorCode": None} if number % 3 else {}
                rows.append(row)
    return rows


def _states(table: Table) -> list[dict[str, Any]]:
    """Rows of another table; states of Config have the kinds that queries judge."""
    rows: list[dict[str, Any]] = []
    for query in catalogue():
        if "config_item" in query.header.tables and table.name == "config_item":
            for kind, text in itertools.product(_KIND.findall(query.sql), documents(query)):
                row = {"resourceType": kind, "configuration": text}
                rows.append(row | {"supplementaryConfiguration": text})
    return rows or [{} for _ in range(400)]


def _value(kind: pa.DataType, row: int, column: int) -> Any:
    """Some value of a type; which one depends on the place."""
    at = row * 7 + column
    if pa.types.is_struct(kind):
        return {field.name: _value(field.type, row, column + n) for n, field in enumerate(kind)}
    if pa.types.is_list(kind):
        return [_value(kind.value_type, row, column + n) for n in range(at % 3)]
    return next(found[at % len(found)] for fits, found in _SCALARS if fits(kind))


_SCALARS: tuple[tuple[Callable[[pa.DataType], bool], tuple[Any, ...]], ...] = (
    (pa.types.is_timestamp, MOMENTS),
    (pa.types.is_boolean, (True, False, None)),
    (pa.types.is_unsigned_integer, (0, 1, 3221225985, 2**64 - 1, None)),
    (pa.types.is_integer, (0, -1, 443, 2**63 - 1, -(2**63), None)),
    (pa.types.is_floating, (0.0, -1.0, 1e308, None)),
    (pa.types.is_string, TEXTS),
)
