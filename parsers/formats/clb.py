"""Access logs of Classic Load Balancers: one line per request or TCP connection."""

from __future__ import annotations

import re

from parsers.contract import integer, real, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.layouts import Field, field
from parsers.engines.splits import ENDPOINT, REQUEST
from parsers.engines.tokens import Mended, Token

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
_ENDPOINT = r"[^ ]+:\d+"
_MEANT = "-1 where the request was not passed on"

FIELDS = (
    field(time("timestamp", "When the request came in."), like=_TIME),
    field(text("elb_name", "The load balancer.", "resource"), "elb", like="[^ /]+"),
    Field(
        "client:port",
        (
            text("request_ip", "Address of the client.", "ip"),
            integer("request_port", "Port of the client."),
        ),
        ENDPOINT,
        like=_ENDPOINT,
    ),
    Field(
        "backend:port",
        (
            text("backend_ip", "Address of the instance that was asked.", "ip"),
            integer("backend_port", "Port of the instance that was asked."),
        ),
        ENDPOINT,
        like=f"{_ENDPOINT}|-",
    ),
    field(real("request_processing_time", f"Seconds until the instance was asked; {_MEANT}.")),
    field(real("backend_processing_time", f"Seconds until the instance answered; {_MEANT}.")),
    field(
        real("client_response_time", f"Seconds until the answer was sent; {_MEANT}."),
        "response_processing_time",
    ),
    field(
        integer("elb_response_code", "Status the client got; NULL for TCP."),
        "elb_status_code",
    ),
    field(
        integer("backend_response_code", "Status the instance gave; 0 without answer."),
        "backend_status_code",
    ),
    field(integer("received_bytes", "Bytes of the request's body; of TCP all.")),
    field(integer("sent_bytes", "Bytes of the response's body; of TCP all.")),
    Field(
        "request",
        (
            text("request_verb", "Method of the request; - for TCP."),
            text("url", "URL the client asked for, as sent; - for TCP.", "url"),
            text("protocol", "Protocol the client named; a dash and a space for TCP."),
        ),
        REQUEST,
        quoted=True,
    ),
    field(text("user_agent", "What the client says it is.", "user_agent"), quoted=True),
    field(text("ssl_cipher", "Cipher agreed on with the client.")),
    field(text("ssl_protocol", "TLS version agreed on with the client.")),
)
_HEAD = 11  # fields before the first quoted one
_QUOTED = re.compile(r'"(.*)" ([^ "]+) ([^ "]+)', re.DOTALL)


def mend(line: str) -> Mended | None:
    """Divide a line that has quotes within its request or user agent."""
    *head, rest = line.split(" ", _HEAD)
    match = _QUOTED.fullmatch(rest)
    if len(head) < _HEAD or not match:
        return None
    request, between, agent = match.group(1).partition('" "')
    if not between:
        return None
    quoted = [Token(request, quoted=True), Token(agent, quoted=True)]
    doubt = "the user agent or URL holds what looks like further fields" if '" "' in agent else ""
    return Mended([*map(Token, head), *quoted, *map(Token, match.group(2, 3))], doubt)


CLB = Delimited(
    name="clb",
    about="Requests and TCP connections to Classic Load Balancers; best effort.",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/"
    "access-log-collection.html",
    fields=FIELDS,
    required=12,  # the first lines of 2014 end with the request
    quoted=True,
    mend=mend,
)
