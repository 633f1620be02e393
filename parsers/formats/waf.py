"""AWS WAF, new and Classic: one JSON object per web request that a web ACL evaluated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.contract import (
    Column,
    Prepared,
    integer,
    json_member,
    loose,
    struct,
    structs,
    text,
    texts,
    time,
)
from parsers.engines.typed_json import TypedJson

_MATCHED = (
    text("conditionType", "SQL_INJECTION or XSS."),
    text("sensitivityLevel", "LOW or HIGH, for SQL_INJECTION."),
    text("location", "Part of the request that matched, like HEADER or ALL_QUERY_ARGS."),
    text("matchedFieldName", "Name of the field that matched."),
    texts("matchedData", "Pieces of the request that matched."),
)


def _matches(name: str) -> Column:
    return structs(name, "What SQL injection and XSS rules found in the request.", *_MATCHED)


def _token_check(name: str, what: str) -> Column:
    """Shared by CAPTCHA and challenge."""
    return struct(
        name,
        f"How the request's {what} token was judged.",
        integer("responseCode", "Status sent to the client; 0 where the token was fine."),
        time("solveTimestamp", f"When the {what} was solved; 1970 where it was not.", "epoch_s"),
        text("failureReason", "TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID …"),
    )


_RULE = (
    text("ruleId", "Name or id of the rule."),
    text("action", "What the rule did: COUNT, CAPTCHA … (BLOCK may be overridden by its group)."),
    text("overriddenAction", "What the rule would have done by itself."),
)
_RATES = structs(
    "rateBasedRuleList",
    "Rate-based rules that evaluated the request.",
    text("rateBasedRuleId", "Id of the rule."),
    text("rateBasedRuleName", "Name of the rule."),
    text("limitKey", "What requests are counted by: IP, FORWARDED_IP, CUSTOMKEYS, CONSTANT."),
    text("limitValue", "Value of the key in this request."),
    loose(integer("maxRateAllowed", "Requests allowed in the window.")),
    loose(integer("evaluationWindowSec", "Length of the window in seconds.")),
    structs(
        "customValues",
        "Parts of the request that make a custom key.",
        text("key", "Kind of the part, like HEADER."),
        text("name", "Name of the part."),
        text("value", "Value of the part, at most 32 characters of it."),
    ),
)
_GROUPS = structs(
    "ruleGroupList",
    "Rule groups that evaluated the request, and what their rules did.",
    text("ruleGroupId", "ARN of the group, or vendor#group#version."),
    struct(
        "terminatingRule",
        "Rule that ended the evaluation of the group; the web ACL may have overridden it.",
        *_RULE,
        _matches("ruleMatchDetails"),
    ),
    structs(
        "nonTerminatingMatchingRules",
        "Rules of the group that matched without ending its evaluation.",
        *_RULE,
        _matches("ruleMatchDetails"),
    ),
    structs(
        "excludedRules",
        "Rules of the group that were excluded (until October 2022).",
        text("exclusionType", "EXCLUDED_AS_COUNT."),
        text("ruleId", "Name of the rule."),
    ),
    json_member("customerConfig", "Configuration of the group by the customer."),
)
_REQUEST = struct(
    "httpRequest",
    "The web request.",
    text("clientIp", "Address of the immediate peer: a proxy's where there is one.", "ip"),
    text("country", "Country of clientIp, '-' where unknown."),
    structs(
        "headers",
        "Headers in the order sent, duplicates included; 'REDACTED' where configured.",
        text("name", "Name of the header, in the case sent."),
        text("value", "Value of the header."),
    ),
    text("uri", "Path of the URL, percent-encoded as sent.", "url"),
    text("args", "Query string as sent."),
    text("httpVersion", "HTTP version."),
    text("httpMethod", "HTTP method."),
    text("requestId", "Id given by CloudFront or the load balancer.", "request_id"),
    text("fragment", "Fragment of the URL."),
    text("scheme", "http or https."),
    text("host", "Host the request was for.", "host"),
)
_PAYMENT = struct(
    "monetizeVerifyResponse",
    "How a payment for the request was judged.",
    text("verificationStatus", "Outcome of the verification."),
    text("failureReason", "Why it failed."),
    text("chainName", "Name of the chain."),
    text("network", "Payment network."),
    loose(text("amount", "Amount paid.")),
    text("currency", "Currency of the amount."),
    text("asset", "Asset paid with."),
    text("payerAddress", "Address of the payer."),
    text("idempotencyKey", "Key that makes the payment unique."),
    text("currencyMode", "Mode of the currency."),
)


def _header(column: Column, wanted: str) -> Prepared:
    """The first header of a name, whatever its case.

    Few names are as long, and only these are put in lower case: no letter outside of ASCII has a
    lower case in any of the names wanted.
    """

    def compute(arrays: Mapping[str, pa.Array]) -> pa.Array:
        headers = pc.struct_field(arrays[_REQUEST.name], "headers")
        owners = np.asarray(pc.list_parent_indices(headers))
        pairs = headers.flatten()
        names = pc.struct_field(pairs, "name")
        as_long = pc.fill_null(pc.equal(pc.binary_length(names), len(wanted)), False)
        likely = np.flatnonzero(np.asarray(as_long))
        found = likely[np.asarray(pc.equal(pc.utf8_lower(names.take(pa.array(likely))), wanted))]
        rows, first = np.unique(owners[found], return_index=True)
        chosen = np.full(len(headers), -1)
        chosen[rows] = found[first]
        indices = pa.array(chosen, mask=chosen < 0)
        return pc.struct_field(pairs, "value").take(indices)

    return Prepared(column, compute)


WAF = TypedJson(
    name="waf",
    about="Web requests that a web ACL allowed, blocked, counted or challenged, and why.",
    reference="https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html",
    columns=(
        time("timestamp", "When the request was evaluated.", "epoch_ms"),
        integer("formatVersion", "Version of the record's format."),
        text("webaclId", "ARN of the web ACL; a bare id in WAF Classic.", "arn"),
        text("terminatingRuleId", "Rule that decided; Default_Action where none did."),
        text("terminatingRuleType", "REGULAR, RATE_BASED, GROUP or MANAGED_RULE_GROUP."),
        text("action", "What was decided: ALLOW, BLOCK, CAPTCHA, CHALLENGE, MONETIZE."),
        _matches("terminatingRuleMatchDetails"),
        text("httpSourceName", "Kind of resource asked: CF, ALB, APIGW, APPSYNC …"),
        text("httpSourceId", "Resource asked: distribution, load balancer, API.", "resource"),
        _GROUPS,
        _RATES,
        structs(
            "nonTerminatingMatchingRules",
            "Rules of the web ACL that matched without deciding.",
            *_RULE,
            _matches("ruleMatchDetails"),
            _token_check("captchaResponse", "CAPTCHA"),
            _token_check("challengeResponse", "challenge"),
        ),
        structs(
            "requestHeadersInserted",
            "Headers that WAF added to the request.",
            text("name", "Name of the header."),
            text("value", "Value of the header."),
        ),
        loose(integer("responseCodeSent", "Status of a custom response.")),
        _REQUEST,
        structs("labels", "Labels that rules gave the request.", text("name", "Label.")),
        _token_check("captchaResponse", "CAPTCHA"),
        _token_check("challengeResponse", "challenge"),
        text("ja3Fingerprint", "JA3 of the client's TLS hello."),
        text("ja4Fingerprint", "JA4 of the client's TLS hello."),
        texts("oversizeFields", "Parts of the request too large to be inspected whole."),
        integer("requestBodySize", "Bytes of the body."),
        integer("requestBodySizeInspectedByWAF", "Bytes of the body that were inspected."),
        loose(text("clientAsn", "Autonomous system of the client.")),
        loose(text("forwardedAsn", "Autonomous system of the forwarded address.")),
        text("cfDistributionTenantId", "Tenant of a multi-tenant distribution.", "resource"),
        _PAYMENT,
    ),
    anchors=("webaclId", "httpRequest", "terminatingRuleId"),
    requires=(frozenset({"webaclId", "httpRequest", "timestamp"}),),
    unique=("timestamp", "webaclId", "action", "httpRequest"),
    preparations=(
        _header(text("_host", "First Host header of the request.", "host"), "host"),
        _header(text("_user_agent", "First User-Agent header.", "user_agent"), "user-agent"),
        _header(
            text("_x_forwarded_for", "First X-Forwarded-For header: as the client likes.", "ip"),
            "x-forwarded-for",
        ),
    ),
)
