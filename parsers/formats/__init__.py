"""The registry: every log format this tool reads, one line each, in the order of `formats`."""

from __future__ import annotations

from parsers.contract import Format
from parsers.formats.cloudtrail import CLOUDTRAIL
from parsers.formats.route53_resolver import ROUTE53_RESOLVER
from parsers.formats.vpc_flow import VPC_FLOW
from parsers.formats.waf import WAF

FORMATS: tuple[Format, ...] = (
    CLOUDTRAIL,
    ROUTE53_RESOLVER,
    VPC_FLOW,
    WAF,
)
BY_NAME: dict[str, Format] = {declared.name: declared for declared in FORMATS}
