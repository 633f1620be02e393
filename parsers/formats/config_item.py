"""AWS Config: one configuration item per recorded state of a resource.

Items come in the spelling of the files AWS Config writes, in that of its API, and in that of its
first year; a notification of a change puts its own members beside those of the item.
"""

from __future__ import annotations

from parsers.contract import (
    Column,
    encoded,
    json,
    loose,
    spelt,
    structs,
    text,
    texts,
    time,
)
from parsers.engines.typed_json import TypedJson

_API = {
    "configurationItemVersion": "version",
    "awsAccountId": "accountId",
    "ARN": "arn",
    "configurationStateMd5Hash": "configurationItemMD5Hash",
    "name": "relationshipName",
}
_FIRST_YEAR = {
    "awsAccountId": "accountId",
    "ARN": "arn",
    "configurationStateId": "configurationStateID",
    "configurationStateMd5Hash": "configurationItemMD5Hash",
    "availabilityZone": "availibilityZone",
    "notificationCreationTime": "notificationCreateTime",
}


def _api(member: str) -> str:
    return _API.get(member, member)


def _first_year(member: str) -> str:
    return _FIRST_YEAR.get(member, member)


_COLUMNS: tuple[Column, ...] = (
    text("configurationItemVersion", "Version of the item's format, like 1.3."),
    time("configurationItemCaptureTime", "When the state was recorded.", "iso_or_epoch_s"),
    loose(text("configurationStateId", "Orders the states of a resource; mostly a time in ms.")),
    text("awsAccountId", "Account of the resource.", "account"),
    text("configurationItemStatus", "OK, ResourceDiscovered, ResourceDeleted …"),
    text("resourceType", "Kind of the resource, like AWS::EC2::Instance."),
    text("resourceId", "Id of the resource, unique within type, account and region.", "resource"),
    text("resourceName", "Name of the resource.", "resource"),
    text("ARN", "ARN of the resource.", "arn"),
    text("awsRegion", "Region of the resource, or 'global'."),
    text("availabilityZone", "Availability zone, or words like 'Regional'."),
    text("configurationStateMd5Hash", "Hash of the state; empty since version 1.3."),
    time("resourceCreationTime", "When the resource was created.", "iso_or_epoch_s"),
    time("resourceDeletionTime", "When it was deleted, in a listing.", "iso_or_epoch_s"),
    json("tags", "Tags of the resource."),
    texts("relatedEvents", "CloudTrail events behind the change; empty since 1.3.", "event_id"),
    structs(
        "relationships",
        "Other resources this one is related to.",
        text("resourceType", "Kind of the other resource."),
        text("resourceId", "Id of the other resource.", "resource"),
        text("resourceName", "Name of the other resource.", "resource"),
        text("name", "How they are related, like 'Is contained in Vpc'."),
        text("direction", "Direction of the relationship."),
    ),
    encoded(json("configuration", "The state itself, as the resource's service describes it.")),
    json("supplementaryConfiguration", "What further calls say of it; values may be JSON texts."),
    text("resourceTransitionStatus", "Whether the resource was being created or deleted."),
    text("recordingFrequency", "CONTINUOUS or DAILY."),
    time("configurationItemDeliveryTime", "When the item was delivered.", "iso_or_epoch_s"),
    json("configurationItemDiff", "What changed, as a notification says it, path by path."),
    text("changeType", "CREATE, UPDATE or DELETE, where the item itself was too large to send."),
    text("messageType", "Kind of the notification the item came in, or that came alone."),
    time("notificationCreationTime", "When the notification was made."),
    text("recordVersion", "Version of the notification's format."),
    json("s3DeliverySummary", "Where an item too large to send was delivered."),
    text("configSnapshotId", "Snapshot a notification is about."),
    text("s3Bucket", "Bucket a history or snapshot was delivered to.", "bucket"),
    text("s3ObjectKey", "Object a history or snapshot was delivered as.", "object_key"),
    texts("configRuleNames", "Rules whose evaluation started."),
)

CONFIG_ITEM = TypedJson(
    name="config_item",
    about="Recorded states of AWS resources, and notifications of changes and deliveries.",
    reference="https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html",
    columns=spelt(_COLUMNS, _api, _first_year),
    anchors=(
        "configurationItemStatus",
        "configurationItemCaptureTime",
        "configurationStateId",
        "resourceType",
        "resourceId",
        "messageType",
    ),
    requires=(
        frozenset({"configurationItemCaptureTime", "resourceType"}),
        frozenset({"configurationItemStatus", "resourceType"}),
        frozenset({"messageType", "recordVersion"}),
        frozenset({"resourceType", "resourceId"}),
    ),
    excludes=frozenset(
        {
            *("configurationItem", "configurationItemSummary"),  # an envelope still to be opened
            *("newEvaluationResult", "complianceType", "eventVersion"),
        }
    ),
    unique=(
        "configurationItemCaptureTime",
        "configurationItemStatus",
        "resourceType",
        "resourceId",
        "configuration",
    ),
)
