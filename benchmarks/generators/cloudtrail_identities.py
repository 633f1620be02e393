"""Who acts in the made-up CloudTrail: people, roles, users, services; as `userIdentity` JSON."""

from __future__ import annotations

import json
from random import Random
from typing import Any, NamedTuple

from benchmarks.generators.delivery import ACCOUNTS
from benchmarks.generators.noise import BASE32, HEX

SERVICES = (
    "ec2.amazonaws.com", "autoscaling.amazonaws.com", "config.amazonaws.com", "ecs.amazonaws.com",
    "lambda.amazonaws.com", "elasticloadbalancing.amazonaws.com", "cloudtrail.amazonaws.com",
    "ssm.amazonaws.com", "eks.amazonaws.com", "backup.amazonaws.com",
)  # fmt: skip
ROLES = ("app", "etl", "deploy", "eks-node", "lambda-orders", "monitoring", "ci", "batch", "backup")
PEOPLE = 60  # sessions of each account
WORKLOADS = 400
CREATED = "2025-02-15T0{}:{:02d}:{:02d}Z"


class Actor(NamedTuple):
    """Somebody or something that calls AWS."""

    identity: str  # userIdentity, as JSON
    arn: str  # as error messages spell it
    address: str | None = None  # sourceIPAddress and userAgent of a service; None: anybody's


def identifier(chance: Random, prefix: str) -> str:
    """A unique id of IAM with that prefix."""
    return prefix + "".join(chance.choices(BASE32, k=17))


def actor(identity: dict[str, Any], address: str | None = None) -> Actor:
    """The actor with that identity."""
    text = json.dumps(identity, separators=(",", ":"))
    return Actor(text, identity.get("arn", identity.get("invokedBy", "")), address)


def issuer(chance: Random, account: str, role: str, path: str = "") -> dict[str, Any]:
    """The role that a session was made from."""
    arn = f"arn:aws:iam::{account}:role/{path}{role}"
    number = identifier(chance, "AROA")
    known = {"type": "Role", "principalId": number, "arn": arn, "accountId": account}
    return known | {"userName": role}


def session(chance: Random, account: str, role: dict[str, Any], name: str) -> dict[str, Any]:
    """The identity of a session of that role."""
    created = CREATED.format(chance.randrange(10), chance.randrange(60), chance.randrange(60))
    return {
        "type": "AssumedRole",
        "principalId": f"{role['principalId']}:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role['userName']}/{name}",
        "accountId": account,
        "accessKeyId": identifier(chance, "ASIA")[:20],
        "sessionContext": {
            "sessionIssuer": role,
            "attributes": {"creationDate": created, "mfaAuthenticated": "false"},
        },
    }


def person(chance: Random, account: str, number: int) -> Actor:
    """A human with a session of the single sign-on."""
    permission = ("AdministratorAccess", "ReadOnlyAccess", "PowerUserAccess")[number % 3]
    name = f"AWSReservedSSO_{permission}_{'0123456789abcdef'[number % 16] * 16}"
    role = issuer(chance, account, name, "aws-reserved/sso.amazonaws.com/eu-west-1/")
    identity = session(chance, account, role, f"user{number}@example.com")
    if number % 4 == 0:
        identity["sessionContext"]["sourceIdentity"] = f"user{number}@example.com"
    return actor(identity)


def workload(chance: Random, account: str, number: int) -> Actor:
    """A role session of an instance, a function or a pipeline."""
    role = issuer(chance, account, ROLES[number % len(ROLES)])
    name = "i-" + "".join(chance.choices(HEX, k=17)) if number % 2 else f"run-{number}"
    identity = session(chance, account, role, name)
    if number % 2:
        identity["sessionContext"]["ec2RoleDelivery"] = "2.0"
    if number % 9 == 0:
        identity["sessionContext"]["webIdFederationData"] = {
            "federatedProvider": f"arn:aws:iam::{account}:oidc-provider/oidc.example.com",
            "attributes": {},
        }
    return actor(identity)


def user(chance: Random, account: str, number: int) -> Actor:
    """An IAM user with a long-lived key."""
    name = f"svc-{ROLES[number % len(ROLES)]}-{number}"
    identity = {
        "type": "IAMUser",
        "principalId": identifier(chance, "AIDA"),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": identifier(chance, "AKIA")[:20],
        "userName": name,
    }
    return actor(identity)


def actors_of(account: str) -> dict[str, list[Actor]]:
    """Everybody who acts in one account, by kind; the same ones always."""
    chance = Random(account)
    other = next(a for a in ACCOUNTS if a != account)
    root = {"type": "Root", "principalId": account, "arn": f"arn:aws:iam::{account}:root"}
    internal = {"accountId": account, "invokedBy": "AWS Internal"}
    token = f"arn:aws:iam::{account}:oidc-provider/oidc.example.com:system:serviceaccount:apps:api"
    web = {"type": "WebIdentityUser", "principalId": token, "userName": "apps:api"}
    foreign = {"type": "AWSAccount", "principalId": identifier(chance, "AIDA"), "accountId": other}
    people = [person(chance, account, number) for number in range(PEOPLE)]
    return {
        "any": [workload(chance, account, n) for n in range(WORKLOADS)] + people,
        "person": people,
        "user": [user(chance, account, number) for number in range(30)],
        "root": [actor(root | {"accountId": account})],
        "service": [actor({"type": "AWSService", "invokedBy": s}, s) for s in SERVICES],
        "internal": [actor(internal, "AWS Internal")],
        "foreign": [actor(foreign)],
        "web": [actor(web | {"identityProvider": f"arn:aws:iam::{account}:oidc-provider/x"})],
    }


ACTORS = [actors_of(account) for account in ACCOUNTS]
