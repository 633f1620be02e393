"""Access logs of Application Load Balancers: one line per request, in 34 fields since 2016's 17."""

from __future__ import annotations

import re

from parsers.contract import integer, real, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import Field, field
from parsers.engines.objects import Objects, renamed
from parsers.engines.splits import ENDPOINT, REQUEST
from parsers.engines.tokens import Mended, Token

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
_MEANT = "-1 where the request was not passed on"

FIELDS = (
    field(text("type", "Protocol: http, https, h2, grpcs, ws or wss."), like="[a-z][a-z0-9]*"),
    field(time("time", "When the response was sent; of a WebSocket, its end."), like=_TIME),
    field(text("elb", "The load balancer, as app/name/id.", "resource"), like="app/[^ ]+"),
    Field(
        "client:port",
        (
            text("client_ip", "Address of the client, or of a proxy before the balancer.", "ip"),
            integer("client_port", "Port of the client."),
        ),
        ENDPOINT,
    ),
    Field(
        "target:port",
        (
            text("target_ip", "Address of the target; NULL where no target was asked.", "ip"),
            integer("target_port", "Port of the target."),
        ),
        ENDPOINT,
    ),
    field(real("request_processing_time", f"Seconds until the target was asked; {_MEANT}.")),
    field(real("target_processing_time", f"Seconds until the target answered; {_MEANT}.")),
    field(real("response_processing_time", f"Seconds until the answer was sent; {_MEANT}.")),
    field(integer("elb_status_code", "Status the client got; 460: the client left.", digits=3)),
    field(integer("target_status_code", "Status the target gave.", digits=3)),
    field(integer("received_bytes", "Bytes of the request, headers included.")),
    field(integer("sent_bytes", "Bytes of the response, headers included.")),
    Field(
        "request",
        (
            text("request_verb", "Method of the request."),
            text("request_url", "URL the client asked for, as sent.", "url"),
            text("request_proto", "Protocol the client named, like HTTP/1.1."),
        ),
        REQUEST,
        quoted=True,
    ),
    field(text("user_agent", "What the client says it is.", "user_agent"), quoted=True),
    field(text("ssl_cipher", "Cipher agreed on with the client.")),
    field(text("ssl_protocol", "TLS version agreed on with the client.")),
    field(text("target_group_arn", "Target group that was asked.", "arn")),
    field(text("trace_id", "X-Amzn-Trace-Id header.", "request_id"), quoted=True),
    field(text("domain_name", "Name the client asked for (SNI).", "host"), quoted=True),
    field(text("chosen_cert_arn", "Certificate served, or session-reused.", "arn"), quoted=True),
    field(integer("matched_rule_priority", "Rule that matched; 0 default, -1 none evaluated.")),
    field(time("request_creation_time", "When the request came in.")),
    field(text("actions_executed", "What was done, in order, like waf,forward."), quoted=True),
    field(text("redirect_url", "Where the client was sent instead.", "url"), quoted=True),
    field(
        text("lambda_error_reason", "Why a target, rule or sign-in failed."),
        "error_reason",
        quoted=True,
    ),
    field(
        text("target_port_list", "Targets asked, a space between each."),
        "target:port_list",
        quoted=True,
    ),
    field(text("target_status_code_list", "Their statuses, a space between each."), quoted=True),
    field(text("classification", "How far the request broke RFC 7230."), quoted=True),
    field(text("classification_reason", "Why it was so classified."), quoted=True),
    field(text("conn_trace_id", "Connection of the request: see alb_connection.", "session")),
    field(text("transformed_host", "Host header after a rewrite.", "host"), quoted=True),
    field(text("transformed_uri", "URI after a rewrite.", "url"), quoted=True),
    field(text("request_transform_status", "Whether the rewrite worked."), quoted=True),
    field(text("ip_address", "Address of the load balancer's node.", "ip")),
)

_HEAD = 12  # fields before the first quoted one
_AFTER_AGENT = re.compile(r'" ([^ "]+) ([^ "]+) (arn:[^ "]+|-)(?= "|\Z)')
_LOOSE = re.compile(r' ?(?:"((?:[^"\\]++|\\.)*+)"|([^ "]+)|"\Z)', re.DOTALL)


def mend(line: str) -> Mended | None:
    """Divide a line whose quotes are odd by what must follow the user agent.

    Seen: quotes within an agent or a URL, no space between a quoted field and the next one, a
    stray quote at the end.
    """
    *head, rest = line.split(" ", _HEAD)
    found = list(_AFTER_AGENT.finditer(rest))
    if len(head) < _HEAD or not found or not rest.startswith('"'):
        return None
    after = found[-1]
    request, between, agent = rest[1 : after.start()].partition('" "')
    if not between:
        return None
    tail = _loose_tokens(rest[after.end() :])
    if tail is None:
        return None
    tokens = [*map(Token, head), Token(request, quoted=True), Token(agent, quoted=True)]
    forged = '" "' in agent or len(found) > 1
    doubt = "the user agent or URL holds what looks like further fields" if forged else ""
    return Mended([*tokens, *map(Token, after.groups()), *tail], doubt)


def _loose_tokens(rest: str) -> list[Token] | None:
    found: list[Token] = []
    position = 0
    while position < len(rest):
        match = _LOOSE.match(rest, position)
        if match is None:
            return None
        if match.group(1) is not None:
            found.append(Token(match.group(1), quoted=True))
        elif match.group(2) is not None:
            found.append(Token(match.group(2)))
        position = match.end()
    return found


_LINES = Delimited(
    name="alb",
    about="Requests to Application Load Balancers, refused ones included; best effort.",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-access-logs.html",
    fields=FIELDS,
    required=17,  # the first lines of 2016 end with target_group_arn
    quoted=True,
    mend=mend,
)

_OBJECTS = Objects(
    renamed(
        FIELDS,
        {
            "client:port": "client_port",
            "target:port": "target_port",
            "request": "request_line",
            "target:port_list": "target_port_list",
        },
    ),
    requires=(
        frozenset({"elb", "request_line"}),
        frozenset({"elb", "elb_status_code"}),
        frozenset({"elb", "request_creation_time"}),
    ),
    absent="-",
    unique=("client_port", "request_line", "elb_status_code", "trace_id"),
)

ALB = TwoForms(_LINES, _OBJECTS)
