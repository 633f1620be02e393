"""CloudFront standard logs in the W3C form: two header lines, 33 fields between tabs."""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.generators import web
from benchmarks.generators.columns import (
    DASH,
    Column,
    constant,
    join,
    lines,
    moments,
    pool,
    thousandths,
    where,
    whole,
)
from benchmarks.generators.delivery import Delivery, LogFormat, Span
from benchmarks.generators.noise import BASE64

FIELDS = (
    "date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem",
    "sc-status", "cs(Referer)", "cs(User-Agent)", "cs-uri-query", "cs(Cookie)",
    "x-edge-result-type", "x-edge-request-id", "x-host-header", "cs-protocol", "cs-bytes",
    "time-taken", "x-forwarded-for", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type",
    "cs-protocol-version", "fle-status", "fle-encrypted-fields", "c-port", "time-to-first-byte",
    "x-edge-detailed-result-type", "sc-content-type", "sc-content-len", "sc-range-start",
    "sc-range-end",
)  # fmt: skip
EDGES = ("FRA56-P4", "IAD89-C1", "LHR61-P2", "SYD4-C2", "SFO53-P1", "NRT57-P3", "CDG50-C1")
RESULTS = ("Hit", "Miss", "RefreshHit", "Redirect", "Error")
TYPES = ("text/html", "application/json", "image/jpeg", "text/css", "application/javascript")
ENCODED_AGENTS = tuple(agent.replace(" ", "%20") for agent in web.AGENTS)
ODD_AGENTS = ("Mozilla/5.0%2520(X11)", "%22quoted%22", "C:%5Ctemp", "caf%C3%A9%09x", "%7B%7D")


def columns(span: Span) -> list[Column]:
    """The 33 fields of every line."""
    noise = span.noise
    taken, length = noise.sizes(30), noise.sizes(9000)
    result, kind = noise.below(len(RESULTS)), pool(RESULTS)
    result_type = kind.take(result * result // len(RESULTS))
    status = web.status_text(web.status(noise))
    query = where(noise.chosen(0.6), DASH, join(constant("id="), whole(noise.below(10**6))))
    return [
        moments(span.seconds, "%Y-%m-%d"),
        moments(span.seconds, "%H:%M:%S"),
        noise.pick(EDGES),
        whole(length + 400),
        noise.outside_address(),
        noise.pick(web.METHODS),
        noise.same("d111111abcdef8.cloudfront.net"),
        noise.pick(web.PATHS),
        status,
        noise.pick(["-", "https://www.example.com/", "https://shop.example.com/cart"]),
        noise.pick(ENCODED_AGENTS),
        query,
        noise.same("-"),
        result_type,
        join(noise.word(54, BASE64), constant("==")),
        noise.pick(web.HOSTS),
        noise.pick(["https", "https", "http"]),
        whole(noise.sizes(400)),
        thousandths(taken),
        noise.pick(["-", "-", "203.0.113.7,%20198.51.100.9"]),
        noise.pick(["TLSv1.3", "TLSv1.2", "-"]),
        noise.pick(["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "-"]),
        result_type,
        noise.pick(["HTTP/2.0", "HTTP/3.0", "HTTP/1.1"]),
        noise.same("-"),
        noise.same("-"),
        noise.port(),
        thousandths(taken // 2),
        result_type,
        noise.pick(TYPES),
        where(noise.chosen(0.2), DASH, whole(length)),
        noise.same("-"),
        noise.same("-"),
    ]


def units(span: Span) -> Column:
    """One line for each request; odd: IPv6, `000`, agents that need decoding, a tab at the end."""
    noise, fields = span.noise, columns(span)
    if not span.odd:
        return lines(*fields, between="\t")
    kind = np.where(noise.chosen(span.odd), noise.below(4), -1)
    fields[4] = where(kind == 0, noise.address6(), fields[4])
    fields[8] = where(kind == 1, constant("000"), fields[8])
    fields[10] = where(kind == 2, noise.pick(ODD_AGENTS), fields[10])
    fields[32] = where(kind == 3, constant("-\t"), fields[32])
    return lines(*fields, between="\t")


def key(delivery: Delivery) -> str:
    """Where CloudFront puts the file; the distribution is the same for all files of an account."""
    distribution = "E1" + f"{Random(delivery.account).getrandbits(44):011X}"
    return f"cdn/{distribution}.{delivery.starting('%Y-%m-%d-%H')}.{delivery.word(8)}.gz"


CLOUDFRONT = LogFormat(
    name="cloudfront",
    units=units,
    key=key,
    opening=b"#Version: 1.0\n#Fields: " + " ".join(FIELDS).encode() + b"\n",
    may_be_odd=True,
)
