"""S3 server access logs: one line per request to a bucket, and per object S3 itself removed."""

from __future__ import annotations

import re

from parsers.contract import integer, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import Spread, field
from parsers.engines.objects import Objects, renamed
from parsers.engines.tokens import Mended, Token

FIELDS = (
    field(
        text("bucketowner", "Canonical user id of the bucket's owner.", "principal"),
        like="[0-9a-f]{10,64}",
    ),
    field(text("bucket_name", "Bucket that was asked.", "bucket"), like="[A-Za-z0-9._-]{1,255}"),
    field(
        time("requestdatetime", "When the request came in, to the second.", "clf"),
        also=("requestdatetime-zone",),
        like=r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]",
    ),
    field(text("remoteip", "Address of the client, as S3 sees it.", "ip"), like="[0-9a-fA-F.:]+|-"),
    field(text("requester", "Who asked; NULL for anonymous requests.", "principal")),
    field(text("requestid", "Id of the request; records of one request share it.", "request_id")),
    field(text("operation", "What was asked, like REST.GET.OBJECT or S3.EXPIRE.OBJECT.")),
    field(text("key", "Object, URL-encoded, sometimes twice.", "object_key")),
    field(text("request_uri", "Request line as sent.", "url"), quoted=True),
    field(integer("httpstatus", "HTTP status of the response.", digits=3)),
    field(text("errorcode", "Error code of S3, like AccessDenied.")),
    field(integer("bytessent", "Bytes of the response; NULL if there were none.")),
    field(integer("objectsize", "Bytes of the object.")),
    field(integer("totaltime", "Milliseconds until the last byte was sent.")),
    field(integer("turnaroundtime", "Milliseconds that S3 worked on the request.")),
    field(text("referrer", "Referer header.", "url"), quoted=True),
    field(text("useragent", "What the client says it is.", "user_agent"), quoted=True),
    field(text("versionid", "Version of the object that was asked for.")),
    field(text("hostid", "The x-amz-id-2 of the response.", "request_id")),
    field(text("sigv", "Signature version: SigV2 or SigV4."), like=r"SigV\w+|-"),
    field(text("ciphersuite", "Cipher agreed on; NULL for HTTP.")),
    field(text("authtype", "AuthHeader, or QueryString for a presigned URL.")),
    field(text("endpoint", "Host the client connected to.", "host")),
    field(text("tlsversion", "TLS version agreed on."), like="TLS.*|-"),
    field(text("accesspointarn", "Access point of the request.", "arn")),
    field(text("aclrequired", "Yes where an access control list was needed to authorise.")),
    field(text("source_region", "Region the request came from, if from AWS.")),
)

ORIGIN_IDENTITY = Spread(
    at=5,
    count=5,
    like="arn:aws[a-z-]*:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+",
)
"""CloudFront's older way to ask for private objects: in its buckets nearly every requester."""

_FIRST = r"([^ ]+) ([^ ]+) (\[[^ ]+) ([^ ]+\]) ([^ ]+) "
_HEAD = re.compile(_FIRST + r"(.+?) ([^ ]+) ([A-Z0-9]{2,}\.[^ ]+) ([^ ]+) ", re.DOTALL)
_HEAD_OF_ANY_OPERATION = re.compile(_FIRST + r"([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) ")
_NUMBERS = r' (\d{3}|-) ([^ "]+) (\d+|-) (\d+|-) (\d+|-) (\d+|-) (?=["-])'
_AFTER_URI = re.compile('"' + _NUMBERS)
_AFTER_DASH = re.compile("-" + _NUMBERS)
_VERSION = re.compile(r" HTTP/\d(\.\d)?\Z")


def mend(line: str) -> Mended | None:
    """Divide a line by what stands around its three quoted values: S3 escapes no quote in them.

    A requester may hold spaces (CloudFront's origin identities do); the operation after it is
    recognised. The request line ends where status and sizes follow, if they do so twice after its
    HTTP version. Nothing after the user agent holds a quote.
    """
    head = _HEAD.match(line) or _HEAD_OF_ANY_OPERATION.match(line)
    if head is None:
        return None
    rest = line[head.end() :]
    if rest.startswith("-"):
        uri, ends = Token("-"), [*filter(None, [_AFTER_DASH.match(rest)])]
    else:
        ends = list(_AFTER_URI.finditer(rest, 1))
        ends.sort(key=lambda end: _VERSION.search(rest[end.start() - 9 : end.start()]) is None)
        uri = Token(rest[1 : ends[0].start()] if ends else "", quoted=True)
    after = _after_numbers(rest[ends[0].end() :]) if ends else None
    if after is None:
        return None
    forged = any('" "' in token.text or '" - ' in token.text for token in after)
    doubt = "a quoted value holds what looks like further fields" if ends[1:] or forged else ""
    tokens = [*map(Token, head.groups()), uri, *map(Token, ends[0].groups()), *after]
    return Mended(tokens, doubt)


def _after_numbers(text: str) -> list[Token] | None:
    """Referrer, user agent and the fields without quotes that follow them."""
    front, last, tail = text.rpartition('"')
    if not last:
        return [Token(token) for token in text.split(" ")]
    if tail and not tail.startswith(" "):
        return None  # the last quote opens an agent that has no end
    bare = [Token(token) for token in tail[1:].split(" ")] if tail else []
    if not front.startswith('"'):
        referrer, _, agent = front.partition(' "')
        return [Token(referrer), Token(agent, quoted=True), *bare]
    referrer, between, agent = front[1:].partition('" "')
    agents = [Token(agent, quoted=True)] if between else []  # else it is the first of the bare ones
    return [Token(referrer, quoted=True), *agents, *bare]


_LINES = Delimited(
    name="s3_access",
    about="Requests to S3 buckets; best effort, hours late.",
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
    fields=FIELDS,
    required=19,  # 18 fields, of which the time is two tokens
    quoted=True,
    escapes=False,
    spread=ORIGIN_IDENTITY,
    mend=mend,
)
_MEMBERS = {
    "bucketowner": "bucket_owner_id",
    "requestdatetime": "request_time",
    "remoteip": "remote_ip",
    "requestid": "request_id",
    "key": "key_name",
    "httpstatus": "http_status",
    "errorcode": "error_code",
    "bytessent": "bytes_sent_size",
    "objectsize": "object_size",
    "totaltime": "total_duration",
    "turnaroundtime": "turn_around_duration",
    "referrer": "referer",
    "useragent": "user_agent",
    "versionid": "version_id",
    "hostid": "host_id",
    "sigv": "signature_version",
    "ciphersuite": "cipher_suite",
    "authtype": "authentication_type",
    "endpoint": "host_header",
    "tlsversion": "tls_version",
    "accesspointarn": "access_point_arn",
    "aclrequired": "acl_required",
}
"""How the objects that CloudWatch Logs receives name what a line has."""

_OBJECTS = Objects(
    (
        *renamed(FIELDS, _MEMBERS, {"request_time": "iso"}),
        field(text("bucket_arn", "ARN of the bucket; in JSON only.", "arn")),
        field(text("schema_version_id", "Version of the record's format; in JSON only.")),
    ),
    requires=(
        frozenset({"bucket_owner_id", "operation"}),
        frozenset({"bucket_name", "operation", "request_time"}),
    ),
    unique=("operation", "key_name", "remote_ip", "requester", "http_status"),
)

S3_ACCESS = TwoForms(_LINES, _OBJECTS)
