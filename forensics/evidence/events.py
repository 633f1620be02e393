"""The row shape of `events`: what every log format is brought to, under the names of ECS.

The SELECTs in `views/` give a format's rows these columns, as far as its records say them. What
follows from other columns, whatever the format, is computed here, once for all of them.
"""

from __future__ import annotations

from forensics.evidence.schema import Table
from parsers.contract import ADDRESS_NUMBER, Column, boolean, integer, text, texts, time

EVENTS = Table(
    "events",
    "Who did what, when, from where, to what, with what outcome: every format, one row each.",
    (
        text("ref", "Name of the row, for `show` and in reports: source and record."),
        time("event_time", "The moment that timestamp_desc tells, UTC."),
        time("event_end", "End of what took time: a window, a response, a session."),
        text("timestamp_desc", "What event_time is the time of."),
        text("time_precision", "us, ms, s, min or window: how exact event_time is."),
        text("event_dataset", "Log format: the native table that holds the whole record."),
        texts("event_category", "Kinds of event, in words of ECS."),
        texts("event_type", "Kinds of effect, in words of ECS."),
        text("event_provider", "Service, load balancer, web ACL, database … that was asked."),
        text("event_action", "What was done, as the log says it."),
        text("event_outcome", "success, failure or unknown."),
        text("error_code", "Error, as logged."),
        text("error_message", "Words of the error, as logged."),
        boolean("read_only", "Whether it only reads; NULL where that cannot be known."),
        text("user_type", "Kind of the caller, as logged."),
        text("user_id", "Unique id of the caller.", "principal"),
        text("user_name", "Name of the caller.", "user"),
        text("user_arn", "ARN of the caller.", "arn"),
        text("user_account_id", "Account of the caller.", "account"),
        text("access_key_id", "Access key the call was signed with.", "access_key"),
        text("session_uid", "What holds the records of one session together.", "session"),
        text("cloud_account_id", "Account whose log this is.", "account"),
        text("cloud_region", "Region whose log this is."),
        text("source_address", "Where it came from, as logged: an address or a name.", "host"),
        text("source_ip", "The same where it is an address.", "ip"),
        Column("source_ip_num", ADDRESS_NUMBER, "source_ip as a number: see `within`."),
        integer("source_port", "Port it came from."),
        text("source_scope", "public, private, aws-service, aws-internal or none."),
        text("destination_ip", "Address it went to.", "ip"),
        Column("destination_ip_num", ADDRESS_NUMBER, "destination_ip as a number: see `within`."),
        integer("destination_port", "Port it went to."),
        text("network_transport", "tcp, udp, icmp …"),
        text("network_direction", "ingress or egress, as the log sees it."),
        integer("source_bytes", "Bytes sent by the source: an upload."),
        integer("destination_bytes", "Bytes sent by the destination: a download."),
        integer("packets", "Packets."),
        text("user_agent_original", "What the client says it is.", "user_agent"),
        text("http_request_method", "HTTP method."),
        integer("http_response_status_code", "HTTP status the client got."),
        text("url_full", "URL or path asked for, as logged.", "url"),
        text("url_domain", "Host asked for.", "host"),
        text("dns_question_name", "Name asked for, in lower case, without its last dot.", "domain"),
        text("dns_question_type", "Type of record asked for."),
        text("dns_response_code", "Response code."),
        texts("dns_answers", "Values of the answer.", "host"),
        text("resource_type", "Kind of what was acted on."),
        text("resource_id", "What was acted on.", "resource"),
        text("resource_arn", "Its ARN.", "arn"),
        text("process_command_line", "Line typed in a shell."),
        text("sql_text", "SQL statement."),
        text("event_id", "The record's own id.", "event_id"),
        text("request_id", "Id of the request: joins logs.", "request_id"),
        text("trace_id", "Id of a trace: joins logs.", "request_id"),
        text("instance_id", "EC2 instance.", "instance"),
        text("eni_id", "Network interface.", "eni"),
        text("function_name", "Lambda function.", "resource"),
        text("message", "All this in a sentence."),
        integer("source_id", "Content of the evidence the row is from: sources.source_id."),
        integer("record_no", "Which unit of that content."),
    ),
)
COMPUTED = {
    "ref": "ref(event.source_id, record_no)",
    "source_ip": "CASE WHEN source_ip_num IS NOT NULL THEN source_address END",
    "source_scope": "_scope(source_ip_num, source_address)",
    "cloud_account_id": "coalesce(cloud_account_id, place.account_id)",
    "cloud_region": "coalesce(cloud_region, place.region)",
    "source_id": "event.source_id",
} | {
    name: f"_said({name})"
    for name in (
        *("event_action", "error_code", "error_message", "user_id", "user_name"),
        "user_agent_original",
        *("http_request_method", "url_full", "url_domain", "resource_type", "resource_id"),
        *("resource_arn", "event_id", "request_id", "trace_id"),
    )
}
"""What computes a column from those that the SELECTs give."""

_FOLLOWING = frozenset({"ref", "source_ip", "source_scope"})
GIVEN: tuple[Column, ...] = tuple(c for c in EVENTS.columns if c.name not in _FOLLOWING)
"""The columns that SELECTs give."""

# One join outside instead of one in each branch: a branch is planned three times as fast without,
# and DuckDB 2 drops the only one where a query counts or groups and asks for no place.
FRAME = """\
CREATE OR REPLACE VIEW events AS
SELECT {columns}
FROM (
{branches}
) AS event
LEFT JOIN source_places() AS place ON place.source_id = event.source_id
"""
