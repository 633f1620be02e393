"""AWS Config rules: how resources were judged, in notifications and in answers of the API."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from parsers.contract import (
    Column,
    Prepared,
    boolean,
    integer,
    spelt,
    struct,
    text,
    time,
)
from parsers.engines.typed_json import TypedJson

_RECORDED = "resultRecordedTime"
_EVALUATION = (
    struct(
        "evaluationResultIdentifier",
        "What was judged, by which rule.",
        struct(
            "evaluationResultQualifier",
            "Rule and resource.",
            text("configRuleName", "Name of the rule."),
            text("resourceType", "Kind of the resource."),
            text("resourceId", "Id of the resource.", "resource"),
            text("evaluationMode", "DETECTIVE or PROACTIVE."),
        ),
        time("orderingTimestamp", "Time of the state that was judged.", "iso_or_epoch_s"),
        text("resourceEvaluationId", "Id of a proactive evaluation."),
    ),
    text("complianceType", "COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE or INSUFFICIENT_DATA."),
    time(_RECORDED, "When the result was recorded.", "iso_or_epoch_s"),
    time("configRuleInvokedTime", "When the rule was asked.", "iso_or_epoch_s"),
    text("annotation", "What the rule says of its result."),
    text("resultToken", "Token of the evaluation."),
)
_COLUMNS: tuple[Column, ...] = (
    text("awsAccountId", "Account of the resource.", "account"),
    text("awsRegion", "Region of the resource."),
    text("configRuleName", "Name of the rule."),
    text("configRuleARN", "ARN of the rule.", "arn"),
    text("resourceType", "Kind of the resource."),
    text("resourceId", "Id of the resource.", "resource"),
    *_EVALUATION,
    struct(
        "compliance",
        "Present judgement of a rule or resource as a whole.",
        text("complianceType", "COMPLIANT, NON_COMPLIANT …"),
        struct(
            "complianceContributorCount",
            "How many resources or rules make it non-compliant.",
            integer("cappedCount", "Their number, up to a cap."),
            boolean("capExceeded", "Whether there are more."),
        ),
    ),
    struct("newEvaluationResult", "The judgement that a notification announces.", *_EVALUATION),
    struct("oldEvaluationResult", "The judgement before it, if any.", *_EVALUATION),
    text("messageType", "ComplianceChangeNotification."),
    time("notificationCreationTime", "When the notification was made."),
    text("recordVersion", "Version of the notification's format."),
)


def _api(member: str) -> str:
    """The API writes member names with a capital letter."""
    return "AccountId" if member == "awsAccountId" else member[0].upper() + member[1:]


def _recorded(arrays: Mapping[str, pa.Array]) -> pa.Array:
    announced = pc.struct_field(arrays["newEvaluationResult"], _RECORDED)
    return pc.coalesce(arrays[_RECORDED], announced, arrays["notificationCreationTime"])


CONFIG_COMPLIANCE = TypedJson(
    name="config_compliance",
    about="Judgements of AWS Config rules on resources.",
    reference="https://docs.aws.amazon.com/config/latest/APIReference/API_EvaluationResult.html",
    columns=spelt(_COLUMNS, _api),
    anchors=(
        "newEvaluationResult",
        "complianceType",
        "ComplianceType",
        "EvaluationResultIdentifier",
        "Compliance",
    ),
    requires=(
        frozenset({"newEvaluationResult", "configRuleName"}),
        frozenset({"EvaluationResultIdentifier", "ComplianceType"}),
        frozenset({"ConfigRuleName", "Compliance"}),
        frozenset({"ResourceType", "ResourceId", "Compliance"}),
    ),
    unique=("newEvaluationResult", "complianceType", "ComplianceType", "Compliance"),
    preparations=(
        Prepared(time("_recorded", "When the judgement was recorded or announced."), _recorded),
    ),
    when="_recorded",
)
