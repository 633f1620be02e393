"""VPC flow logs: the default fields of version 2, and a custom order up to version 5."""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.generators.columns import (
    DASH,
    Column,
    Mask,
    Numbers,
    constant,
    join,
    lines,
    where,
    whole,
    written,
)
from benchmarks.generators.delivery import ACCOUNTS, REGIONS, Delivery, LogFormat, Span
from benchmarks.generators.noise import HEX, Noise

V2 = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
    "packets", "bytes", "start", "end", "action", "log-status",
)  # fmt: skip
V5 = (
    "version", "vpc-id", "subnet-id", "instance-id", "interface-id", "account-id", "type",
    "srcaddr", "dstaddr", "srcport", "dstport", "pkt-srcaddr", "pkt-dstaddr", "protocol",
    "tcp-flags", "packets", "bytes", "start", "end", "action", "log-status", "region", "az-id",
    "sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service",
    "flow-direction", "traffic-path",
)  # fmt: skip

SERVICE_PORTS = (443, 80, 53, 5432, 3306, 22, 6379, 8080, 123, 3389, 445, 9200)
TCP_FLAGS = (0, 2, 18, 19, 3, 1, 4, 7)
ALWAYS = {"version", "account-id", "interface-id", "start", "end", "log-status"}  # without traffic


def identifiers(prefix: str, count: int) -> tuple[str, ...]:
    """That many resource ids, the same ones always."""
    chance = Random(prefix)
    return tuple(prefix + "".join(chance.choices(HEX, k=17)) for _ in range(count))


INTERFACES = identifiers("eni-", 400)
SUBNETS = identifiers("subnet-", 12)
INSTANCES = identifiers("i-", 300)
NETWORKS = identifiers("vpc-", 3)


def flow(span: Span, version: int) -> dict[str, Column]:
    """The values of every field, by its name in the header."""
    noise = span.noise
    outgoing = noise.chosen(0.5)
    inside, outside = noise.inside_address(), noise.outside_address()
    client, server = noise.port(), noise.pick([str(port) for port in SERVICE_PORTS])
    packets = noise.sizes(8)
    end = span.seconds - noise.below(20)
    service = where(noise.chosen(0.2), noise.pick(["S3", "AMAZON", "EC2", "DYNAMODB"]), DASH)
    source, destination = where(outgoing, inside, outside), where(outgoing, outside, inside)
    return {
        "version": noise.same(str(version)),
        "account-id": written(span.accounts, ACCOUNTS.__getitem__),
        "interface-id": noise.pick(INTERFACES),
        "srcaddr": source,
        "dstaddr": destination,
        "srcport": where(outgoing, client, server),
        "dstport": where(outgoing, server, client),
        "protocol": where(noise.chosen(0.12), constant("17"), constant("6")),
        "packets": whole(packets),
        "bytes": whole(packets * noise.between(40, 1460)),
        "start": whole(end - noise.between(1, 60)),
        "end": whole(end),
        "action": where(noise.chosen(0.1), constant("REJECT"), constant("ACCEPT")),
        "log-status": noise.same("OK"),
        "vpc-id": noise.pick(NETWORKS),
        "subnet-id": noise.pick(SUBNETS),
        "instance-id": where(noise.chosen(0.1), DASH, noise.pick(INSTANCES)),
        "tcp-flags": noise.pick([str(flags) for flags in TCP_FLAGS]),
        "type": noise.same("IPv4"),
        "pkt-srcaddr": where(noise.chosen(0.9), source, noise.inside_address()),
        "pkt-dstaddr": destination,
        "region": written(span.regions, REGIONS.__getitem__),
        "az-id": written(span.regions, lambda region: f"az{region + 1}"),
        "sublocation-type": where(noise.chosen(0.01), constant("outpost"), DASH),
        "sublocation-id": noise.same("-"),
        "pkt-src-aws-service": where(outgoing, DASH, service),
        "pkt-dst-aws-service": where(outgoing, service, DASH),
        "flow-direction": where(outgoing, constant("egress"), constant("ingress")),
        "traffic-path": where(outgoing, noise.pick(["8", "1", "3", "7"]), DASH),
    }


def empty(fields: dict[str, Column], mask: Mask, status: str) -> dict[str, Column]:
    """The fields with nothing known of the traffic on the lines of the mask."""
    kept = {
        name: column if name in ALWAYS else where(mask, DASH, column)
        for name, column in fields.items()
    }
    kept["log-status"] = where(mask, constant(status), kept["log-status"])
    return kept


def make_odd(fields: dict[str, Column], noise: Noise, kind: Numbers) -> dict[str, Column]:
    """IPv6, lost records, an account AWS does not name and a doubled space: kinds 0 to 3."""
    changed = empty(fields, kind == 1, "SKIPDATA")
    for name in ("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"):
        changed[name] = where(kind == 0, noise.address6(), changed[name])
    changed["type"] = where(kind == 0, constant("IPv6"), changed["type"])
    changed["account-id"] = where(kind == 2, constant("unknown"), changed["account-id"])
    doubled = join(changed["interface-id"], constant(" "))
    changed["interface-id"] = where(kind == 3, doubled, changed["interface-id"])
    return changed


def units(span: Span, order: tuple[str, ...], version: int) -> Column:
    """One line for each flow, two in a hundred for a window without traffic."""
    noise = span.noise
    kind = np.where(noise.chosen(span.odd), noise.below(4), -1)
    fields = empty(flow(span, version), noise.chosen(0.02) & (kind < 0), "NODATA")
    if span.odd:
        fields = make_odd(fields, noise, kind)
    return lines(*(fields[name] for name in order))


def key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    folder = f"AWSLogs/{delivery.account}/vpcflowlogs/{delivery.region}"
    flow_log = f"fl-{Random(delivery.account + delivery.region).getrandbits(68):017x}"
    name = f"{delivery.account}_vpcflowlogs_{delivery.region}_{flow_log}"
    day, stamp = delivery.starting("%Y/%m/%d"), delivery.starting("%Y%m%dT%H%MZ")
    return f"{folder}/{day}/{name}_{stamp}_{delivery.word(8)}.log.gz"


VPC_FLOW = LogFormat(
    name="vpc_flow",
    units=lambda span: units(span, V2, 2),
    key=key,
    opening=" ".join(V2).encode() + b"\n",
    may_be_odd=True,
)
VPC_FLOW_V5 = LogFormat(
    name="vpc_flow_v5",
    units=lambda span: units(span, V5, 5),
    key=key,
    opening=" ".join(V5).encode() + b"\n",
    may_be_odd=True,
)
