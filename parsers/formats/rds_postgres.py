"""PostgreSQL logs of RDS and Aurora: text under a prefix, CSV and JSON; pgaudit records typed."""

from __future__ import annotations

import re

from parsers import clocks, scalars
from parsers.contract import Assumed, Column, integer, real, text, time
from parsers.engines.pattern_forms import Form, Members
from parsers.engines.patterns import BASIS, Patterns

_SEVERITY = (
    r"(?P<error_severity>DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"
    r"|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION)"
)
_TIME = r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z0-9+/_-]+)"
_CLIENT = r"(?:(?P<remote_host>[^\s()]+?)(?:\((?P<remote_port>\d+)\))?)?"
_WHO = (
    r"(?:\[unknown\]|(?P<user_name>[^\n\[\]]+?))?"
    r"@(?:\[unknown\]|(?P<database_name>[^\n\[\]]+?))?"
)
_SESSION = (
    r"(?P<session_line_num>\d+):(?P<sql_state_code>[0-9A-Z]{5}):"
    r"(?P<session_start_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Za-z0-9+/_-]+):"
    r"(?P<virtual_transaction_id>\d+/\d+)?:(?P<transaction_id>\d+):(?P<session_id>[0-9a-f.]+):"
    r"(?:\[unknown\]|(?P<application_name>[^\n]*?[^\n:]))?:? ?"
)
_MESSAGE = rf"{_SEVERITY}: {{1,2}}(?P<message>.*+)"
_ABBREVIATED = re.compile(r"(.+?) ([A-Za-z0-9+/_-]+)")


@clocks.read_by(clocks.written(" UTC"))
def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """A time and its zone: UTC, an offset, or an abbreviation that only an analyst can settle."""
    del seen
    match = _ABBREVIATED.fullmatch(said)
    if match is None:
        raise ValueError("not a time with its zone")
    if match[2] in ("UTC", "GMT", "Z"):
        return clocks.local(match[1]), clocks.STATED
    if re.fullmatch(r"[+-]\d\d(?::?\d\d)?", match[2]):
        offset = match[2] if len(match[2]) > 3 else match[2] + ":00"
        return scalars.iso(match[1] + offset), clocks.STATED
    if not assumed.zone:
        raise ValueError(f"{match[2]} can be several zones: assert which")
    return clocks.in_zone(clocks.local(match[1]), assumed)


def _csv(name: str) -> str:
    """A field of CSV, in quotes or not."""
    return rf'(?:"(?P<{name}__q>(?:[^"]++|"")*+)"|(?P<{name}>[^,"\n]+))?'


_AUDIT = r"AUDIT: (?P<audit_type>SESSION|OBJECT)," + ",".join(
    (
        r"(?P<statement_id>\d+)", r"(?P<substatement_id>\d+)",
        *(_csv(name) for name in ("audit_class", "command", "object_type", "object_name")),
        _csv("statement"), _csv("parameter"),
    )
) + r"(?:,(?P<audit_rows>\d+))?\s*+"  # fmt: skip
_ENCRYPTED = r"(?: SSL enabled \((?P<tls>[^)]*+)\))?"
EVENTS = (
    Form("audit", _AUDIT, begins="AUDIT: "),
    Form(
        "connection_received",
        r"connection received: host=(?P<remote_host__2>\S+)(?: port=(?P<remote_port__2>\d+))?",
        begins="connection received",
    ),
    Form(
        "connection_authenticated",
        r'connection authenticated: (?:identity="(?P<identity>.*)"|user="(?P<user_name__2>.*)")'
        r" method=(?P<auth_method>\S+)(?: \((?P<auth_rule>[^()]*+)\))?",
        begins="connection authenticated",
    ),
    Form(
        "connection_authorized",
        r"(?:replication )?connection authorized: user=(?P<user_name__2>.*?)"
        r"(?: database=(?P<database_name__2>.*?))?"
        rf"(?: application_name=(?P<application_name__2>.*?))?{_ENCRYPTED}",
        begins=("connection authorized", "replication connection authorized"),
    ),
    Form(
        "disconnection",
        r"disconnection: session time: (?P<session_time>\d+:\d\d:\d\d\.\d+)"
        r" user=(?P<user_name__2>.*) database=(?P<database_name__2>.*)"
        r" host=(?P<remote_host__2>\S+)(?: port=(?P<remote_port__2>\d+))?",
        begins="disconnection: ",
    ),
    Form(
        "authentication_failed",
        r'(?P<auth_method>[\w-]+) authentication failed for user "(?P<user_name__2>.*)"',
        holds=(" authentication failed for user ",),
    ),
    Form(
        "authentication_failed",
        r'no pg_hba\.conf entry for host "(?P<remote_host__2>[^"]*)", '
        r'user "(?P<user_name__2>.*)", database "(?P<database_name__2>.*)"(?:, (?P<tls>.*))?',
        begins="no pg_hba",
    ),
    Form("statement", r"statement: (?P<statement>.*+)", begins="statement: "),
    Form(
        "duration",
        r"duration: (?P<duration_ms>[\d.]+) ms"
        r"(?:  (?:statement|(?:parse|bind|execute) [^:\n]*+): (?P<statement>.*+))?",
        begins="duration: ",
    ),
)
_NAMES = (
    *("time", "user_name", "database_name", "process_id", "connection_from", "session_id"),
    *("session_line_num", "command_tag", "session_start_time", "virtual_transaction_id"),
    *("transaction_id", "error_severity", "sql_state_code", "message", "detail", "hint"),
    *("internal_query", "internal_query_pos", "context", "query", "query_pos", "location"),
    *("application_name", "backend_type", "leader_pid", "query_id"),
)
_FROM = r'(?:"(?P<remote_host>[^"]*?)(?::(?P<remote_port>\d+))?"|(?P<remote_host__3>[^,"\n]+))?'


