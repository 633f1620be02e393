"""CloudFront real-time logs: the fields its owner chose, in AWS's order, and no word of which."""

from __future__ import annotations

import re

from parsers.contract import (
    Claim,
    Column,
    Layout,
    Misfit,
    Sample,
    integer,
    real,
    text,
    time,
)
from parsers.engines.delimited import Delimited
from parsers.engines.layouts import Field


def _field(column: Column) -> Field:
    """AWS writes field names with hyphens, the table has them with underscores."""
    return Field(column.name.replace("_", "-"), (column,))


FIELDS = tuple(
    _field(column)
    for column in (
        time("timestamp", "When the response ended, in milliseconds.", "epoch_s"),
        text("c_ip", "Address of the viewer, or of a proxy before it.", "ip"),
        text("s_ip", "Address of the edge server.", "ip"),
        real("time_to_first_byte", "Seconds until the response began."),
        integer("sc_status", "Status the viewer got; 0 (000): it left before.", digits=3),
        integer("sc_bytes", "Bytes to the viewer, headers included."),
        text("cs_method", "Method of the request."),
        text("cs_protocol", "http, https, grpcs, ws or wss."),
        text("cs_host", "Host header of the viewer; in standard logs, the distribution.", "host"),
        text("cs_uri_stem", "Path that was asked for, with its query, encoded.", "url"),
        integer("cs_bytes", "Bytes from the viewer, headers included."),
        text("x_edge_location", "Edge that answered, like FRA56-P4."),
        text("x_edge_request_id", "Id of the request: the x-amz-cf-id header.", "request_id"),
        text("x_host_header", "Domain name of the distribution.", "host"),
        real("time_taken", "Seconds from request to the end of the response."),
        text("cs_protocol_version", "Like HTTP/2.0."),
        text("c_ip_version", "IPv4 or IPv6."),
        text("cs_user_agent", "What the viewer says it is, encoded.", "user_agent"),
        text("cs_referer", "Referer header, encoded.", "url"),
        text("cs_cookie", "Cookie header, encoded, up to 800 bytes."),
        text("cs_uri_query", "Query string, encoded."),
        text("x_edge_response_result_type", "How the response began: see x_edge_result_type."),
        text("x_forwarded_for", "Addresses that proxies claim, as sent, encoded."),
        text("ssl_protocol", "TLS version agreed on."),
        text("ssl_cipher", "Cipher agreed on."),
        text("x_edge_result_type", "How the request ended: Hit, Miss, Error …."),
        integer("fle_encrypted_fields", "Fields encrypted."),
        text("fle_status", "How field-level encryption went."),
        text("sc_content_type", "Content-Type of the response, encoded."),
        integer("sc_content_len", "Content-Length of the response."),
        integer("sc_range_start", "First byte of the range served."),
        integer("sc_range_end", "Last byte of the range served."),
        integer("c_port", "Port of the viewer."),
        text("x_edge_detailed_result_type", "Like x_edge_result_type, with the kind of error."),
        text("c_country", "Country of the viewer, as CloudFront guesses it."),
        text("cs_accept_encoding", "Accept-Encoding header, encoded."),
        text("cs_accept", "Accept header, encoded."),
        text("cache_behavior_path_pattern", "Cache behaviour that matched, encoded."),
        text("cs_headers", "Headers of the request, encoded, up to 800 bytes."),
        text("cs_header_names", "Names of the headers, encoded, up to 800 bytes."),
        integer("cs_headers_count", "How many headers the request had."),
        text("primary_distribution_id", "Distribution that this one is staged for.", "resource"),
        text("primary_distribution_dns_name", "Domain name of that distribution.", "host"),
        real("origin_fbl", "Seconds until the origin's first byte."),
        real("origin_lbl", "Seconds until the origin's last byte."),
        integer("asn", "Autonomous system of the viewer."),
        *(
            text(f"cmcd_{name}", f"Media player's data (CMCD): {name.replace('_', ' ')}.")
            for name in (
                *("encoded_bitrate", "buffer_length", "buffer_starvation", "content_id"),
                *("object_duration", "deadline", "measured_throughput", "next_object_request"),
                *("next_range_request", "object_type", "playback_rate"),
                *("requested_maximum_throughput", "streaming_format", "session_id"),
                *("stream_type", "startup", "top_bitrate", "version"),
            )
        ),
        text("r_host", "Domain name of the origin that was asked.", "host"),
        text("sr_reason", "Why that origin, like Failover:403."),
        text("x_edge_mqcs", "Score of media quality, 0 to 100."),
        text("distribution_tenant_id", "Tenant of the distribution.", "resource"),
        text("connection_id", "TLS connection of the request.", "session"),
        text("viewer_request_log_data", "What a function on the request logged, encoded."),
        text("viewer_response_log_data", "What a function on the response logged, encoded."),
    )
)


_LIKELY = re.compile(rb"\d{10}\.\d{3}\t[0-9a-fA-F.:]{7,39}\t")


def never(line: bytes, layout: Layout) -> Layout | None:
    """No line is a header."""
    del line, layout
    return None


def unproven(line: str) -> str:
    """Nothing in a line proves which fields it has."""
    return f"which fields it has stands in no line: --as NAME --fields …: {line[:80]!r}"


class _RealTime(Delimited):
    """Lines of which nothing says what fields they have: the analyst knows, or nobody."""

    def claim(self, sample: Sample) -> Claim | Misfit:
        """Never; but what such lines mostly begin with is worth a word."""
        if sample.units and _LIKELY.match(sample.units[0]):
            return Misfit("which fields it has stands in no line: name them with --fields", 1)
        return Misfit("which fields it has stands in no line")


CLOUDFRONT_REALTIME = _RealTime(
    name="cloudfront_realtime",
    about="Requests to CloudFront distributions within seconds; maybe a sample of them.",
    reference="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
    "real-time-logs.html",
    fields=FIELDS,
    line_fits=unproven,
    delimiter="\t",
    header=never,
)
