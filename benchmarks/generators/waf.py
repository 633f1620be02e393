"""AWS WAF logs: one JSON object on each line."""

from __future__ import annotations

from typing import Any

from benchmarks.generators import web
from benchmarks.generators.columns import Column, constant, join, whole, written
from benchmarks.generators.delivery import ACCOUNTS, REGIONS, Delivery, LogFormat, Span
from benchmarks.generators.noise import Noise
from benchmarks.generators.templates import json_lines

ACL = "edge"
ACL_ID = "00000000-0000-4000-8000-0000000000d1"
COMMON = "AWS#AWSManagedRulesCommonRuleSet"


def rule_group(name: str, terminating: dict[str, Any] | None) -> dict[str, Any]:
    """What one managed rule group said."""
    return {
        "ruleGroupId": name,
        "terminatingRule": terminating,
        "nonTerminatingMatchingRules": [],
        "excludedRules": None,
        "customerConfig": None,
    }


def http_request(headers: int) -> dict[str, Any]:
    """The request, with that many headers beside host and user agent."""
    named = [("Host", "@host@"), ("User-Agent", "@agent@"), ("Accept", "*/*")]
    more = [
        ("Accept-Encoding", "gzip, deflate, br"), ("Accept-Language", "en-US,en;q=0.9"),
        ("Referer", "https://@host@/"), ("X-Forwarded-For", "@client@"), ("Cookie", "REDACTED"),
        ("sec-ch-ua", '"Chromium";v="124", "Not-A.Brand";v="99"'), ("X-Amzn-Trace-Id", "@trace@"),
    ]  # fmt: skip
    return {
        "clientIp": "@client@",
        "country": "@country@",
        "headers": [{"name": name, "value": value} for name, value in named + more[:headers]],
        "uri": "@path@",
        "args": "id=@number@",
        "httpVersion": "HTTP/2.0",
        "httpMethod": "@method@",
        "requestId": "@trace@",
        "fragment": "",
        "scheme": "https",
        "host": "@host@",
    }


def record(
    action: str, headers: int, details: list[Any], groups: list[Any], **others: Any
) -> dict[str, Any]:
    """One record; `others` replace or add members."""
    ended_by = "Default_Action" if action == "ALLOW" else "@rule@"
    known = {
        "timestamp": "#milliseconds#",
        "formatVersion": 1,
        "webaclId": f"arn:aws:wafv2:@region@:@account@:regional/webacl/{ACL}/{ACL_ID}",
        "terminatingRuleId": ended_by,
        "terminatingRuleType": "REGULAR",
        "action": action,
        "terminatingRuleMatchDetails": details,
        "httpSourceName": "ALB",
        "httpSourceId": "@account@-app/web/0011aabb2233ccdd",
        "ruleGroupList": groups,
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "requestHeadersInserted": None,
        "responseCodeSent": None,
        "httpRequest": http_request(headers),
        "labels": [{"name": "awswaf:managed:aws:bot-control:signal:non_browser_user_agent"}],
        "ja3Fingerprint": "@ja3@",
        "ja4Fingerprint": "t13d1516h2_@short@_@other@",
        "requestBodySize": "#size#",
        "requestBodySizeInspectedByWAF": "#size#",
    }
    return known | others


INJECTION = {
    "conditionType": "SQL_INJECTION",
    "sensitivityLevel": "HIGH",
    "location": "ALL_QUERY_ARGS",
    "matchedData": ["1", "union", 'select "x"'],
    "matchedFieldName": "id",
}  # fmt: skip
COUNTED = {"ruleId": "NoUserAgent_HEADER", "action": "BLOCK", "ruleMatchDetails": None}
RATE = {
    "rateBasedRuleId": "arn:aws:wafv2:@region@:@account@:regional/webacl/edge/rate",
    "rateBasedRuleName": "rate",
    "limitKey": "IP",
    "maxRateAllowed": 2000,
    "evaluationWindowSec": "300",
    "limitValue": "@client@",
}
BODY = ["REQUEST_BODY"]
PLAIN_GROUPS = [rule_group(COMMON, None), rule_group("AWS#AWSManagedRulesSQLiRuleSet", None)]
COUNT_GROUPS = [rule_group(COMMON, COUNTED)]
KINDS: tuple[tuple[float, dict[str, Any]], ...] = (
    (60, record("ALLOW", 6, [], PLAIN_GROUPS)),
    (20, record("ALLOW", 3, [], COUNT_GROUPS, labels=[])),
    (8, record("BLOCK", 4, [INJECTION], PLAIN_GROUPS)),
    (8, record("BLOCK", 2, [], [], rateBasedRuleList=[RATE], terminatingRuleType="RATE_BASED")),
    (4, record("BLOCK", 7, [], PLAIN_GROUPS, responseCodeSent=429, oversizeFields=BODY)),
)  # fmt: skip
RULES = ("block-sqli", "AWS-AWSManagedRulesCommonRuleSet", "rate", "geo-block", "ip-reputation")
COUNTRIES = ("US", "DE", "GB", "-", "FR", "BR", "IN", "CN", "ZZ")


def holes(noise: Noise, milliseconds: Column, region: Column, account: Column) -> dict[str, Column]:
    """What fills each hole."""
    return {
        "milliseconds": milliseconds,
        "region": region,
        "account": account,
        "client": noise.outside_address(),
        "country": noise.pick(COUNTRIES),
        "host": noise.pick(web.HOSTS),
        "agent": noise.pick(web.AGENTS),
        "path": noise.pick(web.PATHS),
        "method": noise.pick(web.METHODS),
        "number": whole(noise.below(10**6)),
        "trace": join(constant("1-"), noise.word(8), constant("-"), noise.word(24)),
        "rule": noise.pick(RULES),
        "ja3": noise.pick([f"{number:032x}" for number in range(200)]),
        "short": noise.word(12),
        "other": noise.word(12),
        "size": whole(noise.sizes(200)),
    }


def units(span: Span) -> Column:
    """One object on each line."""
    noise = span.noise
    regions = written(span.regions, REGIONS.__getitem__)
    accounts = written(span.accounts, ACCOUNTS.__getitem__)
    milliseconds = whole(span.seconds * 1000 + noise.below(1000))
    return json_lines(noise, KINDS, holes(noise, milliseconds, regions, accounts), span.unknown_key)


def key(delivery: Delivery) -> str:
    """Where AWS puts the file."""
    folder = f"AWSLogs/{delivery.account}/WAFLogs/{delivery.region}/{ACL}"
    minute, stamp = delivery.starting("%Y/%m/%d/%H/%M"), delivery.starting("%Y%m%dT%H%MZ")
    name = f"{delivery.account}_waflogs_{delivery.region}_{ACL}_{stamp}_{delivery.word(8)}.log.gz"
    return f"{folder}/{minute}/{name}"


WAF = LogFormat(name="waf", units=units, key=key, may_have_unknown_key=True)
