"""What the name of a delivered object says, and whether a path still shows that name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

NEVER_LISTED = ("CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated")
"""Folders of log files that AWS does not say to list in digests."""

_DAY_LEVELS = 4  # year, month, day, file: what every copy of a folder of logs keeps
_MOST_COPIES = 64  # of equal name and content; a bound on hostile evidence, never met in others

_LOG = re.compile(
    r"(?P<account>[^/_]+)_(?P<folder>CloudTrail(?:-Insight|-NetworkActivity|-Aggregated)?)_"
    r"(?P<region>[a-z0-9-]+)_(?P<time>[0-9]{8}T[0-9]{4})Z_?[A-Za-z0-9]+\.json(?:\.gz)?",
)
_DIGEST = re.compile(
    r"(?P<account>[^/_]+)_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>.+)_"
    r"(?P<home>[a-z0-9-]+)_[0-9]{8}T[0-9]{6}Z(?P<backfill>_backfill)?\.json(?:\.gz)?",
)


class Chain(NamedTuple):
    """The digests that follow each other: of one trail, in one region it covers."""

    account: str
    region: str
    trail: str
    home_region: str
    backfill: bool

    @property
    def label(self) -> str:
        """The chain in words: `account/region/trail`."""
        home = "" if self.home_region == self.region else f" (home {self.home_region})"
        kind = " (back-fill)" if self.backfill else ""
        return f"{self.account}/{self.region}/{self.trail}{home}{kind}"


class LogName(NamedTuple):
    """What the name of a log file says; `time` is the minute of delivery."""

    account: str
    folder: str
    region: str
    time: datetime


def file_name(path: str) -> str:
    """The last component, without the suffix that decompressing tools drop."""
    return re.split(r"[/\\]", path)[-1].removesuffix(".gz")


def chain_of(key: str) -> Chain | None:
    """The chain a digest belongs to by its key; None where the key is no digest's."""
    match = _DIGEST.fullmatch(key.rpartition("/")[2])
    if match is None:
        return None
    account, region, trail, home, backfill = match.groups()
    return Chain(account, region, trail, home, backfill is not None)


def digest_named(path: str) -> str | None:
    """The digest's file name at the start of a sidecar's name; None where there is none."""
    name = re.split(r"[/\\]", path)[-1]
    match = _DIGEST.match(name[:1024])
    return match.group() if match else None


def log_name(path: str) -> LogName | None:
    """What a log file's name says; None where it is not named as CloudTrail names logs."""
    match = _LOG.fullmatch(re.split(r"[/\\]", path)[-1])
    if match is None:
        return None
    try:
        time = datetime.strptime(match["time"], "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return LogName(match["account"], match["folder"], match["region"], time)


def in_place(key: str, paths: Iterable[str]) -> bool:
    """Whether one of `paths` shows the object where its key says, as far as the path tells.

    Folders above the dump's own root are lost in a copy, so a path need only agree from the
    year on, unless it shows another `AWSLogs` tree.
    """
    return any(_shows(key, path) for path in islice(paths, _MOST_COPIES))


def _shows(key: str, path: str) -> bool:
    wanted = key.removesuffix(".gz").split("/")
    found = re.split(r"[/\\]", path.removesuffix(".gz"))
    common = 0
    while common < min(len(wanted), len(found)) and wanted[-1 - common] == found[-1 - common]:
        common += 1
    if common == len(wanted):
        return True
    return common >= _DAY_LEVELS and "AWSLogs" not in found[: len(found) - common]
