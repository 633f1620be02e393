"""Route 53 Resolver query logs: one JSON object on each line."""

from __future__ import annotations

from random import Random
from typing import Any

from benchmarks.generators.columns import Column, constant, join, moments, written
from benchmarks.generators.delivery import ACCOUNTS, REGIONS, Delivery, LogFormat, Span
from benchmarks.generators.noise import HEX
from benchmarks.generators.templates import json_lines
from benchmarks.generators.vpc_flow import INSTANCES

NETWORKS = {account: f"vpc-{Random(account).getrandbits(68):017x}" for account in ACCOUNTS}
NAMES = tuple(
    f"{host}{number}.{domain}."
    for number in range(400)
    for host in ("www", "api", "cdn", "db")
    for domain in ("example.com", "example.net", "internal.example.org")
)


def record(rcode: str, answers: list[tuple[str, str]], **others: Any) -> dict[str, Any]:
    """One record with these answers, given as (data, type)."""
    known = {
        "version": "1.100000",
        "account_id": "@account@",
        "region": "@region@",
        "vpc_id": "@vpc@",
        "query_timestamp": "@time@",
        "query_name": "@name@",
        "query_type": answers[-1][1] if answers else "A",
        "query_class": "IN",
        "rcode": rcode,
        "answers": [{"Rdata": data, "Type": type_, "Class": "IN"} for data, type_ in answers],
        "srcaddr": "@source@",
        "srcport": "@port@",
        "transport": "UDP",
        "srcids": {"instance": "@instance@"},
    }
    return known | others


BLOCKED = {
    "firewall_rule_group_id": "rslvr-frg-0a1b2c3d4e5f6071",
    "firewall_rule_action": "BLOCK",
    "firewall_domain_list_id": "rslvr-fdl-0a1b2c3d4e5f6071",
}
KINDS: tuple[tuple[float, dict[str, Any]], ...] = (
    (50, record("NOERROR", [("@outside@", "A")])),
    (20, record("NOERROR", [("edge.example.org.", "CNAME"), ("@outside@", "A"), ("@more@", "A")])),
    (10, record("NOERROR", [("@address6@", "AAAA")])),
    (5, record("NOERROR", [('v=spf1 "include:example.com" -all', "TXT")])),
    (12, record("NXDOMAIN", [], srcids={})),
    (3, record("NXDOMAIN", [], query_name="@label@.bad.example.", **BLOCKED)),
)  # fmt: skip


def holes(span: Span) -> dict[str, Column]:
    """What fills each hole."""
    noise = span.noise
    return {
        "account": written(span.accounts, ACCOUNTS.__getitem__),
        "region": written(span.regions, REGIONS.__getitem__),
        "vpc": written(span.accounts, lambda account: NETWORKS[ACCOUNTS[account]]),
        "time": moments(span.seconds, "%Y-%m-%dT%H:%M:%SZ"),
        "name": noise.pick(NAMES),
        "source": noise.inside_address(),
        "port": noise.port(),
        "instance": noise.pick(INSTANCES),
        "outside": noise.outside_address(),
        "more": noise.outside_address(),
        "address6": noise.address6(),
        "label": join(constant("x"), noise.word(20, HEX)),
    }


def units(span: Span) -> Column:
    """One object on each line."""
    return json_lines(span.noise, KINDS, holes(span), span.unknown_key)


def key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    vpc = NETWORKS[delivery.account]
    folder = f"AWSLogs/{delivery.account}/vpcdnsquerylogs/{vpc}/{delivery.starting('%Y/%m/%d')}"
    stamp = delivery.starting("%Y%m%dT%H%MZ")
    return f"{folder}/{vpc}_vpcdnsquerylogs_{delivery.account}_{stamp}_{delivery.word(8)}.log.gz"


ROUTE53_RESOLVER = LogFormat(
    name="route53_resolver", units=units, key=key, may_have_unknown_key=True
)
