"""API Gateway access logs: one line per request, written as its owner's template says."""

from __future__ import annotations

import re
from functools import lru_cache

from parsers import clocks, json_text, scalars
from parsers.contract import Assumed, Column, integer, text, time
from parsers.engines.pattern_forms import Form, Member, Members
from parsers.engines.patterns import BASIS, Patterns
from parsers.engines.templates import template_of


def _part(column: str, like: str = r"\S+") -> str:
    """A value, or the dash that stands for none."""
    return rf"(?:-|(?P<{column}>{like}))"


_IP = r"(?P<source_ip>[0-9a-fA-F.:]+)"
_TIME = r"(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})"
_ID = r"[A-Za-z0-9_=+/-]{10,}"
_IDS = rf"(?P<request_id>{_ID})(?: {_part('extended_request_id', _ID)})?"
_WHO = f"{_part('caller')} {_part('user_name')}"
_STATUS = _part("status_code", r"\d{3}")
_LENGTH = _part("response_length", r"\d+")
_METHOD = _part("http_method", "[A-Z]+")
_ROUTE = r"(?:[A-Z]+ /[^\s,]*|\$[^\s,]+)"
_EVENT = _part("event_type", "CONNECT|MESSAGE|DISCONNECT")
_PROTOCOL = _part("protocol", r"HTTP/[\d.]+")


def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """`10/Jun/2025:15:36:28 +0000`, or milliseconds or seconds since 1970, or ISO 8601."""
    del seen, assumed
    if said.isdigit():
        read = scalars.epoch_seconds if len(said) < 12 else scalars.epoch_milliseconds
        return read(said), clocks.STATED
    return (scalars.clf if "/" in said else scalars.iso)(said), clocks.STATED


def _csv(*fields: str) -> str:
    return ",".join(fields)


