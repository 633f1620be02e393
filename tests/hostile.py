"""Rows that nobody would want to meet: every column of every table full of what queries stumble on.

What queries look for is taken from their own text: the names of calls and services they compare
with, and the JSON paths they follow, at the end of which stands something of another kind.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.evidence import Case, insert_batches
from forensics.evidence.schema import NATIVE
from forensics.investigations.library import catalogue
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
TEXTS = tuple(value for value in VALUES if value is None or isinstance(value, str))
_CALL = re.compile(r"'([A-Z][A-Za-z0-9]{3,60})'")
_SERVICE = re.compile(r"'([a-z0-9-]+\.amazonaws\.com)'")
_PATH = re.compile(r"'\$\.([^']+)'")
_STEP = re.compile(r'"([^"]+)"|([A-Za-z0-9_:-]+)|(\[[^\]]*\])')


def _literals(pattern: re.Pattern[str]) -> list[str]:
    return sorted({found for query in catalogue() for found in pattern.findall(query.sql)})


def _with(document: Any, steps: list[str], value: Any) -> Any:
    """The document with a value at the end of a path; lists have one element."""
    if not steps:
        return value if not isinstance(document, dict | list) else document
    if steps[0].startswith("["):
        inside = document[0] if isinstance(document, list) and document else None
        return [_with(inside, steps[1:], value)]
    known = document if isinstance(document, dict) else {}
    return known | {steps[0]: _with(known.get(steps[0]), steps[1:], value)}


def documents() -> list[str]:
    """JSON texts: some values on their own, each at the end of every path that queries follow."""
    paths = [
        [next(filter(None, step)) for step in _STEP.findall(path)] for path in _literals(_PATH)
    ]
    simple: tuple[Any, ...] = (None, 1, "x", [], {})
    made = [json.dumps(value) for value in simple]
    for value in VALUES:
        document: Any = {}
        for steps in sorted(paths, key=len, reverse=True):
            document = _with(document, steps, value)
        made.append(json.dumps(document))
    made.append("[" * 500 + "]" * 500)
    made.append('{"a":1,"a":2}')
    return made


def hostile_rows(case: Case) -> None:
    """Fill every native table of a case."""
    texts = documents()
    for table in NATIVE:
        rows = list(_calls(len(texts))) if table.name == "cloudtrail" else [{}] * 400
        assert rows
        arrays, fields = [], []
        for at, column in enumerate(table.columns):
            kind = column.type
            if kind == JSON:
                values = [texts[(row + at) % len(texts)] for row in range(len(rows))]
                storage = pa.array(values, kind.storage_type)
                arrays.append(pa.ExtensionArray.from_storage(kind, storage))
            else:
                found = [
                    row.get(column.name, _value(kind, number, at))
                    for number, row in enumerate(rows)
                ]
                arrays.append(pa.array(found, kind))
            fields.append(pa.field(column.name, kind))
        batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
        numbered = batch.set_column(
            0, "source_id", pa.array([7] * len(rows), pa.int64())
        ).set_column(1, "record_no", pa.array(range(1, len(rows) + 1), pa.int64()))
        with case.transaction() as connection:
            insert_batches(connection, table.name, [numbered])


def _calls(count: int) -> Iterator[dict[str, Any]]:
    """Every call that a query names, from every service it names, so often that all texts meet."""
    pairs = {
        pair
        for query in catalogue()
        for pair in itertools.product(_CALL.findall(query.sql), _SERVICE.findall(query.sql))
    }
    for call, service in sorted(pairs):
        for number in range(count):
            row: dict[str, Any] = {"eventName": call, "eventSource": service}
            row |= {"userIdentity": IDENTITIES[number % len(IDENTITIES)]} if number % 2 else {}
            yield row | ({"errorCode": None} if number % 3 else {})


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
