"""What held an address when: machines that follow each other, and honest silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.identity.assets import asset
from forensics.investigations.scope import Scope
from tests.identity.evidence import HERE, call, case_of, flow, interface, key, ref_of, user

ALICE = user("alice", key(1, "AKIA"))
ONE, TWO = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2"
ENI_ONE, ENI_TWO = "eni-0aaaaaaaaaaaaaaa1", "eni-0bbbbbbbbbbbbbbb2"
VPC, OTHER_VPC = "vpc-0aaaaaaaaaaaaaaaa", "vpc-0bbbbbbbbbbbbbbbb"


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2024-05-01T{time}")


def launched(time: str, instance: str, eni: str, ip: str, vpc: str = VPC) -> dict[str, Any]:
    nic = {"networkInterfaceId": eni, "privateIpAddress": ip, "vpcId": vpc}
    machine = {"instanceId": instance, "networkInterfaceSet": {"items": [nic]}}
    return call(time, "ec2:RunInstances", ALICE, response={"instancesSet": {"items": [machine]}})


def terminated(time: str, instance: str) -> dict[str, Any]:
    items = {"instancesSet": {"items": [{"instanceId": instance}]}}
    return call(time, "ec2:TerminateInstances", ALICE, request=items)


FIRST = launched("10:00:00", ONE, ENI_ONE, "10.0.0.10")
END = terminated("11:00:00", ONE)
SECOND = launched("11:05:00", TWO, ENI_TWO, "10.0.0.10")
UNENDED = [
    launched("10:00:00", ONE, "eni-0aaaaaaaaaaaaaa60", "10.0.0.60"),
    launched("11:00:00", TWO, "eni-0bbbbbbbbbbbbbb60", "10.0.0.60"),
    launched("12:00:00", "i-0dddddddddddddd60", "eni-0dddddddddddddd60", "10.0.0.60"),
]
ALLOCATED = call(
    "09:00:00", "ec2:AllocateAddress", ALICE,
    response={"publicIp": "203.0.113.50", "allocationId": "eipalloc-0ccccccccccccccc1"},
)  # fmt: skip
ASSOCIATED = call(
    "09:01:00", "ec2:AssociateAddress", ALICE,
    request={"allocationId": "eipalloc-0ccccccccccccccc1", "instanceId": ONE},
    response={"associationId": "eipassoc-0ccccccccccccccc1"},
)  # fmt: skip
DISASSOCIATED = call(
    "09:30:00", "ec2:DisassociateAddress", ALICE,
    request={"associationId": "eipassoc-0ccccccccccccccc1"},
)  # fmt: skip
FIELDS = "interface-id srcaddr dstaddr start end action log-status flow-direction instance-id"
START = 1714557600  # 10:00
FLOWS = flow(
    FIELDS,
    f"eni-0dddddddddddddddd 10.0.0.77 192.0.2.9 {START} {START + 60} ACCEPT OK egress {TWO}",
    f"eni-0dddddddddddddddd 192.0.2.9 10.0.0.77 {START + 60} {START + 120} ACCEPT OK ingress {TWO}",
    f"eni-0eeeeeeeeeeeeeeee 10.0.0.77 10.0.0.99 {START} {START + 60} ACCEPT OK ingress {ONE}",
)
OLD_FLOWS = flow(
    "interface-id srcaddr dstaddr start end action log-status",
    f"eni-0fffffffffffffff1 10.0.0.88 192.0.2.9 {START} {START + 60} ACCEPT OK",
    f"eni-0fffffffffffffff1 192.0.2.8 10.0.0.88 {START} {START + 90} ACCEPT OK",
    f"eni-0fffffffffffffff2 10.0.0.89 10.0.0.88 {START} {START + 60} ACCEPT OK",
)
STATES = [
    interface("10:00:00", "eni-0ccccccccccccccc1", ["10.0.0.30"], instance="i-0ccccccccccccccc3"),
    interface("12:00:00", "eni-0ccccccccccccccc1", ["10.0.0.31"], instance="i-0ccccccccccccccc3"),
    interface("10:00:00", "eni-0ccccccccccccccc2", ["10.0.0.40"], vpc=VPC),
    interface("10:30:00", "eni-0ccccccccccccccc3", ["10.0.0.40"], vpc=OTHER_VPC),
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    records = (FIRST, END, SECOND, *UNENDED, ALLOCATED, ASSOCIATED, DISASSOCIATED)
    files = {
        "111122223333_vpcflowlogs_us-east-1_fl-0a1b2c3d_20240501T1000Z_0a1b2c3d.log": FLOWS,
        "111122223333_vpcflowlogs_us-east-1_fl-0a1b2c3e_20240501T1000Z_0a1b2c3e.log": OLD_FLOWS,
        "111122223333_Config_us-east-1_ConfigHistory_AWS__EC2__NetworkInterface_1.json": STATES,
    }
    with case_of(tmp_path_factory.mktemp("assets"), *records, **files) as opened:
        yield opened


def rows(case: Case, ip: str, moment: str = "", **scope: Any) -> list[dict[str, Any]]:
    found = asset(case, ip, at(moment) if moment else None, Scope(**scope))
    listed: list[dict[str, Any]] = found.rows.to_pylist()
    return listed


def test_one_address_of_two_machines_is_two_spells(case: Case) -> None:
    first, second = rows(case, "10.0.0.10")

    assert (first["instance"], first["eni"]) == (ONE, ENI_ONE)
    assert (first["valid_from"], first["valid_to"]) == (at("10:00:00"), at("11:00:00"))
    assert first["refs"] == [ref_of(case, FIRST), ref_of(case, END)]
    assert first["because"] == "stated by RunInstances (cloudtrail); ended by TerminateInstances"
    assert (second["instance"], second["eni"]) == (TWO, ENI_TWO)
    assert (second["valid_from"], second["valid_to"]) == (at("11:05:00"), None)
    assert {first["confidence"], second["confidence"]} == {"proven"}


@pytest.mark.parametrize(
    ("moment", "instance", "confidence"),
    [
        ("10:30:00", ONE, "proven"),  # between two records
        ("11:05:00", TWO, "proven"),
        ("23:00:00", TWO, "inferred"),  # nothing says that it was released, or was not
        ("11:02:00", None, "unknown"),  # released, and not given again yet
        ("09:00:00", None, "unknown"),
    ],
)
def test_a_moment_has_the_holder_of_that_moment(
    case: Case, moment: str, instance: str | None, confidence: str
) -> None:
    [row] = rows(case, "10.0.0.10", moment)

    assert (row["instance"], row["confidence"]) == (instance, confidence)
    assert row["refs"]


def test_a_moment_between_spells_names_its_neighbours(case: Case) -> None:
    [row] = rows(case, "10.0.0.10", "11:02:00")

    assert row["because"] == (
        "no record says what held it then; "
        f"{ENI_ONE} did until 2024-05-01 11:00:00 UTC; "
        f"{ENI_TWO} did from 2024-05-01 11:05:00 UTC on"
    )
    assert row["refs"] == [ref_of(case, FIRST), ref_of(case, SECOND)]


def test_the_next_holder_ends_a_spell_whose_end_nobody_recorded(case: Case) -> None:
    _, second, third = rows(case, "10.0.0.60")

    assert (second["instance"], second["valid_to"]) == (TWO, at("12:00:00"))
    assert second["because"].endswith("ended by the next holder, eni-0dddddddddddddd60")
    assert (third["valid_from"], third["valid_to"]) == (at("12:00:00"), None)
    [then] = rows(case, "10.0.0.60", "11:30:00")
    assert (then["instance"], then["confidence"]) == (TWO, "inferred")


def test_an_elastic_address_is_followed_by_its_allocation_and_association(case: Case) -> None:
    [row] = rows(case, "203.0.113.50")

    assert (row["instance"], row["valid_from"], row["valid_to"]) == (
        ONE, at("09:01:00"), at("09:30:00"),
    )  # fmt: skip
    assert row["refs"] == [ref_of(case, ASSOCIATED), ref_of(case, DISASSOCIATED)]


def test_flow_logs_alone_only_infer_and_never_the_other_side(case: Case) -> None:
    [row] = rows(case, "10.0.0.77")

    assert (row["eni"], row["instance"]) == ("eni-0dddddddddddddddd", TWO)
    assert row["confidence"] == "inferred"
    assert (row["valid_from"], row["last_stated"]) == (at("10:00:00"), at("10:02:00"))


def test_flow_logs_without_direction_tell_by_what_all_flows_share(case: Case) -> None:
    [row] = rows(case, "10.0.0.88")

    assert (row["eni"], row["confidence"]) == ("eni-0fffffffffffffff1", "inferred")
    assert "all traffic of the interface" in row["because"]
    assert rows(case, "10.0.0.89") == []  # one peer only: either could be the interface's own


def test_a_state_without_the_address_ends_it(case: Case) -> None:
    [row] = rows(case, "10.0.0.30")

    assert row["valid_to"] == at("12:00:00")
    assert row["because"].endswith("ended by a recorded state without it")


def test_one_address_in_two_networks_is_held_twice_at_a_time(case: Case) -> None:
    found = rows(case, "10.0.0.40", "11:00:00")

    assert [row["vpc"] for row in found] == [VPC, OTHER_VPC]
    assert [row["valid_to"] for row in found] == [None, None]


def test_what_nobody_held_is_an_empty_table_and_says_what_was_searched(case: Case) -> None:
    found = asset(case, "192.0.2.200")

    assert found.rows.num_rows == 0
    assert found.notes[0] == (
        "192.0.2.200: no record of what held it; searched: config_item, cloudtrail, vpc_flow"
    )


def test_spells_are_narrowed_by_window_and_account(case: Case) -> None:
    late = rows(case, "10.0.0.10", start=at("11:01:00"))

    assert [row["instance"] for row in late] == [TWO]
    assert rows(case, "10.0.0.10", account="444455556666") == []
    assert len(rows(case, "10.0.0.10", account=HERE)) == 2


def test_a_name_is_no_address(case: Case) -> None:
    with pytest.raises(UsageError, match="no address"):
        asset(case, "10.0.0.0/24")


def test_a_case_without_any_log_says_so(tmp_path: Path) -> None:
    with case_of(tmp_path, readme="nothing here") as empty:
        found = asset(empty, "10.0.0.10", at("10:00:00"))

    assert found.rows.num_rows == 0
    assert found.notes[0] == "not in this case, so not asked: config_item, cloudtrail, vpc_flow"
