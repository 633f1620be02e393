"""S3 server access logs: 26 fields, three of them in quotes that nobody escapes."""

from __future__ import annotations

import numpy as np

from benchmarks.generators import web
from benchmarks.generators.columns import (
    DASH,
    Column,
    constant,
    join,
    lines,
    moments,
    quoted,
    where,
    whole,
)
from benchmarks.generators.delivery import Delivery, LogFormat, Span
from benchmarks.generators.noise import BASE32, BASE64, HEX_UPPER, Noise

OWNER = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd"
BUCKET = "example-bucket"
ERAS = (18, 24, 25)  # fields of a line before 2018, in 2019 and in 2021
KEYS = tuple(path[1:] + suffix for path in web.PATHS for suffix in (".json", ".jpg", ".parquet"))
REQUESTERS = (
    "-",
    "arn:aws:sts::111122223333:assumed-role/app/i-0a1b2c3d4e5f60718",
    *(f"arn:aws:sts::111122223333:assumed-role/etl/run-{number}" for number in range(40)),
    *(f"arn:aws:iam::111122223333:user/user{number}" for number in range(20)),
    "svc:delivery.logs.amazonaws.com",
)
ORIGIN_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234"
JAVA = "Linux/5.10 OpenJDK_64-Bit_Server_VM/11.0.20 cfg/retry-mode/legacy"
SDKS = (
    *(f"aws-sdk-java/1.12.{number} {JAVA}" for number in range(30)),
    "aws-cli/2.15.0 Python/3.11.6 exe/x86_64.amzn.2",
    "Boto3/1.34.11 md/Botocore#1.34.11",
)
ODD_AGENTS: tuple[bytes, ...] = (
    b'"Mozilla/5.0 (X11)"',
    b'aws-cli/2.15.0 "exec-env/CloudShell"',
    rb"backup C:\temp\x",
    b"caf\xe9 \xff",
    b"",
)


def asked(noise: Noise) -> dict[str, Column]:
    """Operation, key and request line, which belong together."""
    writes = noise.chosen(0.25)
    operation = where(writes, constant("REST.PUT.OBJECT"), constant("REST.GET.OBJECT"))
    method = where(writes, constant("PUT"), constant("GET"))
    key = noise.pick(KEYS)
    uri = join(method, constant(f" /{BUCKET}/"), key, constant(" HTTP/1.1"))
    return {"operation": operation, "key": key, "uri": uri}


def columns(span: Span) -> list[Column]:
    """The 26 fields of every line; the time in its brackets is one."""
    noise, what = span.noise, asked(span.noise)
    denied, size = noise.chosen(0.04), whole(noise.sizes(90_000, 2.0))
    total = noise.sizes(45)
    return [
        noise.same(OWNER),
        noise.same(BUCKET),
        moments(span.seconds, "[%d/%b/%Y:%H:%M:%S +0000]"),
        noise.outside_address(),
        noise.pick(REQUESTERS),
        noise.word(16, BASE32),
        what["operation"],
        what["key"],
        quoted(what["uri"]),
        where(denied, constant("403"), constant("200")),
        where(denied, constant("AccessDenied"), DASH),
        where(denied, constant("243"), size),
        where(denied, DASH, size),
        whole(total),
        whole(total // 2),
        noise.pick(['"-"', '"-"', '"https://www.example.com/"']),
        quoted(noise.pick(SDKS)),
        noise.same("-"),
        join(noise.word(75, BASE64), constant("=")),
        noise.pick(["SigV4", "SigV4", "-"]),
        noise.pick(["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]),
        noise.pick(["AuthHeader", "AuthHeader", "QueryString", "-"]),
        noise.pick([f"{BUCKET}.s3.eu-central-1.amazonaws.com", f"{BUCKET}.s3.amazonaws.com"]),
        noise.pick(["TLSv1.3", "TLSv1.2"]),
        noise.same("-"),
        noise.same("-"),
    ]


def expired(fields: list[Column]) -> list[Column]:
    """The fields of an object that S3 itself removed: hardly anything is known."""
    kept = {0, 1, 2, 5, 7, 12}
    named = {4: constant("AmazonS3"), 6: constant("S3.EXPIRE.OBJECT")}
    return [
        column if place in kept else named.get(place, DASH) for place, column in enumerate(fields)
    ]


def make_odd(span: Span, fields: list[Column], kind: np.ndarray) -> Column:
    """Quotes in quotes, backslashes, IPv6, a requester with spaces, too few or too many fields."""
    noise = span.noise
    file_name = join(fields[7], constant('?x=filename="a.json" HTTP/1.1'))
    fields[16] = where(kind == 0, quoted(noise.pick(ODD_AGENTS)), fields[16])
    fields[8] = where(kind == 1, join(constant('"GET /'), file_name, constant('"')), fields[8])
    fields[3] = where(kind == 2, noise.address6(), fields[3])
    fields[4] = where(kind == 3, constant(ORIGIN_IDENTITY), fields[4])
    written = where(kind == 4, lines(*expired(fields)), lines(*fields))
    written = where(kind == 5, lines(*fields, constant("us-east-1")), written)
    for place, width in enumerate(ERAS, 6):
        written = where(kind == place, lines(*fields[:width]), written)
    return written


def units(span: Span) -> Column:
    """One line for each request."""
    fields = columns(span)
    if not span.odd:
        return lines(*fields)
    kind = np.where(span.noise.chosen(span.odd), span.noise.below(6 + len(ERAS)), -1)
    return make_odd(span, fields, kind)


def key(delivery: Delivery) -> str:
    """Where S3 puts the file, which it does not compress."""
    return f"logs/{delivery.ending('%Y-%m-%d-%H-%M-%S')}-{delivery.word(16, HEX_UPPER)}"


S3_ACCESS = LogFormat(name="s3_access", units=units, key=key, compressed=False, may_be_odd=True)
