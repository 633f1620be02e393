"""Small dumps, written by the tests in the layout AWS delivers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forensics.evidence import Case
from forensics.evidence.hashes import content_hashes
from forensics.ingest import Options, Summary, ingest

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)


def event(number: int, **more: Any) -> dict[str, Any]:
    """A CloudTrail record."""
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": "111122223333"},
        "eventTime": f"2024-05-01T10:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9",
        "requestParameters": {"number": number},
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
    }
    return record | more


def trail(*numbers: int) -> bytes:
    """A CloudTrail log file, not compressed."""
    return json.dumps({"Records": [event(number) for number in numbers]}).encode()


def flows(count: int, first: int = 0) -> bytes:
    """A VPC flow log file, not compressed."""
    lines = [
        "2 111122223333 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.7 "
        f"{40000 + number % 20000} 443 6 {number % 99} 4249 "
        f"{1735689600 + number} {1735689660 + number} ACCEPT OK"
        for number in range(first, first + count)
    ]
    return "\n".join([HEADER, *lines, ""]).encode()


def write(path: Path, content: bytes, *, packed: bool = True) -> Path:
    """A file of a dump."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return path


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Three trails, two flow logs, one torn, a stray text, an empty file, and no evidence."""
    folder = tmp_path / "dump"
    key = folder / "AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01"
    for part in range(3):
        stamp = f"20240501T10{part:02d}Z_AbCdEfGhIjKlMn{part:02d}"
        name = f"111122223333_CloudTrail_us-east-1_{stamp}.json.gz"
        write(key / name, trail(*range(part * 10, part * 10 + 10)))
    write(folder / "flow/a.log.gz", flows(100))
    write(folder / "flow/b.log.gz", flows(100, first=500))
    whole = gzip.compress(flows(2000, first=9000), mtime=0)
    write(folder / "flow/torn.log.gz", whole[: len(whole) // 2], packed=False)
    write(folder / "notes.txt", b"call the customer\n", packed=False)
    write(folder / "empty.log", b"", packed=False)
    write(folder / ".DS_Store", b"\0\0\0\1Bud1", packed=False)
    return folder


Ingest = Callable[..., Summary]


@pytest.fixture
def take_in(tmp_path: Path) -> Ingest:
    """Ingest into case.duckdb (or another name), in this process unless jobs are asked for."""

    def run(*paths: Path, db: str = "case.duckdb", **options: Any) -> Summary:
        options.setdefault("jobs", 0)
        return ingest(list(paths), tmp_path / db, Options(**options))

    return run


def hashes(path: Path) -> dict[str, str]:
    """Content hash of every table."""
    with Case.for_reading(path) as case:
        return content_hashes(case.connection)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on a case."""
    with Case.for_reading(path) as case:
        return case.connection.execute(query).fetchall()
