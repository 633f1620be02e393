"""Chains of credentials: over accounts, in circles, with ends missing, and who began them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.identity.chains import chain
from forensics.identity.credentials import MOST_STEPS
from forensics.investigations.scope import Scope
from tests.identity.evidence import (
    HERE,
    THERE,
    Record,
    assume,
    call,
    case_of,
    key,
    ref_of,
    session,
    user,
)

ALICE = user("alice", key(1, "AKIA"))
# Three hops over two accounts: alice → build → deploy (there) → admin (there).
BUILD = session("build", "alice", key(11))
DEPLOY = session("deploy", "build", key(12), THERE)
ADMIN = session("admin", "deploy", key(13), THERE)
FOREIGN = {"type": "AWSAccount", "principalId": "AROAEXAMPLEBUILD000000:alice", "accountId": HERE}
HOP_1 = assume("10:00:00", ALICE, "build", "alice", key(11))
HOP_2 = assume("10:01:00", BUILD, "deploy", "build", key(12), account=THERE, recorded_in=HERE,
               sharedEventID="00000000-0000-4000-8000-00000000aaaa")  # fmt: skip
HOP_2_THERE = assume("10:01:00", FOREIGN, "deploy", "build", key(12), account=THERE,
                     sharedEventID="00000000-0000-4000-8000-00000000aaaa")  # fmt: skip
HOP_3 = assume("10:02:00", DEPLOY, "admin", "deploy", key(13), account=THERE)
DEED = call("10:03:00", "iam:CreateUser", ADMIN, account=THERE, request={"userName": "x"})
# The caller's record lacks the answer; the other account's has it.
MUTE = assume("10:10:00", ALICE, "audit", "a", None, account=THERE, recorded_in=HERE,
              sharedEventID="00000000-0000-4000-8000-00000000bbbb")  # fmt: skip
MUTE_THERE = assume("10:10:00", FOREIGN | {"principalId": "AIDAEXAMPLEALICE00000"}, "audit", "a",
                    key(21), account=THERE,
                    sharedEventID="00000000-0000-4000-8000-00000000bbbb")  # fmt: skip
# A circle, as only wrong evidence holds one.
ROUND = [
    assume("11:00:00", session("a", "x", key(32)), "b", "x", key(31)),
    assume("11:00:01", session("b", "x", key(31)), "a", "x", key(32)),
]
UNUSED = assume("12:00:00", ALICE, "idle", "alice", key(41))
ORPHAN = call("12:30:00", "s3:ListBuckets", session("lost", "job-7", key(51)))
MADE = call(
    "13:00:00", "iam:CreateAccessKey", ADMIN, account=THERE,
    response={"accessKey": {"userName": "svc", "accessKeyId": key(61, "AKIA")}},
)  # fmt: skip
MADE_USE = call("13:05:00", "sts:GetCallerIdentity", user("svc", key(61, "AKIA"), THERE))
LONG = [
    assume(f"14:00:{step:02d}", session("loop", f"s{step}", key(100 + step)), "loop",
           f"s{step + 1}", key(101 + step))
    for step in range(MOST_STEPS + 4)
]  # fmt: skip
ROOTED = assume("15:00:00", ALICE, "ops", "ops", key(71), event="sts:AssumeRoot")
TOKEN = call("15:10:00", "sts:GetSessionToken", ALICE,
             response={"credentials": {"accessKeyId": key(72)}})  # fmt: skip
PORTAL = call(
    "15:20:00", "sso:GetRoleCredentials",
    {"type": "IdentityCenterUser", "accountId": HERE, "onBehalfOf": {
        "userId": "94482488-3041-7000-8000-000000000001",
        "identityStoreArn": f"arn:aws:identitystore::{HERE}:identitystore/d-9067642ac7"}},
    request={"roleName": "Admin", "accountId": HERE},
    response={"roleCredentials": {"accessKeyId": key(73)}},
)  # fmt: skip
CLICKED = call(
    "16:00:00", "s3:ListBuckets",
    user("alice", key(74), sessionContext={"attributes": {"creationDate": "2024-05-01T15:59:00Z"}}),
    sessionCredentialFromConsole="true",
)  # fmt: skip
RECORDS: tuple[Record, ...] = (
    *(HOP_1, HOP_2, HOP_2_THERE, HOP_3, DEED, MUTE, MUTE_THERE, *ROUND, UNUSED, ORPHAN),
    *(MADE, MADE_USE, *LONG, ROOTED, TOKEN, PORTAL, CLICKED),
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with case_of(tmp_path_factory.mktemp("chains"), *RECORDS) as opened:
        yield opened


def rows(case: Case, value: str, **scope: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = chain(case, value, Scope(**scope)).rows.to_pylist()
    return listed


def parts(case: Case, value: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows(case, value)]


def test_three_hops_over_two_accounts_lead_back_to_the_user(case: Case) -> None:
    assert parts(case, key(13), "step", "part", "key") == [
        (-4, "origin", None),
        (-3, "ancestor", key(1, "AKIA")),
        (-2, "ancestor", key(11)),
        (-1, "ancestor", key(12)),
        (0, "asked", key(13)),
        (1, "descendant", key(61, "AKIA")),
    ]
    origin, *_, asked, _ = rows(case, key(13))
    assert (origin["kind"], origin["by"], origin["confidence"]) == (
        "IAM user", "arn:aws:iam::111122223333:user/alice", "proven",
    )  # fmt: skip
    first, second, second_there, third = (
        ref_of(case, each) for each in (HOP_1, HOP_2, HOP_2_THERE, HOP_3)
    )
    assert origin["refs"] == [third, second, second_there, first]
    assert asked["refs"][:2] == [third, ref_of(case, DEED)]
    assert asked["session"] == "arn:aws:sts::444455556666:assumed-role/admin/deploy"
    assert asked["calls"] == 2  # CreateUser, CreateAccessKey


def test_what_came_of_a_key_is_followed_over_accounts(case: Case) -> None:
    below = [row for row in rows(case, key(11)) if row["part"] == "descendant"]

    assert [(row["step"], row["key"]) for row in below] == [
        (1, key(12)), (2, key(13)), (3, key(61, "AKIA")),
    ]  # fmt: skip
    assert below[0]["by"] == BUILD["arn"]


def test_a_caller_is_found_by_the_id_that_both_accounts_share(case: Case) -> None:
    origin, *_ = rows(case, key(21))

    assert (origin["by"], origin["confidence"]) == (ALICE["arn"], "proven")
    assert origin["refs"] == [ref_of(case, MUTE), ref_of(case, MUTE_THERE)]
    assert (1, key(21)) in parts(case, key(1, "AKIA"), "step", "key")


def test_a_circle_ends_and_says_so(case: Case) -> None:
    origin, *others = rows(case, key(31))

    assert (origin["by"], origin["confidence"]) == (None, "unknown")
    assert origin["because"] == "the chain of 2 calls leads back to a key it began with"
    assert {row["key"] for row in others} == {key(31), key(32)}


def test_a_key_that_was_never_used_has_its_origin_and_no_calls(case: Case) -> None:
    found = rows(case, key(41))

    assert [(row["part"], row["calls"]) for row in found if row["key"] == key(41)] == [("asked", 0)]
    assert found[0]["by"] == ALICE["arn"]
    assert found[-1]["refs"] == [ref_of(case, UNUSED)]


def test_a_key_whose_minting_is_not_in_evidence_is_unknown(case: Case) -> None:
    origin, asked = rows(case, key(51))

    assert (origin["confidence"], origin["because"]) == (
        "unknown",
        f"the call that handed out the credentials of {key(51)} is not in the evidence",
    )
    assert asked["because"] == "the call that handed it out is not in the evidence"
    assert asked["refs"] == [ref_of(case, ORPHAN)]


def test_who_made_a_users_key_is_not_who_stands_behind_it(case: Case) -> None:
    origin, *_, asked = rows(case, key(61, "AKIA"))

    assert (origin["by"], origin["confidence"]) == (
        "arn:aws:iam::444455556666:user/svc", "proven",
    )  # fmt: skip
    assert asked["because"] == "CreateAccessKey made this long-term key of svc"
    assert asked["by"] == ADMIN["arn"]


def test_a_chain_without_end_is_followed_so_far_and_says_so(case: Case) -> None:
    found = chain(case, key(101 + MOST_STEPS + 3))
    origin = found.rows.to_pylist()[0]

    assert origin["confidence"] == "unknown"
    assert origin["because"] == f"the chain was followed for {MOST_STEPS} calls and goes on"
    assert found.notes == [
        f"a chain is followed for {MOST_STEPS} calls; ask again from its last key"
    ]


@pytest.mark.parametrize(
    ("minted", "via", "by"),
    [
        (key(71), "AssumeRoot", ALICE["arn"]),
        (key(72), "GetSessionToken", ALICE["arn"]),
        (key(73), "GetRoleCredentials", "94482488-3041-7000-8000-000000000001"),
    ],
)
def test_every_call_that_hands_out_keys_is_a_link(
    case: Case, minted: str, via: str, by: str
) -> None:
    origin, *_, asked = rows(case, minted)

    assert (asked["via"], origin["by"], origin["confidence"]) == (via, by, "proven")


def test_a_key_of_the_console_is_its_users_though_nothing_handed_it_out(case: Case) -> None:
    origin, asked = rows(case, key(74))

    assert (origin["by"], origin["confidence"]) == (ALICE["arn"], "proven")
    assert (asked["via"], asked["confidence"]) == (None, "proven")
    assert asked["because"] == (
        f"the calls name whose key it is: {ALICE['arn']};"
        " it is of a session of the console, whose keys no call hands out"
    )


def test_a_session_is_asked_for_by_its_arn(case: Case) -> None:
    assert parts(case, ADMIN["arn"], "step", "key") == parts(case, key(13), "step", "key")


def test_calls_are_counted_in_scope_and_the_chain_beyond_it(case: Case) -> None:
    *_, asked, _ = rows(case, key(13), region="eu-west-1")

    assert asked["calls"] == 0
    assert len(rows(case, key(13), limit=2)) == 2


def test_a_key_nobody_knows_is_an_empty_table_and_says_what_was_searched(case: Case) -> None:
    found = chain(case, key(999))

    assert found.rows.num_rows == 0
    [note] = found.notes
    assert note.startswith(
        f"{key(999)}: no call was signed with such a key, and none handed it out"
    )
    assert note.endswith("searched: access keys, callers and answers of STS in cloudtrail")


def test_nothing_is_no_key(case: Case) -> None:
    with pytest.raises(UsageError, match="nothing to look for"):
        chain(case, " ")


def test_a_case_without_cloudtrail_says_so(tmp_path: Path) -> None:
    with case_of(tmp_path, readme="nothing here") as empty:
        found = chain(empty, key(1))

    assert (found.rows.num_rows, found.notes) == (
        0, ["not in this case, so not asked: cloudtrail"],
    )  # fmt: skip
