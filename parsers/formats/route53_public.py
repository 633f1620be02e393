"""Route 53 public DNS query logs: one line per query that reached a hosted zone."""

from __future__ import annotations

from parsers.contract import text, time
from parsers.engines.delimited import Delimited
from parsers.engines.layouts import field

FIELDS = (
    field(text("version", "Version of the record, like 1.0."), like=r"\d+\.\d+"),
    field(
        time("query_timestamp", "When Route 53 answered."),
        like=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    ),
    field(text("hosted_zone_id", "Hosted zone of the name.", "resource"), like="Z[0-9A-Z]+"),
    field(text("query_name", "Name asked for, without a last dot.", "domain"), like="[^ ]+"),
    field(text("query_type", "Type of record asked for."), like="[A-Z0-9]+|-"),
    field(text("rcode", "Response code: NOERROR, NXDOMAIN, SERVFAIL …."), like="[A-Z]+|-"),
    field(text("transport", "UDP or TCP."), like="[A-Z]+|-"),
    field(text("edge_location", "Where it was answered: an airport and a number, like IAD12.")),
    field(text("resolver_ip", "Address of the resolver that asked, not of its user.", "ip")),
    field(text("edns_client_subnet", "Part of the user's address that the resolver passed on.")),
)

ROUTE53_PUBLIC = Delimited(
    name="route53_public",
    about="DNS queries that reached public hosted zones: what resolvers had not cached.",
    reference="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html",
    fields=FIELDS,
    required=10,
)
