"""Evidence made by hand: CloudTrail records, states of interfaces, flows; and a case of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forensics.evidence import Case
from forensics.ingest import Options, ingest

HERE, THERE = "111122223333", "444455556666"
Record = dict[str, Any]
_numbers = itertools.count(1)


def key(number: int, kind: str = "ASIA") -> str:
    """An access key id, made up."""
    return f"{kind}EXAMPLE{number:09d}"


def call(
    time: str,
    event: str,
    identity: Record,
    *,
    ip: str = "198.51.100.7",
    request: Any = None,
    response: Any = None,
    account: str = HERE,
    **more: Any,
) -> Record:
    """A record of one call; `time` is HH:MM:SS of one day, `event` is service:Name."""
    service, _, name = event.partition(":")
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"2024-05-01T{time}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": ip,
        "userAgent": "aws-cli/2.15.0",
        "requestParameters": request,
        "responseElements": response,
        "eventID": f"00000000-0000-4000-8000-{next(_numbers):012d}",
        "readOnly": name.startswith(("Get", "List", "Describe")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    } | more


def user(name: str, access_key: str | None, account: str = HERE, **more: Any) -> Record:
    """An IAM user."""
    identity = {
        "type": "IAMUser",
        "principalId": f"AIDAEXAMPLE{name.upper():0<10.10}",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "userName": name,
    }
    return identity | ({"accessKeyId": access_key} if access_key else {}) | more


def session(
    role: str,
    name: str,
    access_key: str,
    account: str = HERE,
    *,
    created: str = "10:00:00",
    context: Record | None = None,
    **more: Any,
) -> Record:
    """A session of a role."""
    number = f"AROAEXAMPLE{role.upper():0<10.10}"
    issuer = {
        "type": "Role",
        "principalId": number,
        "arn": f"arn:aws:iam::{account}:role/{role}",
        "accountId": account,
        "userName": role.rpartition("/")[2],
    }
    attributes = {"creationDate": f"2024-05-01T{created}Z", "mfaAuthenticated": "false"}
    return {
        "type": "AssumedRole",
        "principalId": f"{number}:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{name}",
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {"sessionIssuer": issuer, "attributes": attributes} | (context or {}),
    } | more


def assume(
    time: str,
    identity: Record,
    role: str,
    name: str,
    minted: str | None,
    *,
    account: str = HERE,
    event: str = "sts:AssumeRole",
    **more: Any,
) -> Record:
    """A call that hands out the credentials of a session of a role in an account."""
    arn = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{name}"
    number = f"AROAEXAMPLE{role.upper():0<10.10}:{name}"
    response = {
        "credentials": {
            "accessKeyId": minted,
            "sessionToken": "IQoJexampletokenexampletoken",
            "expiration": "May 1, 2024, 11:00:00 AM",
        },
        "assumedRoleUser": {"assumedRoleId": number, "arn": arn},
    }
    request = {"roleArn": f"arn:aws:iam::{account}:role/{role}", "roleSessionName": name}
    said: Record = {"request": request | more.pop("request", {}), "response": response}
    if minted is None:
        said["response"] = None
    where = more.pop("recorded_in", account)
    return call(time, event, identity, account=where, **(said | more))


def flow(fields: str, *lines: str) -> str:
    """A flow log with its header."""
    return "\n".join([fields, *lines, ""])


def interface(time: str, eni: str, addresses: Iterable[str], **more: Any) -> Record:
    """A recorded state of a network interface."""
    state = {
        "networkInterfaceId": eni,
        "vpcId": more.pop("vpc", "vpc-0aaaaaaaaaaaaaaaa"),
        "privateIpAddresses": [{"privateIpAddress": each} for each in addresses],
        "attachment": {"instanceId": more.pop("instance", None)},
        "description": more.pop("description", "Primary network interface"),
    }
    return {
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": f"2024-05-01T{time}.000Z",
        "configurationItemStatus": "OK",
        "configurationStateId": f"171455{next(_numbers):07d}",
        "awsAccountId": HERE,
        "resourceType": "AWS::EC2::NetworkInterface",
        "resourceId": eni,
        "awsRegion": "us-east-1",
        "configuration": state,
        "tags": {},
        "relatedEvents": [],
        "relationships": [],
        "supplementaryConfiguration": {},
    } | more


@contextmanager
def case_of(folder: Path, *records: Record, **files: Any) -> Iterator[Case]:
    """A case that took in these records of CloudTrail, and files by name, open for reading.

    A file is text, or records of Config.
    """
    evidence = folder / "evidence"
    evidence.mkdir()
    if records:
        name = "111122223333_CloudTrail_us-east-1_20240501T1000Z_0000000000000001.json"
        (evidence / name).write_text(json.dumps({"Records": list(records)}), "utf-8")
    for name, content in files.items():
        text = content if isinstance(content, str) else _history(content)
        (evidence / name).write_text(text, "utf-8")
    path = folder / "case.duckdb"
    ingest([evidence], path, Options(jobs=0))
    with Case.for_reading(path) as case:
        yield case


def _history(items: list[Record]) -> str:
    return json.dumps({"fileVersion": "1.0", "configSnapshotId": None, "configurationItems": items})


def ref_of(case: Case, record: Record) -> str:
    """The ref under which a case holds a record of CloudTrail."""
    found = case.connection.execute(
        "SELECT ref(source_id, record_no) FROM cloudtrail WHERE eventID = ? ORDER BY ALL",
        [record["eventID"]],
    ).fetchall()
    return str(found[0][0])