def _csv_line(columns: int) -> str:
    fields = [_FROM if name == "connection_from" else _csv(name) for name in _NAMES[:columns]]
    return ",".join(fields) + r"\s*+"


def _prefixed(prefix: str) -> Form:
    return Form("text", prefix + _MESSAGE, clock=_moment, within="message", forms=EVENTS)


_PID = r"\[(?P<process_id>\d+)\]"
FORMS = (
    _prefixed(rf"{_TIME}:{_CLIENT}:{_WHO}:{_PID}:(?:{_SESSION})?"),
    _prefixed(rf"{_TIME} {_PID} (?:{_WHO} )?"),
    *(
        Form("csv", _csv_line(columns), clock=_moment, within="message", forms=EVENTS)
        for columns in (26, 24, 23)
    ),
    Form("marker", r"-{10,} END OF LOG -{10,}", anchor=False),
)
_MEMBERS = {
    "timestamp": "time",
    "user": "user_name",
    "dbname": "database_name",
    "pid": "process_id",
    "remote_host": "remote_host",
    "remote_port": "remote_port",
    "session_id": "session_id",
    "line_num": "session_line_num",
    "ps": "command_tag",
    "session_start": "session_start_time",
    "vxid": "virtual_transaction_id",
    "txid": "transaction_id",
    "error_severity": "error_severity",
    "state_code": "sql_state_code",
    "message": "message",
    "detail": "detail",
    "hint": "hint",
    "internal_query": "internal_query",
    "internal_position": "internal_query_pos",
    "context": "context",
    "statement": "query",
    "cursor_position": "query_pos",
    "application_name": "application_name",
    "backend_type": "backend_type",
    "leader_pid": "leader_pid",
    "query_id": "query_id",
}
COLUMNS: tuple[Column, ...] = (
    text("kind", "What it says: connection_authorized, audit, statement, text, csv, json ….",),
    time("time", "When it was logged; zones that are abbreviated have to be asserted."),
    BASIS,
    text("error_severity", "LOG, ERROR, FATAL …; DETAIL, HINT and so on say more of the last."),
    text("user_name", "Database account.", "user"),
    text("database_name", "Database."),
    integer("process_id", "Process of the session: joins its records; used again later."),
    text("remote_host", "Address or name of the client.", "ip"),
    integer("remote_port", "Port of the client."),
    text("session_id", "Id of the session.", "session"),
    integer("session_line_num", "Number of the record in its session."),
    text("command_tag", "Command being executed."),
    text("session_start_time", "When the session began, as written."),
    text("virtual_transaction_id", "Virtual transaction."),
    integer("transaction_id", "Transaction, 0 for none."),
    text("sql_state_code", "SQLSTATE."),
    text("message", "What happened; further lines keep the tab that the server indents them by."),
    text("detail", "More about an error."),
    text("hint", "What the server advises."),
    text("internal_query", "Query of the server itself that failed."),
    integer("internal_query_pos", "Where in it."),
    text("context", "Where in functions the error arose."),
    text("query", "Statement of the user that failed."),
    integer("query_pos", "Where in it."),
    text("location", "Place in the server's source."),
    text("application_name", "What the client calls itself.", "user_agent"),
    text("backend_type", "Kind of process."),
    integer("leader_pid", "Process that leads a parallel query."),
    text("query_id", "Id of the normalised query."),
    text("identity", "Who authenticated, before it is mapped to an account.", "principal"),
    text("auth_method", "How: scram-sha-256, md5, pam (IAM), password ….",),
    text("auth_rule", "Rule that allowed it: file and line."),
    text("tls", "How the connection is encrypted."),
    text("session_time", "How long the session lasted: hours, minutes, seconds."),
    real("duration_ms", "Milliseconds a statement took."),
    text("statement", "SQL, of statements logged and of audit records."),
    text("audit_type", "SESSION or OBJECT: which kind of auditing (pgaudit)."),
    integer("statement_id", "Statement of the session, counted by pgaudit."),
    integer("substatement_id", "Part of the statement."),
    text("audit_class", "READ, WRITE, FUNCTION, ROLE, DDL or MISC."),
    text("command", "SELECT, CREATE TABLE, GRANT …: logged before it is executed."),
    text("object_type", "TABLE, VIEW, FUNCTION …."),
    text("object_name", "Object, with its schema.", "resource"),
    text("parameter", "Parameters of the statement, or why they are not logged."),
    integer("audit_rows", "Rows retrieved or changed."),
)  # fmt: skip

RDS_POSTGRES = Patterns(
    name="rds_postgres",
    about="Logs of PostgreSQL on RDS and Aurora: connections, errors, statements, pgaudit.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html",
    columns=COLUMNS,
    forms=FORMS,
    members=(
        Members(
            "json",
            _MEMBERS,
            [("timestamp", "pid", "error_severity", "message")],
            clock=_moment,
            within="message",
            forms=EVENTS,
        ),
    ),
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.5,
    joined=("postgres-records", "postgres-csv-records"),
)
