"""CloudTrail: `{"Records":[...]}` on one line, some forty actions, who acts drawn for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.generators.cloudtrail_calls import CALLS, Call
from benchmarks.generators.cloudtrail_identities import ACTORS, ROLES
from benchmarks.generators.columns import (
    Column,
    Numbers,
    interleave,
    moments,
    pool,
    where,
    whole,
    written,
)
from benchmarks.generators.delivery import ACCOUNTS, REGIONS, Delivery, LogFormat, Span
from benchmarks.generators.noise import ALPHANUMERIC, BASE32, BASE64, Noise
from benchmarks.generators.s3_access import KEYS, SDKS
from benchmarks.generators.templates import UNKNOWN_KEY, Template
from benchmarks.generators.web import BROWSERS

AGENTS = (
    *(f"[{agent}]" if place % 5 == 0 else agent for place, agent in enumerate(SDKS)),
    "aws-cli/2.15.0 md/awscrt#0.19.19 ua/2.0 os/linux#6.5 lang/python#3.11.6 cfg/retry#standard",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) terraform-provider-aws/5.38",
    "console.amazonaws.com",
    *BROWSERS[:10],
)
BUCKETS = tuple(
    f"example-{word}-{number}" for word in ("logs", "app", "etl") for number in range(40)
)
KMS_KEYS = tuple(f"00000000-0000-4000-8000-{number:012x}" for number in range(50))

DRAWN: dict[str, Callable[[Noise], Column]] = {
    "guid": Noise.guid,
    "eventid": Noise.guid,
    "pair": Noise.guid,
    "bucket": lambda noise: noise.pick(BUCKETS),
    "key": lambda noise: noise.pick(KEYS),
    "kms": lambda noise: noise.pick(KMS_KEYS),
    "role": lambda noise: noise.pick(ROLES),
    "base32": lambda noise: noise.word(16, BASE32),
    "hex17": lambda noise: noise.word(17),
    "hostid": lambda noise: noise.word(76, BASE64),
    "cipher": lambda noise: noise.word(180, BASE64),
    "size": lambda noise: whole(noise.sizes(40_000, 2.0)),
    "little": lambda noise: whole(noise.sizes(100)),
}


def record(call: Call, failed: bool) -> dict[str, Any]:
    """The template of one action, done or refused, in the order in which AWS writes it."""
    answered = None if failed else call.answered
    tls = {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": f"{call.service}.@region@.amazonaws.com",
    }
    optional = {"additionalEventData": call.additional, "serviceEventDetails": call.details}
    return {
        "eventVersion": "1.11",
        "userIdentity": "#identity#",
        "eventTime": "@time@",
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": "@region@",
        "sourceIPAddress": "@address@",
        "userAgent": "@agent@",
        **(refusal(call) if failed else {}),
        "requestParameters": call.asked,
        "responseElements": answered,
        **{name: value for name, value in optional.items() if value},
        "requestID": "@guid@",
        "eventID": "@eventid@",
        "readOnly": call.reads,
        **({"resources": call.resources} if call.resources else {}),
        "eventType": call.kind,
        "managementEvent": not call.data,
        "recipientAccountId": "@account@",
        **({"sharedEventID": "@pair@"} if call.actor == "service" else {}),
        **({"vpcEndpointId": "vpce-0a1b2c3d4e5f60718"} if call.data else {}),
        "eventCategory": "Data" if call.data else "Management",
        **({"tlsDetails": tls} if call.actor in ("any", "person", "user") else {}),
    }


def refusal(call: Call) -> dict[str, str]:
    """Error code and message of an action that is refused."""
    code, message = call.failure or ("", "")
    action = f"{call.service}:{call.name}"
    message = message.replace("@action@", action).replace("@resource@", "arn:aws:s3:::example-1")
    return {"errorCode": code, "errorMessage": message}


def kinds() -> list[tuple[float, Call, dict[str, Any]]]:
    """Every action that is done, and every one that is refused, with its weight."""
    done = [(call.weight * (1 - call.failing), call, record(call, False)) for call in CALLS]
    refused = [(call.weight * call.failing, call, record(call, True)) for call in CALLS]
    return [kind for kind in done + refused if kind[0]]


def actors(noise: Noise, kind: str, accounts: Numbers) -> dict[str, Column]:
    """Who acts in each record: identity, ARN, address and agent, which belong together."""
    people = [actor for account in ACTORS for actor in account[kind]]
    drawn = pa.array(noise.skewed(len(people) // len(ACTORS)) + accounts * len(ACTORS[0][kind]))
    columns = {
        "identity": pool([actor.identity for actor in people]).take(drawn),
        "arn": pool([actor.arn for actor in people]).take(drawn),
    }
    if people[0].address is not None:
        service = pool([str(actor.address) for actor in people]).take(drawn)
        return columns | {"address": service, "agent": service}
    address = where(noise.chosen(0.06), noise.address6(), noise.outside_address())
    return columns | {"address": address, "agent": noise.pick(AGENTS)}


def filled(span: Span, call: Call, template: Template, places: Numbers) -> Column:
    """The records of one action; `places` are theirs among the units of the span."""
    noise = span.noise.of(len(places))
    accounts, seconds = span.accounts[places], span.seconds[places]
    known = actors(noise, call.actor, accounts) | {
        "account": written(accounts, ACCOUNTS.__getitem__),
        "region": written(span.regions[places], REGIONS.__getitem__),
        "time": moments(seconds - noise.sizes(20), "%Y-%m-%dT%H:%M:%SZ"),
        "epoch": whole(seconds * 1000),
    }
    return template.fill(lambda name: known[name] if name in known else DRAWN[name](noise))


def units(span: Span) -> Column:
    """One event each, led by a comma."""
    every = kinds()
    added = UNKNOWN_KEY if span.unknown_key else {}
    drawn = span.noise.kinds([weight for weight, _, _ in every])
    groups = []
    for kind, (_, call, body) in enumerate(every):
        places = np.flatnonzero(drawn == kind)
        if len(places):
            template = Template(body | added, opening=",")
            groups.append((places, filled(span, call, template, places)))
    return interleave(groups)


def key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    folder = f"AWSLogs/{delivery.account}/CloudTrail/{delivery.region}"
    day, stamp = delivery.ending("%Y/%m/%d"), delivery.ending("%Y%m%dT%H%MZ")
    name = f"{delivery.account}_CloudTrail_{delivery.region}_{stamp}"
    return f"{folder}/{day}/{name}_{delivery.word(16, ALPHANUMERIC)}.json.gz"


CLOUDTRAIL = LogFormat(
    name="cloudtrail",
    units=units,
    key=key,
    opening=b'{"Records":[',
    closing=b"]}",
    skip=1,
    may_have_unknown_key=True,
)
