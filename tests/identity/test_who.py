"""Who is behind what: every way of getting credentials, hostile names, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.identity.conclusions import Found
from forensics.identity.reading import Reader
from forensics.identity.sightings import sightings
from forensics.identity.subjects import subject
from forensics.identity.who import SCHEMA, who
from forensics.investigations.scope import Scope
from tests.identity.evidence import (
    HERE,
    THERE,
    Record,
    assume,
    call,
    case_of,
    flow,
    key,
    ref_of,
    session,
    user,
)

ALICE = user("alice", key(1, "AKIA"))
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
USER_ID = "94482488-3041-7000-8000-000000000001"
STORE = f"arn:aws:identitystore::{HERE}:identitystore/d-9067642ac7"
HOSTILE = "=cmd|'/c calc'!A1\u202e\u001b[2Jx"


def sign_in(time: str, identity: Record, event: str = "ConsoleLogin", **more: Any) -> Record:
    said = {"response": {event: "Success"}, "eventType": "AwsConsoleSignIn"} | more
    return call(time, f"signin:{event}", identity, **said)


def calls(ip: str, identity: Record, time: str = "10:30:00", **more: Any) -> Record:
    return call(time, "ec2:DescribeInstances", identity, ip=ip, **more)


# Each case of `behind` has an address of its own.
LOGIN = sign_in("10:00:01", user("bob", None), ip="192.0.2.101")
CONSOLE = calls(
    "192.0.2.1",
    user("bob", key(2), sessionContext={"attributes": {"creationDate": "2024-05-01T10:00:00Z"}}),
)
SWITCH = sign_in(
    "10:00:00", session("ops", "bob", "", THERE), "SwitchRole", account=THERE,
    additionalEventData={"SwitchFrom": f"arn:aws:iam::{HERE}:user/bob"},
)  # fmt: skip
SWITCHED = calls("192.0.2.2", session("ops", "bob", key(3), THERE), account=THERE)
BEHALF = calls(
    "192.0.2.3",
    {"type": "IdentityCenterUser", "accountId": HERE, "credentialId": "EXAMPLEcredential",
     "onBehalfOf": {"userId": USER_ID, "identityStoreArn": STORE}},
)  # fmt: skip
AUTHENTICATED = call(
    "09:59:00", "signin:UserAuthentication",
    {"type": "IdentityCenterUser", "accountId": HERE,
     "onBehalfOf": {"userId": USER_ID, "identityStoreArn": STORE}},
    additionalEventData={"UserName": "carol@example.com"},
)  # fmt: skip
SSO_ROLE = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"
FEDERATE = call(
    "10:01:00", "sso:Federate", {"type": "Unknown", "accountId": HERE, "userName": "dave"},
    serviceEventDetails={"role_name": "Admin", "account_id": HERE},
)  # fmt: skip
SSO = calls("192.0.2.4", session(SSO_ROLE, "dave", key(4)))
SAML = assume(
    "10:02:00",
    {"type": "SAMLUser", "principalId": "abc=:erin@example.com", "userName": "erin@example.com",
     "identityProvider": "https://idp.example.com/saml"},
    "fed", "erin", key(5), event="sts:AssumeRoleWithSAML",
)  # fmt: skip
SAML_USE = calls("192.0.2.5", session("fed", "erin", key(5)))
OIDC = f"arn:aws:iam::{HERE}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
IRSA = assume(
    "10:03:00",
    {"type": "WebIdentityUser", "principalId": f"{OIDC}:sts.amazonaws.com:x",
     "userName": "system:serviceaccount:apps:api", "identityProvider": OIDC},
    "pod", "botocore-session-1", key(6), event="sts:AssumeRoleWithWebIdentity",
)  # fmt: skip
IRSA_USE = calls("192.0.2.6", session("pod", "botocore-session-1", key(6)))
BY_EC2 = assume(
    "10:04:00", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "web", INSTANCE, key(7),
    ip="ec2.amazonaws.com",
)  # fmt: skip
STOLEN = calls("192.0.2.7", session("web", INSTANCE, key(7)))
DELIVERED = calls("192.0.2.8", session("web", INSTANCE, key(8), context={"ec2RoleDelivery": "2.0"}))
CLAIMED = calls("192.0.2.9", session("web", INSTANCE, key(9)))
FUNCTION = f"arn:aws:lambda:us-east-1:{HERE}:function:orders"
SCOPED = calls(
    "192.0.2.10",
    session("fn", "orders", key(10), inScopeOf={
        "issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": FUNCTION}),
)  # fmt: skip
TOLD = calls("192.0.2.11", session("job", "x", key(11), context={"sourceIdentity": "frank"}))
LOST = calls("192.0.2.12", session("job", "x", key(12)))
GHOST = call(
    "10:40:00", "signin:ConsoleLogin",
    {"type": "IAMUser", "principalId": HERE, "accountId": HERE, "accessKeyId": "",
     "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    ip="192.0.2.13", response={"ConsoleLogin": "Failure"}, eventType="AwsConsoleSignIn",
    errorMessage="No username found in supplied account",
)  # fmt: skip
FOREIGN = calls("192.0.2.14", {"type": "AWSAccount", "principalId": "AIDAEXAMPLEMALLORY000",
                               "accountId": THERE})  # fmt: skip
ODD = assume("10:05:00", ALICE, "job", HOSTILE, key(15))
ODD_USE = calls("192.0.2.15", session("job", HOSTILE, key(15)))
FEDERATED = calls(
    "192.0.2.16",
    {"type": "FederatedUser", "principalId": f"{HERE}:grace",
     "arn": f"arn:aws:sts::{HERE}:federated-user/grace", "accountId": HERE,
     "accessKeyId": key(16), "sessionContext": {"sessionIssuer": {
         "type": "IAMUser", "arn": f"arn:aws:iam::{HERE}:user/heidi", "userName": "heidi"}}},
)  # fmt: skip
ROOT = calls("192.0.2.17", {"type": "Root", "principalId": HERE, "accountId": HERE,
                            "arn": f"arn:aws:iam::{HERE}:root"})  # fmt: skip
LINKED = calls(
    "192.0.2.19", session("aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", "x", key(19))
)
TWO_KEYS = [calls("192.0.2.18", ALICE), calls("192.0.2.18", user("alice", key(2, "AKIA"))),
            calls("192.0.2.18", LOST["userIdentity"])]  # fmt: skip
UNUSED = assume("11:00:00", ALICE, "idle", "alice", key(41))
LAUNCHED = call(
    "09:00:00", "ec2:RunInstances", ALICE,
    response={"instancesSet": {"items": [{"instanceId": INSTANCE, "networkInterfaceSet": {
        "items": [{"networkInterfaceId": "eni-0aaaaaaaaaaaaaaa1",
                   "privateIpAddress": "10.0.0.10"}]}}]}},
)  # fmt: skip
EKS = {"type": "AWSService", "invokedBy": "eks.amazonaws.com"}
SERVICE = call("10:50:00", "sts:AssumeRole", EKS, ip="eks.amazonaws.com")
RECORDS = (
    *(LOGIN, CONSOLE, SWITCH, SWITCHED, BEHALF, AUTHENTICATED, FEDERATE, SSO, SAML, SAML_USE, IRSA),
    *(IRSA_USE, BY_EC2, STOLEN, DELIVERED, CLAIMED, SCOPED, TOLD, LOST, GHOST, FOREIGN, ODD),
    *(ODD_USE, FEDERATED, ROOT, *TWO_KEYS, UNUSED, LAUNCHED, SERVICE, LINKED),
)
START = 1714557600  # 10:00
FLOWS = flow(
    "interface-id srcaddr dstaddr start end action log-status",
    f"eni-0aaaaaaaaaaaaaaa1 203.0.113.5 10.0.0.10 {START} {START + 60} ACCEPT OK",
    f"eni-0aaaaaaaaaaaaaaa1 10.0.0.10 203.0.113.5 {START} {START + 60} ACCEPT OK",
    f"eni-0aaaaaaaaaaaaaaa1 2001:db8::5 10.0.0.11 {START} {START + 60} ACCEPT OK",
)
FLOW_FILE = "111122223333_vpcflowlogs_us-east-1_fl-0a1b2c3d_20240501T1000Z_0a1b2c3d.log"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with case_of(tmp_path_factory.mktemp("who"), *RECORDS, **{FLOW_FILE: FLOWS}) as opened:
        yield opened


def rows(found: Found, *parts: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = found.rows.to_pylist()
    return [row for row in listed if not parts or row["part"] in parts]


BEHIND = [
    ("192.0.2.1", "IAM user", f"arn:aws:iam::{HERE}:user/bob", "proven", (CONSOLE, LOGIN)),
    ("192.0.2.2", "IAM user", f"arn:aws:iam::{HERE}:user/bob", "proven", (SWITCHED, SWITCH)),
    ("192.0.2.3", "Identity Center user", USER_ID, "proven", (BEHALF, AUTHENTICATED)),
    ("192.0.2.4", "Identity Center user", "dave", "inferred", (SSO, FEDERATE)),
    ("192.0.2.5", "SAML user", "erin@example.com", "proven", (SAML,)),
    ("192.0.2.6", "web identity", "system:serviceaccount:apps:api", "proven", (IRSA,)),
    ("192.0.2.7", "instance", INSTANCE, "proven", (BY_EC2,)),
    ("192.0.2.8", "instance", INSTANCE, "proven", (DELIVERED,)),
    ("192.0.2.9", "instance", INSTANCE, "inferred", (CLAIMED,)),
    ("192.0.2.10", "function", FUNCTION, "proven", (SCOPED,)),
    ("192.0.2.11", "source identity", "frank", "inferred", (TOLD,)),
    ("192.0.2.12", "session", LOST["userIdentity"]["arn"], "unknown", (LOST,)),
    ("192.0.2.13", None, None, "unknown", (GHOST,)),
    ("192.0.2.14", "IAM user", "AIDAEXAMPLEMALLORY000", "proven", (FOREIGN,)),
    ("192.0.2.15", "IAM user", ALICE["arn"], "proven", (ODD,)),
    ("192.0.2.16", "IAM user", f"arn:aws:iam::{HERE}:user/heidi", "proven", (FEDERATED,)),
    ("192.0.2.17", "root user", f"arn:aws:iam::{HERE}:root", "proven", (ROOT,)),
    ("192.0.2.19", "AWS service", "rds.amazonaws.com", "proven", (LINKED,)),
]


@pytest.mark.parametrize(
    ("ip", "kind", "name", "confidence", "records"), BEHIND, ids=[each[0] for each in BEHIND]
)
def test_who_is_behind_an_address(
    case: Case,
    ip: str,
    kind: str | None,
    name: str | None,
    confidence: str,
    records: tuple[Record, ...],
) -> None:
    row = rows(who(case, ip), "behind")[0]

    assert (row["kind"], row["value"], row["confidence"]) == (kind, name, confidence)
    assert set(row["refs"]) >= {ref_of(case, each) for each in records}
    assert row["because"]


def test_reasons_are_sentences_about_the_records(case: Case) -> None:
    because = {ip: rows(who(case, ip), "behind")[0]["because"] for ip, *_ in BEHIND}

    assert because["192.0.2.1"] == (
        "the record names the IAM user, who signed in to the console at 2024-05-01 10:00:01 UTC"
        " from 192.0.2.101"
    )
    assert because["192.0.2.2"] == (
        "switched to the role in the console at 2024-05-01 10:00:00 UTC"
    )
    assert because["192.0.2.3"] == (
        "the record says on behalf of which Identity Center user, whom UserAuthentication calls"
        " carol@example.com"
    )
    assert because["192.0.2.4"] == (
        "Identity Center names its sessions after the user; Federate of that user is within two"
        " minutes of the session"
    )
    assert because["192.0.2.6"] == (
        f"AssumeRoleWithWebIdentity handed out {key(6)}; {OIDC} vouched for this subject"
    )
    assert because["192.0.2.7"].endswith(
        "ec2.amazonaws.com took the role for the instance, whose credentials these are"
    )
    assert because["192.0.2.12"].endswith("is not in the evidence")
    assert (
        because["192.0.2.13"] == "a sign-in with a user name that does not exist, which AWS hides"
    )


def test_several_credentials_of_one_are_one_row_and_others_are_theirs(case: Case) -> None:
    alice, lost = rows(who(case, "192.0.2.18"), "behind")

    assert (alice["value"], alice["records"]) == (ALICE["arn"], 2)
    assert alice["because"] == "the record names the IAM user; and 1 more credential"
    assert alice["refs"] == [ref_of(case, TWO_KEYS[0]), ref_of(case, TWO_KEYS[1])]
    assert (lost["confidence"], lost["records"]) == ("unknown", 1)


def test_an_address_says_what_it_is_where_it_is_seen_and_with_what(case: Case) -> None:
    found = who(case, "192.0.2.7")

    assert found.rows.schema == SCHEMA
    [itself] = rows(found, "is")
    assert (itself["kind"], itself["records"]) == ("IPv4 address", 1)
    assert itself["first"] == datetime.fromisoformat("2024-05-01T10:30:00")
    assert [(row["kind"], row["value"]) for row in rows(found, "with")] == [
        ("access key", key(7)),
        ("principal", STOLEN["userIdentity"]["arn"]),
    ]
    [seen] = rows(found, "seen")
    assert (seen["value"], seen["because"]) == ("cloudtrail", "in sourceIPAddress")
    assert seen["refs"] == [ref_of(case, STOLEN)]


def test_an_address_of_ours_has_the_machine_behind_it_and_its_peers(case: Case) -> None:
    found = who(case, "10.0.0.10")

    [machine] = rows(found, "behind")
    assert (machine["kind"], machine["value"], machine["confidence"]) == (
        "instance", INSTANCE, "proven",
    )  # fmt: skip
    assert [(row["kind"], row["value"], row["records"]) for row in rows(found, "with")] == [
        ("address", "203.0.113.5", 2),
        ("interface", "eni-0aaaaaaaaaaaaaaa1", 2),
    ]


def test_a_foreign_address_in_flows_only_is_honestly_unknown(case: Case) -> None:
    for spelling in ("2001:db8::5", "2001:DB8:0:0::5"):
        [row] = rows(who(case, spelling), "behind")

        assert (row["kind"], row["value"], row["confidence"], row["because"]) == (
            None, None, "unknown", "no record says who used it",
        )  # fmt: skip


def test_a_network_is_all_of_its_addresses(case: Case) -> None:
    [itself] = rows(who(case, "192.0.2.0/29"), "is")

    assert itself["kind"] == "IPv4 network"
    assert itself["records"] == 7  # .1 to .7


@pytest.mark.parametrize(
    ("value", "kind", "behind"),
    [
        (key(5), "access key", "erin@example.com"),
        (key(41), "access key", ALICE["arn"]),  # never used
        (SAML_USE["userIdentity"]["arn"], "role session", "erin@example.com"),
        (f"arn:aws:iam::{HERE}:role/fed", "role", "erin@example.com"),
        (SAML_USE["userIdentity"]["principalId"], "role session", "erin@example.com"),
        (ALICE["principalId"], "IAM user id", ALICE["arn"]),
        ("alice", "name", ALICE["arn"]),
        ("botocore-session-1", "name", "system:serviceaccount:apps:api"),
        (HOSTILE, "name", ALICE["arn"]),
        (USER_ID, "id or name", USER_ID),
        (INSTANCE, "instance", INSTANCE),
        (FUNCTION, "ARN", FUNCTION),
    ],
)
def test_any_name_leads_to_who_is_behind_it(case: Case, value: str, kind: str, behind: str) -> None:
    found = who(case, value)

    [itself] = rows(found, "is")
    assert (itself["kind"], itself["value"]) == (kind, value)
    assert behind in [row["value"] for row in rows(found, "behind")]


def test_a_name_has_the_addresses_it_was_used_from(case: Case) -> None:
    found = rows(who(case, "botocore-session-1"), "with")

    assert ("address", "192.0.2.6") in [(row["kind"], row["value"]) for row in found]


def test_scope_narrows_what_is_seen(case: Case) -> None:
    early = Scope(end=datetime.fromisoformat("2024-05-01T10:10:00"))

    assert rows(who(case, "192.0.2.7", early)) == []
    assert rows(who(case, "192.0.2.2", Scope(account=HERE))) == []
    assert len(rows(who(case, "192.0.2.2", Scope(account=THERE)), "behind")) == 1
    assert who(case, "192.0.2.7", Scope(limit=2)).cut


def test_services_are_left_out_unless_asked_for(case: Case) -> None:
    found = who(case, "192.0.2.7")

    assert any("by AWS services" in note for note in found.notes)
    assert not any(
        "by AWS services" in note for note in who(case, "192.0.2.7", Scope(services=True)).notes
    )


def test_what_is_nowhere_is_an_empty_table_and_says_what_was_searched(case: Case) -> None:
    found = who(case, "203.0.113.99")

    assert rows(found) == []
    assert found.notes[0].startswith("203.0.113.99: not found as IPv4 address; searched: addresses")


def test_an_address_is_looked_for_in_few_columns(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[str] = []

    def explain(self: Reader, sql: str, **values: Any) -> list[dict[str, Any]]:
        bound = self.scope.values() | values
        [statement] = self.case.connection.extract_statements(sql)
        used = {name: bound[name] for name in statement.named_parameters}
        rows = self.case.connection.execute(f"EXPLAIN {sql}", used).fetchall()
        plans.extend(row[1] for row in rows)
        return []

    monkeypatch.setattr(Reader, "run", explain)
    sightings(Reader(case, Scope()), subject("192.0.2.7"))

    [plan] = plans
    assert "_sourceIPAddress" in plan
    for column in ("requestParameters", "responseElements", "userAgent", "resources", "eventID"):
        assert column not in plan


def test_nothing_is_nobody(case: Case) -> None:
    with pytest.raises(UsageError, match="nothing to look for"):
        who(case, "")


def test_a_case_without_any_log_says_so(tmp_path: Path) -> None:
    with case_of(tmp_path, readme="nothing here") as empty:
        found = who(empty, "192.0.2.1")

    assert rows(found) == []
    assert "not in this case, so not asked: cloudtrail" in found.notes
