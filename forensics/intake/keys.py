"""What the key of an object says of its content, by the layouts AWS documents; nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """None where the key does not say; the period is half open, in UTC."""

    account_id: str | None = None
    region: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None


class _Layout(NamedTuple):
    """A documented file name, and where its period begins and ends seen from its stamps."""

    pattern: re.Pattern[str]
    start: timedelta | None
    end: timedelta | None


_AT = timedelta(0)
_INTERVAL = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_ACCOUNT = r"(?P<account>[^/_]+)"
_REGION = r"(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d{1,2})"
_MINUTE = r"(?P<stamp>\d{8}T\d{4})Z"
_SECOND = r"\d{8}T\d{6}"


def _layout(pattern: str, start: timedelta | None, end: timedelta | None) -> _Layout:
    return _Layout(re.compile(pattern, re.ASCII), start, end)


# The first that fits decides. What follows the stamps is free: copies are renamed at the end, and
# Windows does not allow the colons of resource types and addresses.
_NAMES: tuple[_Layout, ...] = (
    # delivered at that minute, may hold any event before
    _layout(rf"{_ACCOUNT}_CloudTrail(?:-[A-Z]\w+)?_{_REGION}_{_MINUTE}", None, _AT),
    # the end of the hour a digest covers; the first region is the covered one
    _layout(rf"{_ACCOUNT}_CloudTrail-Digest_{_REGION}_.+_(?P<stamp>{_SECOND})Z", None, _AT),
    _layout(
        rf"{_ACCOUNT}_Config_{_REGION}_ConfigHistory_.+"
        rf"_(?P<stamp>{_SECOND})Z_(?P<last>{_SECOND})Z_",
        _AT,
        _AT,
    ),
    # one moment
    _layout(rf"{_ACCOUNT}_Config_{_REGION}_[CS].+_(?P<stamp>{_SECOND})Z_", _AT, _AT),
    # the start of five minutes
    _layout(rf"{_ACCOUNT}_vpcflowlogs_{_REGION}_fl-[0-9a-f]+_{_MINUTE}", _AT, _INTERVAL),
    # the end of five minutes (ALB, NLB); of five or of sixty (CLB)
    _layout(
        rf"(?:(?:conn|health_check)_log[_.])?{_ACCOUNT}_elasticloadbalancing_{_REGION}"
        rf"_(?:app|net)\..+_{_MINUTE}_",
        -_INTERVAL,
        _AT,
    ),
    _layout(rf"{_ACCOUNT}_elasticloadbalancing_{_REGION}_.+_{_MINUTE}_", None, _AT),
    # AWS does not say what these stamps bound
    _layout(rf"{_ACCOUNT}_waflogs_(?:{_REGION}|cloudfront)_.+_{_MINUTE}_", None, None),
    _layout(rf"vpc-[0-9a-f]+_vpcdnsquerylogs_{_ACCOUNT}_{_MINUTE}_", None, None),
    # the hour of the requests (CloudFront)
    _layout(
        r"[A-Z0-9]{12,14}\.(?P<stamp>\d{4}-\d\d-\d\d-\d\d)\.[0-9a-zA-Z]{8}(?![0-9a-zA-Z])",
        _AT,
        _HOUR,
    ),
    # S3 access: a day of events where no time is given, else the delivery
    _layout(r"(?P<stamp>\d{4}-\d\d-\d\d)-00-00-00-[0-9A-F]{16}(?![0-9a-zA-Z])", _AT, _DAY),
    _layout(r".*?(?P<stamp>\d{4}(?:-\d\d){5})-[0-9A-F]{16}(?![0-9a-zA-Z])", None, _AT),
)

_TREES = tuple(
    re.compile(rf"(?:^|/){tree}", re.ASCII)
    for tree in (
        (
            r"AWSLogs/(?:o-[a-z0-9]+/)?(?:aws-account-id=)?(?P<account>\d{12})/"
            rf"(?:(?:(?:aws-)?service=)?(?P<service>[^/]+)/)?(?:(?:aws-region=)?{_REGION}/)?"
        ),
        # S3 access logs, partitioned
        rf"(?P<account>\d{{12}})/{_REGION}/[^/]+/(?=\d{{4}}/\d\d/\d\d/[^/]+\Z)",
    )
)
_DATES = tuple(
    re.compile(date, re.ASCII)
    for date in (
        r"/(\d{4})/(\d{1,2})/(\d{1,2})/(?:(\d\d)/)?",
        r"/year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})/(?:hour=(\d\d)/)?",
    )
)
_ENCODED = re.compile("%(?:2F|3A|3D)", re.IGNORECASE)


def key_facts(key: str) -> KeyFacts:
    """Account, region and period of the content, as far as its key states them.

    The file name counts more than the folders: it travels with the file. The period is what AWS
    documents for that name; folders are dated by delivery, so they only bound the end, but for flow
    logs. Never raises: a key that says nothing gives no facts.
    """
    if _ENCODED.search(key):
        key = unquote(key)
    name = _from_name(key.rpartition("/")[2])
    tree = _from_folders(key)
    if name is None:
        return tree
    return KeyFacts(
        name.account_id or tree.account_id,
        name.region or tree.region,
        name.period_start,
        name.period_end,
    )


def _from_name(name: str) -> KeyFacts | None:
    for layout in _NAMES:
        found = layout.pattern.match(name)
        if found:
            parts = found.groupdict()
            first = _moment(parts["stamp"])
            last = _moment(parts.get("last") or parts["stamp"])
            return KeyFacts(
                _account(parts), parts.get("region"), _shift(first, layout.start),
                _shift(last, layout.end),
            )  # fmt: skip
    return None


def _from_folders(key: str) -> KeyFacts:
    for tree in _TREES:
        found = tree.search(key)
        if found:
            parts = found.groupdict()
            service = parts.get("service") or ""
            start, end = (None, None) if "CloudTrail-Lake" in service else _folder_period(key)
            return KeyFacts(
                _account(parts),
                parts.get("region"),
                start if service == "vpcflowlogs" else None,
                end,
            )
    return KeyFacts()


def _folder_period(key: str) -> tuple[datetime | None, datetime | None]:
    for date in _DATES:
        found = date.search(key)
        if found:
            start = _moment("-".join(part.zfill(2) for part in found.groups() if part))
            return start, _shift(start, _HOUR if found[4] else _DAY)
    return None, None


def _account(parts: Mapping[str, str | None]) -> str | None:
    account = parts.get("account") or ""
    return account if account.isdecimal() and account.isascii() and len(account) == 12 else None


def _moment(stamp: str) -> datetime | None:
    """The time of a stamp, whatever stands between its digits; None for no time at all."""
    digits = re.sub(r"\D", "", stamp)
    parts = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, len(digits), 2))]
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def _shift(moment: datetime | None, by: timedelta | None) -> datetime | None:
    try:
        return None if moment is None or by is None else moment + by
    except OverflowError:
        return None
