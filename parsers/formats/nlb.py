"""Access logs of Network Load Balancers: one line per TLS connection."""

from __future__ import annotations

from parsers.contract import integer, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import Field, field
from parsers.engines.objects import Objects, renamed
from parsers.engines.splits import ENDPOINT

_SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"

FIELDS = (
    field(text("type", "Kind of listener: tls."), like="[a-z]+"),
    field(text("version", "Version of the log line, like 2.0."), like=r"\d+\.\d+"),
    field(time("time", "End of the connection."), like=_SECOND),
    field(text("elb", "The load balancer, as net/name/id.", "resource"), like="net/[^ ]+"),
    field(text("listener_id", "Listener of the connection.", "resource"), "listener"),
    Field(
        "client:port",
        (
            text("client_ip", "Address of the client.", "ip"),
            integer("client_port", "Port of the client."),
        ),
        ENDPOINT,
    ),
    Field(
        "destination:port",
        (
            text("target_ip", "Address the client reached: the load balancer's own.", "ip"),
            integer("target_port", "Port the client reached."),
        ),
        ENDPOINT,
    ),
    field(integer("tcp_connection_time_ms", "Milliseconds from start to end."), "connection_time"),
    field(
        integer("tls_handshake_time_ms", "Milliseconds of the handshake; NULL where it failed."),
        "tls_handshake_time",
    ),
    field(integer("received_bytes", "Bytes from the client, decrypted.")),
    field(integer("sent_bytes", "Bytes to the client, before encryption.")),
    field(integer("incoming_tls_alert", "Number of the TLS alert the client sent.")),
    field(text("cert_arn", "Certificate served to the client.", "arn"), "chosen_cert_arn"),
    field(text("certificate_serial", "Reserved by AWS."), "chosen_cert_serial"),
    field(text("tls_cipher_suite", "Cipher agreed on."), "tls_cipher"),
    field(text("tls_protocol_version", "Protocol agreed on, like tlsv13.")),
    field(text("tls_named_group", "Key exchange group agreed on.")),
    field(text("domain_name", "Name the client asked for (SNI), URL-encoded.", "host")),
    field(text("alpn_fe_protocol", "Application protocol agreed on with the client.")),
    field(text("alpn_be_protocol", "Application protocol agreed on with the target.")),
    field(
        text(
            "alpn_client_preference_list", "Protocols the client offered, as it stands; cut at 256."
        )
    ),
    field(time("tls_connection_creation_time", "Start of the connection.")),
)

_LINES = Delimited(
    name="nlb",
    about="TLS connections to Network Load Balancers; other listeners write no log.",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/"
    "load-balancer-access-logs.html",
    fields=FIELDS,
    required=18,  # lines of version 1.0 end with domain_name
)

_OBJECTS = Objects(
    renamed(FIELDS, {"client:port": "client_port", "destination:port": "destination_port"}),
    requires=(
        frozenset({"elb", "destination_port"}),
        frozenset({"elb", "tls_connection_creation_time"}),
        frozenset({"elb", "listener", "tls_cipher"}),
    ),
    absent="-",
    unique=("client_port", "destination_port", "domain_name"),
)

NLB = TwoForms(_LINES, _OBJECTS)
