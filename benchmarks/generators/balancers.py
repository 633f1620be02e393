"""Access logs of the Network Load Balancer (22 fields) and of the Classic one (15 fields)."""

from __future__ import annotations

import numpy as np

from benchmarks.generators import web
from benchmarks.generators.alb import ODD_AGENTS, ODD_REQUESTS, balancer_key, request, stamp
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
    where,
    whole,
)
from benchmarks.generators.delivery import Delivery, LogFormat, Span

NLB_BALANCER = "net/edge/1122aabb3344ccdd"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-1111-4222-8333-444444444444"
SECOND = "%Y-%m-%dT%H:%M:%S"
UNLESS_TLS = (8, 12, 14, 15, 18, 19, 20)  # fields that a failed handshake leaves unknown


def nlb_columns(span: Span) -> list[Column]:
    """The 22 fields of a connection whose handshake succeeded."""
    noise = span.noise
    lasted = noise.sizes(900)
    return [
        noise.same("tls"),
        noise.same("2.0"),
        moments(span.seconds, SECOND),
        noise.same(NLB_BALANCER),
        noise.pick(["0a1b2c3d4e5f6071", "1a1b2c3d4e5f6072"]),
        join(noise.outside_address(), noise.port(), between=":"),
        join(noise.inside_address(), constant(":443")),
        whole(lasted),
        whole(noise.sizes(4)),
        whole(noise.sizes(800)),
        whole(noise.sizes(5000)),
        noise.same("-"),
        noise.same(CERTIFICATE),
        noise.same("-"),
        noise.pick(["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]),
        noise.pick(["tlsv13", "tlsv12"]),
        noise.same("-"),
        noise.pick(web.HOSTS),
        noise.pick(["h2", "http/1.1"]),
        noise.pick(["http/1.1", "h2"]),
        noise.pick(['"h2","http/1.1"', "-"]),
        moments(span.seconds - lasted // 1000, SECOND),
    ]


def without_tls(fields: list[Column], failed: Mask) -> list[Column]:
    """The fields with nothing known of TLS on the lines of the mask."""
    return [
        where(failed, DASH, column) if place in UNLESS_TLS else column
        for place, column in enumerate(fields)
    ]


def nlb_units(span: Span) -> Column:
    """One line for each connection, three in a hundred without a handshake."""
    noise = span.noise
    fields = without_tls(nlb_columns(span), noise.chosen(0.03))
    if not span.odd:
        return lines(*fields)
    kind = np.where(noise.chosen(span.odd), noise.below(4), -1)
    fields[5] = where(kind == 0, join(noise.address6(), noise.port(), between=":"), fields[5])
    fields[20] = where(kind == 1, constant(r"\"h2\",\"http/1.1\""), fields[20])
    whole_lines = where(kind == 2, lines(*fields[:21]), lines(*fields))
    first_version = [fields[0], constant("1.0"), *fields[2:18]]
    return where(kind == 3, lines(*first_version), whole_lines)


def microseconds(span: Span, typical: int) -> Column:
    """A duration below one second with six decimal places."""
    return join(constant("0."), six_digits(np.minimum(span.noise.sizes(typical), 999_999)))


def clb_columns(span: Span) -> list[Column]:
    """The 15 fields of a request over HTTP."""
    noise = span.noise
    asked = request(noise, noise.outside_address())
    status = web.status_text(web.status(noise))
    return [
        stamp(moments(span.seconds, SECOND), noise),
        noise.same("my-lb"),
        asked["client"],
        join(noise.inside_address(), constant(":80")),
        *(microseconds(span, typical) for typical in (70, 9000, 50)),
        status,
        status,
        whole(noise.sizes(100)),
        whole(noise.sizes(4000)),
        quoted(asked["request"]),
        quoted(asked["agent"]),
        noise.pick(["-", "ECDHE-RSA-AES128-GCM-SHA256"]),
        noise.pick(["-", "TLSv1.2"]),
    ]


def clb_units(span: Span) -> Column:
    """One line for each request."""
    noise, fields = span.noise, clb_columns(span)
    if not span.odd:
        return lines(*fields)
    kind = np.where(noise.chosen(span.odd), noise.below(5), -1)
    fields[2] = where(kind == 0, join(noise.address6(), noise.port(), between=":"), fields[2])
    fields[12] = where(kind == 1, quoted(noise.pick(ODD_AGENTS)), fields[12])
    fields[11] = where(kind == 2, quoted(noise.pick(ODD_REQUESTS)), fields[11])
    for place in (7, 8):
        fields[place] = where(kind == 3, DASH, fields[place])
    fields[11] = where(kind == 3, constant('"- - - "'), fields[11])
    return where(kind == 4, lines(*fields[:12]), lines(*fields))


def nlb_key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    return balancer_key(delivery, NLB_BALANCER.replace("/", "."), "") + ".log.gz"


def clb_key(delivery: Delivery) -> str:
    """Where AWS puts the file, which it does not compress."""
    return balancer_key(delivery, "my-lb", "203.0.113.5_") + ".log"


NLB = LogFormat(name="nlb", units=nlb_units, key=nlb_key, may_be_odd=True)
CLB = LogFormat(name="clb", units=clb_units, key=clb_key, compressed=False, may_be_odd=True)
