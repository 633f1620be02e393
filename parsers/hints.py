"""What the names of log groups and streams say about the messages in them.

A name proves nothing: anybody can call a group as he likes. So a hint only settles what content
leaves open, unless the group belongs to a service: a function's log group holds what the function
writes, whatever that looks like.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Hint(NamedTuple):
    """Messages of groups (and streams) whose whole name matches are of the format named.

    `owned` groups are written by one service alone: its format takes every message it can read.
    """

    format: str
    group: str
    stream: str = ".*"
    owned: bool = False

    def fits(self, group: str, stream: str) -> bool:
        """Whether both names match."""
        found = re.fullmatch(self.group, group, re.DOTALL)
        return bool(found and re.fullmatch(self.stream, stream, re.DOTALL))


_RDS = "/aws/rds/(?:cluster|instance)/[^/]+"

HINTS: tuple[Hint, ...] = (
    # The first that fits counts. Formats that are not registered are passed over.
    Hint("lambda_log", r"/aws/lambda/.+", owned=True),
    Hint("rds_mysql_audit", rf"{_RDS}/audit", owned=True),
    Hint("rds_mysql_audit", r".*", r".+\.audit\.log\.\d+.*"),
    Hint("rds_mysql", rf"{_RDS}/(?:general|slowquery)|/aws/rds/cluster/[^/]+/error", owned=True),
    Hint(
        "rds_sqlserver",
        r"/aws/rds/instance/[^/]+\.node\d+/error|/aws/rds/[^/]+/[^/]+/agent",
        owned=True,
    ),
    Hint("rds_mysql", rf"{_RDS}/error"),  # or that of SQL Server
    Hint("rds_oracle", rf"{_RDS}/(?:alert|listener|trace|oemagent-.*)", owned=True),
    Hint("rds_postgres", rf"{_RDS}(?:/[^/]+)?/postgresql", owned=True),
    Hint("apigw_execution", r"API-Gateway-Execution-Logs_[^/]+/.+", owned=True),
    Hint("ssm_session", r"/aws/ssm/.+", r".+/(?:stdout|stderr)", owned=True),
    Hint("apigw_access", r"/aws/apigateway/.+"),
    Hint("host", r"/var/log/.+|journald-logs|Security|System|Application"),
    Hint("cloudtrail", r".*", r"\d{12}_CloudTrail(?:-Insight)?_.+"),
    Hint("cloudtrail", r"(?:aws-cloudtrail-logs-.+|CloudTrail/.+)"),
    Hint("vpc_flow", r".*", r"eni-[0-9a-f]+-(?:all|accept|reject)"),
    Hint("vpc_flow", r"/aws/vpc/flowlogs.*"),
    Hint("route53_resolver", r"/aws/route53resolver.*"),
    Hint("route53_public", r"/aws/route53/.+"),
    Hint("waf", r"aws-waf-logs-.+"),
    Hint("lambda_log", r".*", r"\d{4}/\d\d/\d\d/.*\[[^\]]+\][0-9a-f]{32}"),
    Hint("ssm_session", r".*", r"(?!i-).+-(?:[0-9a-f]{17}|[a-z0-9]{26})"),
)
"""In order: names that a service gives by itself, then those that are usual."""


@lru_cache(maxsize=4096)
def hint_for(group: str | None, stream: str | None) -> Hint | None:
    """The first hint that fits; an absent name fits only where any name does."""
    return next((hint for hint in HINTS if hint.fits(group or "", stream or "")), None)
