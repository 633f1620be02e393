"""CloudFront connection logs: TLS connections of viewers that had to show a certificate."""

from __future__ import annotations

from parsers.contract import Layout, integer, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import field
from parsers.engines.objects import Objects, renamed

FIELDS = (
    field(time("eventTimestamp", "When the connection was made or failed.", "iso_or_epoch_ms")),
    field(
        text("connection_id", "Id of the connection, as in the logs of requests.", "session"),
        "connectionId",
    ),
    field(text("connectionStatus", "Success, or Failed: and why.")),
    field(text("clientIp", "Address of the viewer, or of a proxy before it.", "ip")),
    field(integer("clientPort", "Port of the viewer.")),
    field(text("serverIp", "Address of the edge server.", "ip")),
    field(text("distributionId", "The distribution.", "resource")),
    field(text("distributionTenantId", "Tenant of the distribution.", "resource")),
    field(text("tlsProtocol", "TLS version agreed on.")),
    field(text("tlsCipher", "Cipher agreed on.")),
    field(integer("tlsHandshakeDuration", "Milliseconds of the handshake.")),
    field(text("tlsSni", "Name the viewer asked for.", "host")),
    field(text("clientLeafCertSerialNumber", "Serial number of the viewer's certificate.")),
    field(text("clientLeafCertSubject", "Whom the certificate names.", "principal")),
    field(text("clientLeafCertIssuer", "Who issued it.")),
    field(text("clientLeafCertValidity", "From when until when it is valid.")),
    field(text("connectionLogCustomData", "What a function on the connection logged.")),
)
_NAMES = frozenset(each.name for each in FIELDS)


def header(line: bytes, layout: Layout) -> Layout | None:
    """The fields a header names; a version leaves them as they are."""
    if line.startswith(b"#Version:"):
        return layout
    if not line.startswith(b"#Fields:"):
        return None
    names = tuple(line[len(b"#Fields:") :].decode("utf-8", "backslashreplace").split())
    return names if len(_NAMES.intersection(names)) >= 2 else None


def unproven(line: str) -> str:
    """A line without a header does not say which fields it has."""
    return f"no #Fields header (name the layout with --fields): {line[:80]!r}"


_LINES = Delimited(
    name="cloudfront_connection",
    about="TLS connections to CloudFront that asked for a certificate, also failed ones.",
    reference="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
    "connection-logs.html",
    fields=FIELDS,
    line_fits=unproven,
    delimiter="\t",
    header=header,
    header_bytes=b"#",
)
_OBJECTS = Objects(
    renamed(FIELDS, {}),
    requires=(
        frozenset({"connectionId", "connectionStatus"}),
        frozenset({"connectionId", "tlsProtocol"}),
        frozenset({"eventTimestamp", "distributionId", "clientIp"}),
    ),
    absent="-",
    unique=("connectionId", "connectionStatus", "clientIp", "clientLeafCertSubject"),
)

CLOUDFRONT_CONNECTION = TwoForms(_LINES, _OBJECTS)
