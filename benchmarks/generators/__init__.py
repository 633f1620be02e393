"""Made-up logs of every large kind, from a seed, fast enough to be made anew for each benchmark."""

from __future__ import annotations

from benchmarks.generators.alb import ALB
from benchmarks.generators.balancers import CLB, NLB
from benchmarks.generators.cloudfront import CLOUDFRONT
from benchmarks.generators.cloudtrail import CLOUDTRAIL
from benchmarks.generators.cloudwatch import ENVELOPED
from benchmarks.generators.delivery import LogFormat, Plan, deliver, rows_that_fill, uncompressed
from benchmarks.generators.patterns import PATTERNS
from benchmarks.generators.resolver import ROUTE53_RESOLVER
from benchmarks.generators.s3_access import S3_ACCESS
from benchmarks.generators.vpc_flow import VPC_FLOW, VPC_FLOW_V5
from benchmarks.generators.waf import WAF

FORMATS: dict[str, LogFormat] = {
    log.name: log
    for log in (
        CLOUDTRAIL, VPC_FLOW, VPC_FLOW_V5, ALB, NLB, CLB, S3_ACCESS, CLOUDFRONT, WAF,
        ROUTE53_RESOLVER, *ENVELOPED, *PATTERNS,
    )
}  # fmt: skip

__all__ = [
    "ENVELOPED",
    "FORMATS",
    "PATTERNS",
    "LogFormat",
    "Plan",
    "deliver",
    "rows_that_fill",
    "uncompressed",
]