_TAIL = rf"(?P<request_id>{_ID})(?:,{_part('extended_request_id', _ID)})?\s*+"
FORMS = (
    Form(
        "clf",
        rf"(?:(?P<extended_request_id__2>{_ID}) )?{_IP} {_WHO} \[{_TIME}\] ?"
        rf'"{_METHOD} (?:-|(?P<resource_path>/\S*)|(?P<route_key>{_ROUTE})) {_PROTOCOL}" '
        rf"{_STATUS} {_LENGTH} {_IDS}\s*+",
        clock=_moment,
    ),
    Form(
        "clf",
        rf'{_IP} {_WHO} \[{_TIME}\] ?"{_EVENT} {_part("route_key")} {_part("connection_id")}" '
        rf"{_STATUS} {_IDS}\s*+",
        clock=_moment,
    ),
    Form(
        "csv",
        _csv(_IP, _part("caller", "[^,]+"), _part("user_name", "[^,]+"), _TIME, _METHOD,
             _part("resource_path", "/[^,]*"), _PROTOCOL, _STATUS, _LENGTH, _TAIL),
        clock=_moment,
    ),
    Form(
        "csv",
        _csv(_IP, _TIME, _METHOD, _part("route_key", _ROUTE), _PROTOCOL, _STATUS, _LENGTH, _TAIL),
        clock=_moment,
    ),
    Form(
        "csv",
        _csv(_IP, _part("caller", "[^,]+"), _part("user_name", "[^,]+"), _TIME, _EVENT,
             _part("route_key", "[^,]+"), _part("connection_id", "[^,]+"), _STATUS, _TAIL),
        clock=_moment,
    ),
    Form(
        "broken-json",
        r'\{(?=.*?"(?:requestId|extendedRequestId)"\s*+:\s*+"(?P<request_id>[^"]*+)")'
        r"(?P<message>.*+)",
        begins="{", anchor=False,
        flaw=("not-json", "a template does not escape what it is filled with"),
    ),
)  # fmt: skip
_NAMES = {
    "requesttimeepoch": "time",
    "requesttime": "time",
    "requestid": "request_id",
    "extendedrequestid": "extended_request_id",
    "sourceip": "source_ip",
    "ip": "source_ip",
    "clientip": "source_ip",
    "caller": "caller",
    "user": "user_name",
    "userarn": "user_arn",
    "useragent": "user_agent",
    "ua": "user_agent",
    "httpmethod": "http_method",
    "method": "http_method",
    "resourcepath": "resource_path",
    "path": "path",
    "routekey": "route_key",
    "protocol": "protocol",
    "status": "status_code",
    "responselength": "response_length",
    "responselatency": "response_latency",
    "eventtype": "event_type",
    "connectionid": "connection_id",
    "messageid": "message_id",
    "accountid": "account_id",
    "apiid": "api_id",
    "stage": "stage",
    "domainname": "domain_name",
    "principalid": "principal_id",
    "authorizerprincipalid": "principal_id",
    "authorizererror": "authorizer_error",
    "apikeyid": "api_key_id",
    "vpceid": "vpce_id",
    "integrationlatency": "integration_latency",
    "integrationstatus": "integration_status",
    "integrationerror": "integration_error",
    "integrationerrormessage": "integration_error",
    "errormessage": "error_message",
    "errorresponsetype": "error_response_type",
    "wafresponsecode": "waf_response_code",
    "webaclarn": "webacl_arn",
    "xraytraceid": "xray_trace_id",
}
_ALSO = frozenset({"context", "identity", "http"})
_WORD = re.compile(r"[^A-Za-z0-9]+")


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name without the groups it is in and how its words are divided: `identity.sourceIp`."""
    words = [word.lower() for word in _WORD.split(name) if word]
    return "".join(word for word in words if word not in _ALSO) or "".join(words)


_IDENTIFIED = ("requestid", "extendedrequestid")
_REQUESTED = (
    *(("httpmethod",), ("routekey",), ("resourcepath",), ("eventtype", "connectionid")),
    *((when, who) for when in ("requesttime", "requesttimeepoch")
      for who in ("ip", "sourceip", "identity/sourceip")),
)  # fmt: skip
"""What an object has besides an id of its request, so that it is one of this format."""
MEMBERS = (
    Members(
        "json",
        {
            **_NAMES,
            **{f"identity/{name}": column for name, column in _NAMES.items()},
            **{f"error/{name.removeprefix('error')}": column for name, column in _NAMES.items()
               if name.startswith("error")},
        },
        [(each, *others) for each in _IDENTIFIED for others in _REQUESTED],
        clock=_moment, fold=folded, absent=("-", ""),
    ),
)  # fmt: skip
_REQUEST = re.compile(r'<request id="([^"<>]*)">((?:\s*<(\w+)>[^<]*</\3>)+)\s*</request>\s*')
_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")


def object_of(said: str) -> bytes | None:
    """The object that a request in XML is: its elements are members."""
    whole = _REQUEST.fullmatch(said)
    if not whole:
        return None
    members = [("requestId", whole[1]), *_ELEMENT.findall(whole[2])]
    pairs = (json_text.quoted(name) + b":" + json_text.quoted(value) for name, value in members)
    return b"{" + b",".join(pairs) + b"}"


_FILLED = Members("template", _NAMES, [()], clock=_moment, fold=folded, absent=("-", ""))


def by_template(template: str, line: str) -> Member | None:
    """What a line says that was written from the template; None of any other."""
    found = template_of(template).read(line)
    member = _FILLED.take(found.members) if found else None
    if found and member and found.doubt:
        member.flaws.append(("", "ambiguous", found.doubt, line.encode()))
    return member


COLUMNS: tuple[Column, ...] = (
    text("kind", "How the template writes it: json (XML too), clf, csv, template, broken-json."),
    time("time", "When the request was received."),
    BASIS,
    text("request_id", "Id of the request; of REST APIs the client can set it.", "request_id"),
    text("extended_request_id", "Id that API Gateway gives the request.", "request_id"),
    text("source_ip", "Address that connected to API Gateway: maybe a proxy's.", "ip"),
    text("user_agent", "What the client calls itself.", "user_agent"),
    text("caller", "Principal that signed the request.", "principal"),
    text("user_name", "Principal that is authorised for it.", "user"),
    text("user_arn", "ARN of that principal.", "arn"),
    text("principal_id", "Principal, as the authorizer names it.", "principal"),
    text("account_id", "Account that owns the API.", "account"),
    text("api_id", "Id of the API.", "resource"),
    text("api_key_id", "Id of the API key used.", "resource"),
    text("vpce_id", "VPC endpoint the request came through.", "resource"),
    text("stage", "Stage of the API."),
    text("domain_name", "Name the API was called by.", "host"),
    text("http_method", "Method of the request."),
    text("resource_path", "Path of the resource, as the API declares it (REST)."),
    text("route_key", "Route that matched (HTTP and WebSocket)."),
    text("path", "Path of the request.", "url"),
    text("protocol", "Protocol, HTTP/1.1 also where it was another."),
    text("event_type", "CONNECT, MESSAGE or DISCONNECT (WebSocket)."),
    text("connection_id", "Id of the connection (WebSocket).", "session"),
    text("message_id", "Id of the message (WebSocket)."),
    integer("status_code", "Status of the answer."),
    integer("response_length", "Bytes of the answer's body."),
    integer("response_latency", "Milliseconds until the answer was sent."),
    integer("integration_latency", "Milliseconds the integration took."),
    text("integration_status", "Status the integration answered with."),
    text("integration_error", "What the integration says went wrong."),
    text("error_message", "What API Gateway says went wrong."),
    text("error_response_type", "Kind of error: ACCESS_DENIED, THROTTLED …."),
    text("authorizer_error", "What the authorizer says went wrong."),
    text("waf_response_code", "WAF_ALLOW or WAF_BLOCK."),
    text("webacl_arn", "Web ACL that decided.", "arn"),
    text("xray_trace_id", "Trace the request is part of."),
    text("message", "The line as it stands, where it can only be read in part."),
)

APIGW_ACCESS = Patterns(
    name="apigw_access",
    about="Requests to APIs of API Gateway (REST, HTTP, WebSocket), as the stage's template says.",
    reference="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
    columns=COLUMNS,
    forms=FORMS,
    members=MEMBERS,
    object_of=object_of,
    templated=by_template,
    share=0.5,  # templates do not escape: some objects are broken
)
