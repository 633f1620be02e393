"""AWS CloudTrail: one JSON object per API call, sign-in or service event."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from parsers.contract import (
    Column,
    Prepared,
    boolean,
    integer,
    json,
    json_member,
    real,
    struct,
    structs,
    text,
    time,
)
from parsers.engines.flat import Flat
from parsers.engines.json_derived import Found, Reader, derived
from parsers.engines.typed_json import TypedJson
from parsers.scalars import times

_ISSUER = struct(
    "sessionIssuer",
    "Who the temporary credentials were issued from.",
    text("type", "Root, IAMUser or Role."),
    text("principalId", "Unique id of the issuer.", "principal"),
    text("arn", "ARN of the issuer.", "arn"),
    text("accountId", "Account of the issuer.", "account"),
    text("userName", "Friendly name of the issuer.", "user"),
)
_SESSION = struct(
    "sessionContext",
    "The session of temporary credentials.",
    _ISSUER,
    json_member("webIdFederationData", "Web identity provider and its attributes."),
    struct(
        "attributes",
        "When the session was made, and whether with MFA.",
        text("creationDate", "When the temporary credentials were issued."),
        text("mfaAuthenticated", "'true' if they were obtained with MFA."),
    ),
    text("sourceIdentity", "Identity set by the first AssumeRole, kept by all later ones.", "user"),
    text("assumedRoot", "'true' in a centralized root session."),
    text("ec2RoleDelivery", "Version of the instance metadata service the credentials came from."),
    text("ec2IssuedInVpc", "VPC in which the instance credentials were issued."),
)
_IDENTITY = struct(
    "userIdentity",
    "Who made the call.",
    text("type", "Root, IAMUser, AssumedRole, AWSService … (absent in many service events)."),
    text("principalId", "Unique id of the caller; with the session name for roles.", "principal"),
    text("arn", "ARN of the caller.", "arn"),
    text("accountId", "Account that owns the caller.", "account"),
    text(
        "accessKeyId",
        "Access key the call was signed with; AKIA long-term, ASIA temporary.",
        "access_key",
    ),
    text("userName", "Friendly name of the caller.", "user"),
    _SESSION,
    text("invokedBy", "AWS service that made the call for the caller."),
    struct(
        "invokedByDelegate",
        "Product provider with delegated access.",
        text("accountId", "Account of the provider.", "account"),
    ),
    struct(
        "onBehalfOf",
        "Identity Center user behind the call.",
        text("userId", "Id of the user in the identity store.", "principal"),
        text("identityStoreArn", "ARN of the identity store.", "arn"),
    ),
    struct(
        "inScopeOf",
        "Workload the credentials were issued to.",
        text("sourceArn", "ARN of the workload's source.", "arn"),
        text("sourceAccount", "Account of the workload's source.", "account"),
        text("issuerType", "Kind of issuer."),
        text("credentialsIssuedTo", "ARN of the function or instance holding them.", "arn"),
    ),
    text("credentialId", "Identity Center bearer credential."),
    text("identityProvider", "SAML or OIDC provider.", "arn"),
)
_RESOURCES = structs(
    "resources",
    "Resources the event touches.",
    text("ARN", "ARN of the resource.", "arn"),
    text("ARNPrefix", "Prefix of the ARNs a listing touched.", "arn"),
    text("accountId", "Account of the resource.", "account"),
    text("type", "Kind of the resource, like AWS::S3::Object."),
)
_TLS = struct(
    "tlsDetails",
    "How the call was encrypted on its way.",
    text("tlsVersion", "TLS version."),
    text("cipherSuite", "Cipher suite."),
    text("clientProvidedHostHeader", "Host name the client called.", "host"),
    text("keyExchange", "Key exchange."),
)


_KEY = text("accessKeyId", "")
_SIGN_INS = (
    *("ConsoleLogin", "CheckMfa", "SwitchRole", "ExitRole", "RenewRole"),
    *("PasswordRecoveryRequested", "PasswordRecoveryCompleted", "GetSigninToken"),
    *("CredentialVerification", "UserAuthentication", "Authenticate", "Federate", "Logout"),
)


def _minted(found: Found) -> pa.Array:
    """What ties a call that hands out credentials to the calls made with them."""
    session, long_term = found["credentials"], found["accessKey"]
    keys = [pc.struct_field(each, _KEY.name) for each in (session, long_term)]
    return pc.if_else(session.is_valid(), *keys)


def _outcome(found: Found) -> pa.Array:
    said = [texts for texts in found.values() if texts.null_count < len(texts)]
    told = [pc.if_else(_is_outcome(texts), texts, None) for texts in said]
    return pc.coalesce(*told) if told else next(iter(found.values()))


def _is_outcome(texts: pa.Array) -> pa.Array:
    return pc.or_(pc.equal(texts, "Success"), pc.equal(texts, "Failure"))


def _whole(name: str) -> Reader:
    def whole(found: Found) -> pa.Array:
        numbers = found[name]
        fits = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 2.0**63))
        return pc.if_else(fits, numbers, None).cast(pa.int64(), safe=False)

    return whole


def _session_start(arrays: Mapping[str, pa.Array]) -> pa.Array:
    array = arrays["userIdentity"]
    for name in ("sessionContext", "attributes", "creationDate"):
        array = pc.struct_field(array, name)
    return times(array, "iso")


_PREPARED = (
    Prepared(
        time(
            "_session_start", "When the session's credentials were issued: ties calls to a log-in."
        ),
        _session_start,
    ),
    *derived(
        "responseElements",
        '"accessKeyId"',
        (struct("credentials", "", _KEY), struct("accessKey", "", _KEY)),
        (text("_minted_access_key", "Access key this call handed out.", "access_key"), _minted),
    ),
    *derived(
        "responseElements",
        f'"({"|".join(_SIGN_INS)})"',
        [text(name, "") for name in _SIGN_INS],
        (
            text("_sign_in", "Success or Failure of a sign-in; its errorCode does not tell."),
            _outcome,
        ),
    ),
    *derived(
        "requestParameters",
        '"bucketName"',
        (text("bucketName", ""), text("key", "")),
        (text("_bucket", "Bucket named in the parameters.", "bucket"), itemgetter("bucketName")),
        (
            text("_object_key", "Object named in the parameters.", "object_key"),
            itemgetter("key"),
        ),
    ),
    *derived(
        "additionalEventData",
        '"bytesTransferred(?:In|Out)"',
        (real("bytesTransferredIn", ""), real("bytesTransferredOut", "")),
        (
            integer("_bytes_in", "Bytes the caller sent, in data events of S3."),
            _whole("bytesTransferredIn"),
        ),
        (
            integer("_bytes_out", "Bytes the caller received, in data events of S3."),
            _whole("bytesTransferredOut"),
        ),
    ),
)

_COLUMNS: tuple[Column, ...] = (
    text("eventVersion", "Version of the record's format; major.minor, not a number."),
    _IDENTITY,
    time("eventTime", "When the call was completed; absent in aggregated events."),
    text("eventSource", "Service that was called, like iam.amazonaws.com."),
    text("eventName", "API action that was called."),
    text("awsRegion", "Region the call was made to."),
    text("sourceIPAddress", "Address of the caller, or the name of an AWS service.", "ip"),
    text("userAgent", "Agent that made the call.", "user_agent"),
    text("errorCode", "AWS error, absent where the call had none."),
    text("errorMessage", "Description of the error."),
    json("requestParameters", "Parameters of the call, as each service defines them."),
    json("responseElements", "Answer of a changing call, as each service defines it."),
    json("additionalEventData", "What else the service tells of the event."),
    text("requestID", "Id of the request, made by the service called.", "request_id"),
    text("eventID", "Id of the event, the same in each copy delivered.", "event_id"),
    text("eventType", "AwsApiCall, AwsServiceEvent, AwsConsoleSignIn …"),
    text("apiVersion", "API version, in whatever form the service writes it."),
    boolean("managementEvent", "Whether this is a management event."),
    boolean("readOnly", "Whether the call only reads."),
    _RESOURCES,
    text("recipientAccountId", "Account that received the event.", "account"),
    json("serviceEventDetails", "What a service event was about."),
    text("sharedEventID", "Id shared by the copies that several accounts receive.", "event_id"),
    text("vpcEndpointId", "VPC endpoint the call came through.", "resource"),
    text("vpcEndpointAccountId", "Account that owns the VPC endpoint.", "account"),
    text("eventCategory", "Management, Data, NetworkActivity, Insight or Aggregated."),
    json("addendum", "Why a record is late or replaces an earlier one."),
    text("sessionCredentialFromConsole", "'true' if the call came from a console session."),
    json("edgeDeviceDetails", "Edge device the event happened on."),
    _TLS,
    json("insightDetails", "What an Insights event noticed."),
    json("eventContext", "Request and tag context of an enriched event."),
    text("annotation", "Remark of CloudTrail Lake on what it left out."),
    text("accountId", "Account of an aggregated event.", "account"),
    text(
        "aggregatedEventId",
        "Id of an aggregated event, its member eventId.",
        "event_id",
        member="eventId",
    ),
    json("timeWindow", "Window an aggregated event counts over."),
    json("summary", "Counts of an aggregated event."),
)

_FLATS = (
    Flat(  # CloudTrail Lake, Athena
        _COLUMNS,
        requires=(frozenset({"eventname", "eventtime"}), frozenset({"eventid", "eventsource"})),
        marks=("eventname", "eventtime", "eventid", "eventsource"),
        unless="eventjson",
    ),
    Flat(  # the event history, as the console saves it
        _COLUMNS,
        requires=(frozenset({"eventname", "eventtime"}),),
        marks=("Event name", "Event time"),
        elsewhere={
            "username": ("userIdentity", "userName"),
            "awsaccesskey": ("userIdentity", "accessKeyId"),
        },
        empty=True,
    ),
)

CLOUDTRAIL = TypedJson(
    name="cloudtrail",
    about="Calls to the AWS API, console sign-ins and actions of AWS services in an account.",
    reference="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
    columns=_COLUMNS,
    anchors=("eventVersion", "eventName", "eventTime", "eventID", "eventId"),
    requires=(
        frozenset({"eventVersion", "userIdentity"}),
        frozenset({"eventTime", "eventName", "eventSource"}),
        frozenset({"eventVersion", "eventName", "eventTime"}),
        frozenset({"eventVersion", "timeWindow", "summary"}),  # aggregated
    ),
    excludes=frozenset({"s3", "Sns", "detail-type"}),
    unique=("eventName", "eventTime", "userIdentity", "errorCode", "sourceIPAddress"),
    preparations=_PREPARED,
    flats=_FLATS,
    version=2,
)
