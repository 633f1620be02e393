"""Logs of other formats as messages of CloudWatch: exported, or in envelopes of a subscription."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from benchmarks.generators.cloudtrail import CLOUDTRAIL
from benchmarks.generators.columns import (
    THOUSAND,
    Column,
    constant,
    join,
    lines,
    moments,
    pool,
    six_digits,
    whole,
    written,
)
from benchmarks.generators.delivery import ACCOUNTS, Delivery, LogFormat, Span
from benchmarks.generators.resolver import ROUTE53_RESOLVER
from benchmarks.generators.vpc_flow import VPC_FLOW

EVENTS = 100  # of an envelope
GROUPS = {
    "vpc_flow": "/aws/vpc/flowlogs",
    "cloudtrail": "aws-cloudtrail-logs-111122223333",
    "route53_resolver": "/aws/route53resolver/queries",
}


def messages(log: LogFormat, span: Span) -> list[bytes]:
    """What each unit says, without what divides it from the next one in its own files."""
    return [unit[log.skip :].rstrip(b"\n") for unit in log.units(span).to_pylist()]


def exported(log: LogFormat) -> LogFormat:
    """As an export task writes them: a time, a space, the message."""

    def units(span: Span) -> Column:
        thousandths = THOUSAND.take(span.noise.below(1000))
        times = join(
            moments(span.seconds, "%Y-%m-%dT%H:%M:%S"), constant("."), thousandths, constant("Z")
        )
        return lines(times, pool(messages(log, span)))

    return _as(log, "export", units, "exportedlogs/{word}/stream-{number}/000000.gz")


def subscribed(log: LogFormat) -> LogFormat:
    """As Firehose stores what a subscription sends: envelopes back to back."""

    def units(span: Span) -> Column:
        texts = (json.dumps(each.decode(), ensure_ascii=False) for each in messages(log, span))
        times = join(whole(span.seconds), THOUSAND.take(span.noise.below(1000)))
        ids = join(constant("3" * 44), six_digits(span.noise.below(10**6)),
                   six_digits(span.noise.below(10**6)))  # fmt: skip
        events = join(
            constant('{"id":"'), ids, constant('","timestamp":'), times,
            constant(',"message":'), pool(list(texts)), constant("}"),
        )  # fmt: skip
        return _enveloped(GROUPS[log.name], span, events)

    return _as(log, "subscription", units, "firehose/{word}-{number}.gz")


def _enveloped(group: str, span: Span, events: Column) -> Column:
    """The events with what stands before the first and after the last of each envelope."""
    places = np.arange(span.noise.count)
    begins = np.diff(span.files, prepend=-1) != 0
    begins |= (places - np.maximum.accumulate(np.where(begins, places, 0))) % EVENTS == 0
    ends = np.append(begins[1:], True)

    def head(number: int) -> str:
        if number < 0:
            return ","
        said = {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNTS[number % len(ACCOUNTS)],
            "logGroup": group,
            "logStream": f"stream-{number}",
            "subscriptionFilters": ["to-firehose"],
        }
        return json.dumps(said, separators=(",", ":"))[:-1] + ',"logEvents":['

    heads = written(np.where(begins, span.files, -1), head)
    return join(heads, events, written(ends.astype(np.int64), lambda last: "]}" if last else ""))


def _as(log: LogFormat, shape: str, units: Callable[[Span], Column], path: str) -> LogFormat:
    def key(delivery: Delivery) -> str:
        return path.format(word=delivery.word(12), number=delivery.number)

    return LogFormat(f"{log.name}-{shape}", units, key)


ENVELOPED = tuple(
    wrapped
    for log in (VPC_FLOW, CLOUDTRAIL, ROUTE53_RESOLVER)
    for wrapped in (exported(log), subscribed(log))
)
