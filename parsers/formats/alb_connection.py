"""Connection logs of Application Load Balancers: one line per connection that was tried."""

from __future__ import annotations

from parsers.contract import integer, real, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import field
from parsers.engines.objects import Objects, renamed
from parsers.engines.tokens import Mended, Token

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"

FIELDS = (
    field(time("time", "When the connection was made or failed."), "timestamp", like=_TIME),
    field(text("client_ip", "Address of the client.", "ip"), like="[0-9a-fA-F.:]+"),
    field(integer("client_port", "Port of the client."), like=r"\d+"),
    field(integer("listener_port", "Port of the listener."), like=r"\d+"),
    field(text("tls_protocol", "TLS version agreed on; NULL without TLS.")),
    field(text("tls_cipher", "Cipher agreed on.")),
    field(real("tls_handshake_latency", "Seconds the handshake took.")),
    field(
        text("leaf_client_cert_subject", "Subject of the client's certificate.", "principal"),
        quoted=True,
    ),
    field(text("leaf_client_cert_validity", "NotBefore and NotAfter of the client's certificate.")),
    field(text("leaf_client_cert_serial_number", "Serial number of the client's certificate.")),
    field(text("tls_verify_status", "Success, or Failed: and why, where certificates are asked.")),
    field(text("conn_trace_id", "The connection; requests over it: see alb.", "session")),
    field(text("tls_keyexchange", "Key exchange group agreed on.")),
    field(text("elb", "The load balancer, as app/name/id.", "resource")),
    field(text("ip_address", "Address of the load balancer's node.", "ip")),
)
_HEAD = 7  # fields before the quoted one


def mend(line: str) -> Mended | None:
    """Divide a line whose certificate subject holds quotes: nothing else has any."""
    *head, rest = line.split(" ", _HEAD)
    subject, end, tail = rest.rpartition('" ')
    if len(head) < _HEAD or not end or not subject.startswith('"'):
        return None
    tokens = [*map(Token, head), Token(subject[1:], quoted=True), *map(Token, tail.split(" "))]
    return Mended(tokens)


_LINES = Delimited(
    name="alb_connection",
    about="Connections to Application Load Balancers, also failed ones; who showed a certificate.",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-connection-logs.html",
    fields=FIELDS,
    required=11,  # the first lines of 2023 have no conn_trace_id
    quoted=True,
    mend=mend,
)

_OBJECTS = Objects(
    renamed(FIELDS, {}),
    requires=(
        frozenset({"conn_trace_id", "tls_protocol"}),
        frozenset({"conn_trace_id", "listener_port"}),
        frozenset({"client_ip", "tls_handshake_latency"}),
    ),
    absent="-",
    unique=("client_ip", "conn_trace_id", "leaf_client_cert_subject"),
)

ALB_CONNECTION = TwoForms(_LINES, _OBJECTS)
