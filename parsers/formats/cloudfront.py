"""CloudFront standard logs: one line per request to an edge, fields as the file's header says."""

from __future__ import annotations

import re

from parsers.contract import Layout, integer, real, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import field
from parsers.engines.objects import Objects, renamed
from parsers.engines.tokens import Mended, Token

FIELDS = (
    field(time("time", "When the response ended, to the second."), "date", also=("time",)),
    field(text("x_edge_location", "Edge that answered, like FRA56-P4."), "x-edge-location"),
    field(integer("sc_bytes", "Bytes to the viewer, headers included."), "sc-bytes"),
    field(text("c_ip", "Address of the viewer, or of a proxy before it.", "ip"), "c-ip"),
    field(text("cs_method", "Method of the request."), "cs-method"),
    field(text("cs_host", "Domain name of the distribution.", "host"), "cs(Host)"),
    field(text("cs_uri_stem", "Path that was asked for, encoded.", "url"), "cs-uri-stem"),
    field(
        integer("sc_status", "Status the viewer got; 0 (000): it left before.", digits=3),
        "sc-status",
    ),
    field(text("cs_referrer", "Referer header, encoded.", "url"), "cs(Referer)"),
    field(
        text("cs_user_agent", "What the viewer says it is, encoded.", "user_agent"),
        "cs(User-Agent)",
    ),
    field(text("cs_uri_query", "Query string, encoded."), "cs-uri-query"),
    field(text("cs_cookie", "Cookie header, encoded; NULL unless logged."), "cs(Cookie)"),
    field(
        text("x_edge_result_type", "How the request ended: Hit, Miss, Error …."),
        "x-edge-result-type",
    ),
    field(
        text("x_edge_request_id", "Id of the request: the x-amz-cf-id header.", "request_id"),
        "x-edge-request-id",
    ),
    field(text("x_host_header", "Host header of the viewer.", "host"), "x-host-header"),
    field(text("cs_protocol", "http, https, grpcs, ws or wss."), "cs-protocol"),
    field(integer("cs_bytes", "Bytes from the viewer, headers included."), "cs-bytes"),
    field(real("time_taken", "Seconds from request to the end of the response."), "time-taken"),
    field(
        text("x_forwarded_for", "Addresses that proxies claim, as sent, encoded."),
        "x-forwarded-for",
    ),
    field(text("ssl_protocol", "TLS version agreed on."), "ssl-protocol"),
    field(text("ssl_cipher", "Cipher agreed on."), "ssl-cipher"),
    field(
        text("x_edge_response_result_type", "How the response began: see x_edge_result_type."),
        "x-edge-response-result-type",
    ),
    field(text("cs_protocol_version", "Like HTTP/2.0."), "cs-protocol-version"),
    field(text("fle_status", "How field-level encryption went."), "fle-status"),
    field(integer("fle_encrypted_fields", "Fields encrypted."), "fle-encrypted-fields"),
    field(integer("c_port", "Port of the viewer."), "c-port"),
    field(real("time_to_first_byte", "Seconds until the response began."), "time-to-first-byte"),
    field(
        text("x_edge_detailed_result_type", "Like x_edge_result_type, with the kind of error."),
        "x-edge-detailed-result-type",
    ),
    field(text("sc_content_type", "Content-Type of the response, encoded."), "sc-content-type"),
    field(integer("sc_content_len", "Content-Length of the response."), "sc-content-len"),
    field(integer("sc_range_start", "First byte of the range served."), "sc-range-start"),
    field(integer("sc_range_end", "Last byte of the range served."), "sc-range-end"),
    field(time("timestamp_ms", "When the response ended.", "epoch_ms"), "timestamp(ms)"),
    field(real("origin_fbl", "Seconds until the origin's first byte."), "origin-fbl"),
    field(real("origin_lbl", "Seconds until the origin's last byte."), "origin-lbl"),
    field(integer("asn", "Autonomous system of the viewer."), "asn"),
    field(text("c_country", "Country of the viewer, as CloudFront guesses it."), "c-country"),
    field(
        text("cache_behavior_path_pattern", "Cache behaviour that matched, encoded."),
        "cache-behavior-path-pattern",
    ),
    field(
        text("distribution_tenant_id", "Tenant of the distribution.", "resource"),
        "distribution-tenant-id",
    ),
    field(text("connection_id", "TLS connection of the request.", "session"), "connection-id"),
    field(
        text("viewer_request_log_data", "What a function on the request logged, encoded."),
        "viewer-request-log-data",
    ),
    field(
        text("viewer_response_log_data", "What a function on the response logged, encoded."),
        "viewer-response-log-data",
    ),
)
DEFAULT: Layout = tuple(name for each in FIELDS[:32] for name in each.names)
"""The fields of every file since December 2019, unless its owner chose others."""

_NAMES = frozenset(name for each in FIELDS for name in each.names)
_DIRECTIVE = re.compile(rb"#(Version|Software|Date|Start-Date|End-Date|Remark): ?")
_DEFAULT_LINE = re.compile(
    r"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-\w+)?\t\d+\t[0-9a-fA-F.:]+(?:\t[^\t]*){28}"
)


def header(line: bytes, layout: Layout) -> Layout | None:
    """The layout after a header line: `#Fields:` sets it, other directives leave it as it is."""
    if _DIRECTIVE.match(line):
        return layout
    if not line.startswith(b"#Fields:"):
        return None
    names = tuple(line[len(b"#Fields:") :].decode("utf-8", "backslashreplace").split())
    of_an_edge = any(name.startswith(("x-edge-", "x-host-")) for name in names)
    return names if of_an_edge or (names and _NAMES.issuperset(names)) else None


def mend(line: str) -> Mended | None:
    """Divide a line somebody pasted with spaces for tabs: no value holds a raw space."""
    return None if "\t" in line else Mended([Token(token) for token in line.split(" ")])


def _fits_default(line: str) -> str:
    """A headerless line is read only where it proves the default layout."""
    if _DEFAULT_LINE.fullmatch(line):
        return ""
    return f"no #Fields header, and not the default layout: {line[:80]!r}"


_LINES = Delimited(
    name="cloudfront",
    about="Requests to CloudFront distributions; best effort, hours late.",
    reference="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
    "standard-logs-reference.html",
    fields=FIELDS,
    line_fits=_fits_default,
    delimiter="\t",
    mend=mend,
    header=header,
    header_bytes=b"#",
    default=DEFAULT,
)
_OBJECTS = Objects(
    renamed(FIELDS, {}),
    requires=(
        frozenset({"x-edge-location"}),
        frozenset({"cs(Host)", "cs-uri-stem"}),
        frozenset({"x-edge-request-id"}),
        frozenset({"x-host-header", "cs-method"}),
    ),
    absent="-",
    unique=("c-ip", "cs(Host)", "cs-uri-stem", "sc-status", "x-edge-request-id"),
)

CLOUDFRONT = TwoForms(_LINES, _OBJECTS)
