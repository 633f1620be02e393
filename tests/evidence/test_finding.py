"""`find`: every kind of value, in every column declared to hold it, and nothing beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import UsageError
from forensics.evidence import Case, LocationRow, insert_batches, insert_locations
from forensics.evidence.events import EVENTS
from forensics.evidence.finding import EVER, Window, fields, find, find_events
from forensics.evidence.sought import sought, spellings
from parsers.contract import INDICATORS
from parsers.formats import BY_NAME, FORMATS
from parsers.scalars import address_number
from tests.evidence.conftest import batch

IDENTITY = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE0000000001:i-0a1b2c3d4e5f60718",
    "arn": "arn:aws:sts::111122223333:assumed-role/web/i-0a1b2c3d4e5f60718",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLE000000001",
    "sessionContext": {
        "sessionIssuer": {
            "principalId": "AROAEXAMPLE0000000001",
            "arn": "arn:aws:iam::111122223333:role/web",
            "userName": "web",
        }
    },
}
RESOURCES = [
    {"ARN": "arn:aws:s3:::example-bucket/a b.csv", "accountId": "444455556666"},
    {"ARN": "arn:aws:s3:::example-bucket", "accountId": "444455556666"},
]
FLOWS = (
    ("192.0.2.1", "198.51.100.7"),
    ("192.0.2.255", "192.0.2.1"),
    ("192.0.3.0", "::ffff:192.0.2.1"),
    ("2001:db8::1", "2001:db8::2"),
    ("2001:db8:0:1::1", "2001:db8:0:0::1"),
    ("::1", "0.0.0.0"),
)


def at(second: int) -> datetime:
    return datetime(2024, 5, 1, 10, 0, second)  # noqa: DTZ001 -- UTC, as in a case


def numbered(**addresses: list[str]) -> dict[str, list[Any]]:
    """Columns of addresses with their numbers."""
    numbers = {f"_{name}": [address_number(a) for a in held] for name, held in addresses.items()}
    return {**addresses, **numbers}


def rows() -> dict[str, Any]:
    flows = len(FLOWS)
    return {
        "cloudtrail": batch(
            "cloudtrail",
            source_id=[1, 1, 1],
            record_no=[1, 2, 3],
            eventTime=[at(1), at(2), None],
            recipientAccountId=["777788889999", None, "777788889999"],
            userIdentity=[IDENTITY, None, None],
            resources=[RESOURCES, [], None],
            eventID=["00000000-0000-4000-8000-000000000001", None, None],
            userAgent=["aws-cli/2.15.0 Python/3.11", 'it\'s "odd"; DROP TABLE sources --', None],
            _bucket=["example-bucket", "example-bucket", None],
            _object_key=["a b.csv", "other", None],
            **numbered(sourceIPAddress=["192.0.2.1", "AWS Internal", "192.0.2.1"]),
        ),
        "vpc_flow": batch(
            "vpc_flow",
            source_id=[2] * flows,
            record_no=list(range(1, flows + 1)),
            start=[at(10 + number) for number in range(flows)],
            instance_id=["i-0a1b2c3d4e5f60718"] + [None] * (flows - 1),
            **numbered(srcaddr=[a for a, _ in FLOWS], dstaddr=[b for _, b in FLOWS]),
        ),
        "route53_resolver": batch(
            "route53_resolver",
            source_id=[3, 3],
            record_no=[1, 2],
            query_timestamp=[at(30), at(31)],
            query_name=["www.Example.com.", "notexample.com."],
            answers=[
                [{"Rdata": "192.0.2.1", "Type": "A"}, {"Rdata": "2001:db8::1", "Type": "AAAA"}],
                [{"Rdata": "192.0.2.10", "Type": "A"}],
            ],
        ),
        "waf": batch(
            "waf",
            source_id=[4, 4],
            record_no=[1, 2],
            timestamp=[at(40), at(41)],
            _x_forwarded_for=["192.0.2.1, 198.51.100.9", "1192.0.2.1"],
        ),
        "s3_access": batch(
            "s3_access",
            source_id=[5, 5],
            record_no=[1, 2],
            requestdatetime=[at(50), at(51)],
            bucket_name=["example-bucket", "other-bucket"],
            key=["a%2520b.csv", "a%20b.csv"],
            referrer=["https://evil.example.com:8443/x", "https://example.com.evil.test/"],
            endpoint=["example-bucket.s3.amazonaws.com", "-"],
        ),
    }


@pytest.fixture(scope="module")
def case(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    path = tmp_path_factory.mktemp("find") / "case.duckdb"
    shutil.copy(blank, path)
    with Case.for_ingest(path) as opened:
        for table, each in rows().items():
            insert_batches(opened.connection, table, [each])
        place = LocationRow(5, "s3.log", account_id="777788889999", region="eu-west-1")
        insert_locations(opened.connection, [place])
    with Case.for_reading(path) as opened:
        yield opened


def hits(case: Case, value: str, window: Window = EVER) -> dict[str, int]:
    found = find(case, value, window).to_pylist()
    return {f"{row['dataset']}.{row['field']}": row["hits"] for row in found}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "192.0.2.1",
            {
                "cloudtrail.sourceIPAddress": 2,
                "route53_resolver.answers[].Rdata": 1,
                "vpc_flow.dstaddr": 2,
                "vpc_flow.srcaddr": 1,
                "waf._x_forwarded_for": 1,
            },
        ),
        ("::ffff:192.0.2.255", {"vpc_flow.srcaddr": 1}),
        (
            "192.0.2.0/24",
            {
                "cloudtrail.sourceIPAddress": 2,
                "route53_resolver.answers[].Rdata": 2,
                "vpc_flow.dstaddr": 2,
                "vpc_flow.srcaddr": 2,
                "waf._x_forwarded_for": 1,
            },
        ),
        ("192.0.2.254/31", {"vpc_flow.srcaddr": 1}),
        ("0.0.0.0", {"vpc_flow.dstaddr": 1}),
        ("::1", {"vpc_flow.srcaddr": 1}),
        (
            "2001:db8::1",
            {"route53_resolver.answers[].Rdata": 1, "vpc_flow.dstaddr": 1, "vpc_flow.srcaddr": 1},
        ),
        (
            "2001:0DB8:0::0/64",
            {"route53_resolver.answers[].Rdata": 1, "vpc_flow.dstaddr": 2, "vpc_flow.srcaddr": 1},
        ),
        (
            "2001:db8::/48",
            {"route53_resolver.answers[].Rdata": 1, "vpc_flow.dstaddr": 2, "vpc_flow.srcaddr": 2},
        ),
        ("2001:db8::2/127", {"vpc_flow.dstaddr": 1}),
        ("ASIAEXAMPLE000000001", {"cloudtrail.userIdentity.accessKeyId": 1}),
        (
            "AROAEXAMPLE0000000001",
            {
                "cloudtrail.userIdentity.principalId": 1,
                "cloudtrail.userIdentity.sessionContext.sessionIssuer.principalId": 1,
            },
        ),
        (
            "arn:aws:iam::111122223333:role/web",
            {"cloudtrail.userIdentity.sessionContext.sessionIssuer.arn": 1},
        ),
        ("444455556666", {"cloudtrail.resources[].accountId": 1}),
        (
            "i-0a1b2c3d4e5f60718",
            {
                "cloudtrail.userIdentity.arn": 1,
                "cloudtrail.userIdentity.principalId": 1,
                "vpc_flow.instance_id": 1,
            },
        ),
        (
            "example-bucket",
            {"cloudtrail._bucket": 2, "cloudtrail.resources[].ARN": 1, "s3_access.bucket_name": 1},
        ),
        (
            "s3://example-bucket/a b.csv",
            {
                "cloudtrail._bucket/_object_key": 1,
                "cloudtrail.resources[].ARN": 1,
                "s3_access.bucket_name/key": 1,
            },
        ),
        ("example.com", {"route53_resolver.query_name": 1, "s3_access.referrer": 1}),
        ("aws-cli/2.15.0", {"cloudtrail.userAgent": 1}),
        ("00000000-0000-4000-8000-000000000001", {"cloudtrail.eventID": 1}),
        (
            "web",
            {
                "cloudtrail.userIdentity.sessionContext.sessionIssuer.arn": 1,
                "cloudtrail.userIdentity.sessionContext.sessionIssuer.userName": 1,
            },
        ),
        ("0000000000000002:3", {"vpc_flow.ref": 1}),
        ('it\'s "odd"; DROP TABLE sources --', {"cloudtrail.userAgent": 1}),
        ("no such thing", {}),
    ],
)
def test_find(case: Case, value: str, expected: dict[str, int]) -> None:
    assert hits(case, value) == expected


def test_first_last_and_the_earliest_refs(case: Case) -> None:
    found = find(case, "192.0.2.1", refs=1).to_pylist()

    assert [row for row in found if row["dataset"] in ("cloudtrail", "vpc_flow")] == [
        {
            "kind": "IPv4 address",
            "dataset": "cloudtrail",
            "field": "sourceIPAddress",
            "hits": 2,
            "first": at(1),
            "last": at(1),
            "refs": ["0000000000000001:1"],
        },
        {
            "kind": "IPv4 address",
            "dataset": "vpc_flow",
            "field": "dstaddr",
            "hits": 2,
            "first": at(11),
            "last": at(12),
            "refs": ["0000000000000002:2"],
        },
        {
            "kind": "IPv4 address",
            "dataset": "vpc_flow",
            "field": "srcaddr",
            "hits": 1,
            "first": at(10),
            "last": at(10),
            "refs": ["0000000000000002:1"],
        },
    ]


def test_a_window_has_its_start_but_not_its_end(case: Case) -> None:
    found = hits(case, "192.0.2.1", Window(at(11), at(12)))

    assert found == {"vpc_flow.dstaddr": 1}


def test_an_account_is_what_the_row_says_or_its_path(case: Case) -> None:
    assert hits(case, "192.0.2.1", Window(account="777788889999")) == {
        "cloudtrail.sourceIPAddress": 2
    }
    assert hits(case, "example-bucket", Window(region="eu-west-1")) == {"s3_access.bucket_name": 1}
    assert hits(case, "192.0.2.1", Window(account="999999999999")) == {}


def test_rows_come_once_in_order_of_time(case: Case) -> None:
    found = find_events(case, "192.0.2.1").to_pylist()

    assert [(row["ref"], row["matched"]) for row in found] == [
        ("0000000000000001:1", ["sourceIPAddress"]),
        ("0000000000000002:1", ["srcaddr"]),
        ("0000000000000002:2", ["dstaddr"]),
        ("0000000000000002:3", ["dstaddr"]),
        ("0000000000000003:1", ["answers[].Rdata"]),
        ("0000000000000004:1", ["_x_forwarded_for"]),
        ("0000000000000001:3", ["sourceIPAddress"]),
    ]


def test_rows_are_cut_at_the_limit(case: Case) -> None:
    found = find_events(case, "192.0.2.1", limit=2)

    assert found.column("ref").to_pylist() == ["0000000000000001:1", "0000000000000002:1"]
    assert found.column_names == ["matched", *(column.name for column in EVENTS.columns)]


def test_no_rows_have_the_same_columns(case: Case) -> None:
    assert find_events(case, "no such thing").schema.names == find_events(case, "web").schema.names
    assert find_events(case, "no such thing").num_rows == 0


def test_an_empty_case_has_nothing(blank: Path) -> None:
    with Case.for_reading(blank) as empty:
        for value in ("192.0.2.1", "2001:db8::/64", "web", "0000000000000001:1", "a.example.com"):
            assert find(empty, value).num_rows == 0
            assert find_events(empty, value).num_rows == 0


@pytest.mark.parametrize("value", ["", "  ", "\t\n"])
def test_nothing_cannot_be_found(case: Case, value: str) -> None:
    with pytest.raises(UsageError, match="nothing to look for"):
        find(case, value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("192.0.2.1", "IPv4 address"),
        ("192.0.2.77/24", "IPv4 network"),
        ("::ffff:192.0.2.0/120", "IPv4 network"),
        ("[2001:db8::1]", "IPv6 address"),
        ("2001:db8::/32", "IPv6 network"),
        ("AKIAEXAMPLE000000001", "access key"),
        ("AIDAEXAMPLE0000000001", "principal"),
        ("arn:aws-cn:s3:::b", "arn"),
        ("111122223333", "account"),
        ("eni-0a1b2c3d", "interface"),
        ("sg-0a1b2c3d", "security group"),
        ("vpc-0a1b2c3d4e5f60718", "vpc"),
        ("subnet-0a1b2c3d4e5f60718", "resource"),
        ("tgw-attach-0a1b2c3d4e5f60718", "resource"),
        ("00000000-0000-4000-8000-000000000001", "id"),
        ("00000000000000ff:12", "ref"),
        ("https://example.com/x", "url"),
        ("www.example.com.", "host or domain"),
        ("example-bucket/key", "object or user agent"),
        ("alice@example.com", "text"),
        ("256.0.2.1", "text"),
        ("11112222333", "text"),
    ],
)
def test_the_kind_of_a_value(value: str, kind: str) -> None:
    assert sought(value).kind == kind


def test_every_indicator_is_looked_for_where_a_value_has_no_kind() -> None:
    assert set(sought("something").tests) == INDICATORS - {"ip"}


def test_fields_reach_into_members_and_lists() -> None:
    labels = {field.label: field.indicator for field in fields(BY_NAME["cloudtrail"])}

    assert labels["owner"] == "account"
    assert labels["userIdentity.sessionContext.sessionIssuer.arn"] == "arn"
    assert labels["resources[].ARN"] == "arn"
    assert labels["_minted_access_key"] == "access_key"


def test_labels_are_unique_and_indicators_known() -> None:
    for declared in FORMATS:
        assert len(list(fields(declared))) == len({each.label for each in fields(declared)})
        assert all(each.indicator in INDICATORS for each in fields(declared))


def test_spellings_of_a_key() -> None:
    assert spellings("a b") == ["a b", "a%20b", "a%2520b", "a%2Bb", "a+b"]
