"""Route 53 Resolver query logs: one JSON object per DNS query that left a VPC's cache."""

from __future__ import annotations

from dataclasses import replace

from parsers.contract import (
    Column,
    integer,
    json,
    loose,
    spelt,
    struct,
    structs,
    text,
    texts,
    time,
)
from parsers.engines.typed_json import TypedJson

_FIRST = {
    "Rdata": "Address",
    "resolver_endpoint": "resolver-endpoint",
    "resolver_network_interface": "resolver-network-interface",
}
"""How the first records of 2020 spelt what they had."""

_FIREWALL = {"srcaddr": "src-addr", "srcport": "src-port"}
"""How DNS Firewall events spell what does not follow the rule of hyphens."""


def _first(member: str) -> str:
    return _FIRST.get(member, member)


def _firewall(member: str) -> str:
    return _FIREWALL.get(member, member.replace("_", "-"))


def _documented(member: str) -> str:
    """The guide prints the members of answers in lower case."""
    return member.lower() if member in ("Rdata", "Type", "Class") else member


_COLUMNS: tuple[Column, ...] = (
    text("version", "Version of the record's format, like 1.100000."),
    text("account_id", "Account that owns the VPC.", "account"),
    text("region", "Region of the VPC."),
    text("vpc_id", "VPC the query came from.", "vpc"),
    time("query_timestamp", "When the query was received."),
    text("query_name", "Name asked for, as sent, with its last dot.", "domain"),
    text("query_type", "Type of record asked for."),
    text("query_class", "Class asked for, nearly always IN."),
    text("rcode", "Response code: NOERROR, NXDOMAIN, SERVFAIL …"),
    structs(
        "answers",
        "Records of the answer, aliases included; made up by DNS Firewall where it blocked.",
        text("Rdata", "Value of the record: an address, a name, a text.", "host"),
        text("Type", "Type of the record."),
        text("Class", "Class of the record."),
    ),
    text("srcaddr", "Address the query came from.", "ip"),
    loose(integer("srcport", "Port the query came from.")),
    text("transport", "UDP or TCP."),
    struct(
        "srcids",
        "What sent the query or passed it on.",
        text("instance", "Instance the query came from.", "instance"),
        text("resolver_endpoint", "Inbound endpoint that passed it on.", "resource"),
        text("resolver_network_interface", "Interface of that endpoint.", "resource"),
    ),
    replace(
        texts("srcid_list", "The same as a mere list of ids, in the first records of 2020."),
        member="srcids",
    ),
    text("firewall_rule_group_id", "DNS Firewall rule group that matched.", "resource"),
    text("firewall_rule_action", "ALERT or BLOCK; absent where nothing matched."),
    text("firewall_domain_list_id", "Domain list that matched.", "resource"),
    text("firewall_protection", "DGA, DICTIONARY_DGA or DNS_TUNNELING, where that matched."),
    json("additional_properties", "What else the resolver says, like whether it was delayed."),
    time("last_observed_at", "When DNS Firewall last saw the query of an event."),
    replace(
        json("firewall_resources", "What sent the query, as DNS Firewall events say it."),
        member="resources",
    ),
)

ROUTE53_RESOLVER = TypedJson(
    name="route53_resolver",
    about="DNS queries of a VPC that its resolver had not cached, answers, and DNS Firewall.",
    reference="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html",
    columns=spelt(_COLUMNS, _first, _firewall, _documented),
    anchors=("query_timestamp", "query_name", "query-name", "srcaddr", "src-addr"),
    requires=(
        frozenset({"query_timestamp", "srcaddr"}),
        frozenset({"query_timestamp", "query_name", "query_type"}),
        frozenset({"last-observed-at", "query-name", "firewall-rule-action"}),
    ),
    unique=("query_timestamp", "query_name", "srcaddr", "rcode"),
)
