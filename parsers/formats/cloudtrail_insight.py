"""CloudTrail Insights: one JSON object where unusual activity starts, one where it ends."""

from __future__ import annotations

from parsers.contract import integer, json, real, struct, structs, text, time
from parsers.engines.typed_json import TypedJson

_SHARES = (
    text("value", "ARN, agent or error; the text 'null' where calls had none."),
    real("average", "Calls per minute."),
)
_DETAILS = struct(
    "insightDetails",
    "What was noticed.",
    text("state", "Start or End."),
    text("eventSource", "Service whose calls were unusual."),
    text("eventName", "API action whose calls were unusual."),
    text("insightType", "ApiCallRateInsight or ApiErrorRateInsight."),
    text("errorCode", "Error whose rate was unusual."),
    struct(
        "insightContext",
        "The rates, and who or what they are due to.",
        struct(
            "statistics",
            "Calls per minute, usual and unusual.",
            struct("baseline", "Before.", real("average", "Calls per minute.")),
            struct("insight", "Meanwhile.", real("average", "Calls per minute.")),
            integer("insightDuration", "Minutes the unusual activity lasted; at its end only."),
            integer("baselineDuration", "Minutes the usual rate was measured over."),
        ),
        structs(
            "attributions",
            "Callers, agents and errors with the largest shares.",
            text("attribute", "userIdentityArn, userAgent or errorCode."),
            structs("insight", "Shares in the unusual activity.", *_SHARES),
            structs("baseline", "Shares in the usual activity.", *_SHARES),
        ),
    ),
)

CLOUDTRAIL_INSIGHT = TypedJson(
    name="cloudtrail_insight",
    about="Unusual rates of API calls or errors that CloudTrail noticed.",
    reference="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html",
    columns=(
        text("eventVersion", "Version of the record's format; major.minor, not a number."),
        time("eventTime", "When the unusual activity started or ended."),
        text("awsRegion", "Region of the activity."),
        text("eventID", "Id of the event.", "event_id"),
        text("eventType", "AwsCloudTrailInsight."),
        text("recipientAccountId", "Account that received the event.", "account"),
        text("sharedEventID", "Id shared by the start and the end.", "event_id"),
        _DETAILS,
        text("eventCategory", "Insight."),
        json("addendum", "Why a record is late or replaces an earlier one."),
    ),
    anchors=("insightDetails",),
    requires=(frozenset({"insightDetails", "eventID"}), frozenset({"insightDetails", "eventTime"})),
    excludes=frozenset({"userIdentity", "eventName", "eventSource"}),
    unique=("eventTime", "insightDetails"),
)
