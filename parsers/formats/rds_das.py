"""Database Activity Streams: what databases of RDS and Aurora report of their use, if decrypted."""

from __future__ import annotations

from parsers import clocks
from parsers.contract import Column, integer, json, text, time
from parsers.engines.pattern_forms import Members
from parsers.engines.patterns import BASIS, Patterns

_EVENT = {
    "logTime": "time",
    "type": "type",
    "class": "event_class",
    "command": "command",
    "commandText": "command_text",
    "clientApplication": "client_application",
    "databaseName": "database_name",
    "dbUserName": "user_name",
    "dbProtocol": "db_protocol",
    "netProtocol": "net_protocol",
    "startTime": "start_time",
    "endTime": "end_time",
    "errorMessage": "error_message",
    "exitCode": "exit_code",
    "objectName": "object_name",
    "objectType": "object_type",
    "paramList": "param_list",
    "pid": "process_id",
    "remoteHost": "remote_host",
    "remotePort": "remote_port",
    "rowCount": "row_count",
    "serverHost": "server_host",
    "serverType": "server_type",
    "serverVersion": "server_version",
    "serviceName": "service_name",
    "sessionId": "session_id",
    "statementId": "statement_id",
    "substatementId": "substatement_id",
    "transactionId": "db_transaction_id",
    "dbid": "dbid",
    "engineNativeAuditFields": "engine_native_audit_fields",
}
_STREAM = {
    "type": "type",
    "version": "stream_version",
}
MEMBERS = (
    Members(
        "heartbeat", _EVENT, [("type", "logTime")],
        clock=clocks.iso_or_local, like={"type": "heartbeat"},
    ),
    Members(
        "event", _EVENT, [("logTime", "dbUserName", "command"), ("logTime", "dbUserName", "class")],
        clock=clocks.iso_or_local, absent=("",),
    ),
    Members(
        "encrypted", _STREAM, [("type", "databaseActivityEvents", "key")],
        flaw=("encrypted", "only the stream's KMS key opens it, which no copy of the data has"),
    ),
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    text("kind", "event, heartbeat (nothing happened, but was watched) or encrypted."),
    time("time", "When it happened, in UTC; digits beyond microseconds stand in `extra`."),
    BASIS,
    text("type", "Type of the record, as the stream says."),
    text("event_class", "CONNECT, READ, DDL …; MAIN and AUX of Aurora MySQL; Standard of Oracle."),
    text("command", "Command: SELECT, CONNECT, GRANT …."),
    text("command_text", "The statement."),
    text("user_name", "Database account.", "user"),
    text("client_application", "What the client calls itself.", "user_agent"),
    text("database_name", "Database."),
    text("object_name", "Object used.", "resource"),
    text("object_type", "Kind of object; in Oracle its schema."),
    json("param_list", "Parameters of the statement."),
    text("remote_host", "Address or name the client came from.", "ip"),
    integer("remote_port", "Port of the client."),
    text("exit_code", "Outcome: in Oracle 0 is success, in SQL Server 1 is."),
    text("error_message", "What went wrong."),
    integer("row_count", "Rows affected or returned."),
    integer("process_id", "Process or connection of the session."),
    text("session_id", "Id of the session.", "session"),
    integer("statement_id", "Statement of the session."),
    integer("substatement_id", "Part of the statement."),
    text("db_transaction_id", "Transaction."),
    text("start_time", "When the statement began, as written."),
    text("end_time", "When it ended, as written."),
    text("db_protocol", "Protocol of the database."),
    text("net_protocol", "Protocol of the network."),
    text("server_host", "Host or address of the server.", "host"),
    text("server_type", "Engine."),
    text("server_version", "Version of the engine."),
    text("service_name", "Service of the database."),
    text("dbid", "Id of the database (Oracle)."),
    json("engine_native_audit_fields", "What the engine itself says of the event."),
    text("stream_version", "Version of the record, where it is encrypted: tells the engine."),
)

RDS_DAS = Patterns(
    name="rds_das",
    about="Database Activity Streams of RDS and Aurora, as far as they have been decrypted.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/DBActivityStreams.AuditLog.html",
    columns=COLUMNS,
    forms=(),
    members=MEMBERS,
)
