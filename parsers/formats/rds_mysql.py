"""Error, general and slow query logs of MySQL, MariaDB and Aurora MySQL."""

from __future__ import annotations

from parsers import clocks, scalars
from parsers.contract import Assumed, Column, integer, real, text, time
from parsers.engines.pattern_forms import Form
from parsers.engines.patterns import BASIS, Patterns

_ISO = r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"
_LOCAL = r"(?P<time>\d{4}-\d\d-\d\d ++\d{1,2}:\d\d:\d\d|\d{6} ++\d{1,2}:\d\d:\d\d)"
_LEVEL = r"\[(?P<level>System|Note|Warning|Warn|Error|ERROR|Info|FATAL)\]"


def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """ISO 8601, a time of the server, or seconds since 1970."""
    if said.isdigit():
        return scalars.epoch_seconds(said), clocks.STATED
    return clocks.iso_or_local(said, seen, assumed)


_DENIED = (
    r"Access denied for user '(?P<user_name>.*)'@'(?P<client_host>[^']*)'"
    r"(?: \(using password: (?P<with_password>YES|NO)\))?.*+"
)
ERRORS = (
    Form("access_denied", _DENIED, begins="Access denied"),
    Form(
        "connection_aborted",
        r"(?:Aborted|Got timeout reading communication packets).*?connection (?P<thread_id__2>\d+)"
        r" to db: '(?P<database_name>.*)' user: '(?P<user_name>.*)'"
        r" host: '(?P<client_host>[^']*)' \((?P<reason>.*)\)\.?",
        begins=("Aborted", "Got timeout"),
    ),
)
CONNECTS = (
    Form("access_denied", _DENIED, begins="Access denied"),
    Form(
        "connect",
        r"(?P<user_name>.*)@(?P<client_host>\S*) on (?P<database_name>\S+)?"
        r"(?: using (?P<connection_type>.*+))?",
    ),
)
_COMMAND = (
    r"(?P<command>Connect|Query|Quit|Init DB|Prepare|Execute|Close stmt|Reset stmt|Field List"
    r"|Statistics|Change user|Ping|Create DB|Drop DB|Refresh|Shutdown|Processlist|Kill|Debug"
    r"|Long Data|Set option|Fetch|Daemon|Binlog Dump(?: GTID)?|Register Slave|Connect Out|Sleep"
    r"|Time|Delayed insert|Table Dump|Error|Reset Connection)"
)
_GENERAL = rf"\t? *(?P<thread_id>\d+) {_COMMAND}(?:\t(?P<message>.*+))?"
_SLOW = (
    r"# User@Host: (?P<user_name>[^\n]*?)\[(?P<current_user>[^\n\]]*)\] @ *"
    r"(?P<client_name>[^\s\[]+)? *\[(?P<client_host>[^\n\]]*?)\](?: +Id: *(?P<thread_id>\d+))?"
    r"[^\n]*+\n(?:# Thread_id: [^\n]*+\n)?"
    r"# Query_time: (?P<query_time>[\d.]+) +Lock_time: (?P<lock_time>[\d.]+)"
    r" +Rows_sent: (?P<rows_sent>\d+) +Rows_examined: (?P<rows_examined>\d+)"
    r"(?: +(?P<statistics>[^\n]*+))?\n(?:# (?P<statistics__2>[^\n]*+)\n)*+"
    r"(?:use (?P<database_name>[^;\n]+);\n)?"
)
_SET = r"(?:SET timestamp=(?P<set_timestamp>\d+);\n)?(?P<message>.*+)"
_SET_ONLY = r"SET timestamp=(?=(?P<time>\d+))(?P<set_timestamp>\d+);\n(?P<message>.*+)"
FORMS = (
    Form("error", rf"{_ISO} (?P<thread_id>\d+) {_LEVEL}(?: \[(?P<error_code>MY-\d+)\]"
         r" \[(?P<subsystem>\w+)\])? (?P<message>.*+)",
         clock=_moment, within="message", forms=ERRORS),
    Form("error", rf"{_LOCAL} (?:(?P<thread_id>\d+) )?{_LEVEL} (?P<message>.*+)",
         clock=_moment, within="message", forms=ERRORS),
    Form("general", rf"{_ISO}{_GENERAL}", clock=_moment, within="message", forms=CONNECTS),
    Form("general", rf"{_LOCAL}{_GENERAL}", clock=_moment, within="message", forms=CONNECTS),
    Form("general", rf"\t{_GENERAL}", begins="\t", within="message", forms=CONNECTS),
    Form("slow", rf"# Time: (?:{_ISO}|(?P<time__3>\d{{6}} ++\d{{1,2}}:\d\d:\d\d))\n{_SLOW}{_SET}",
         begins="# Time: ", clock=_moment),
    Form("slow", f"{_SLOW}{_SET_ONLY}", begins="# User@Host: ", clock=_moment),
    Form("slow", f"{_SLOW}{_SET}", begins="# User@Host: "),
    Form("banner", r"(?P<message>/\S+mysqld, Version: .*+)", begins="/"),
    Form("marker", r"-{10,} END OF LOG -{10,}", anchor=False),
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    text("kind", "error, general, slow, connect, access_denied, connection_aborted, banner …."),
    time("time", "When it was logged; general logs of old leave out a time that repeats."),
    BASIS,
    integer("thread_id", "Connection: joins all its records."),
    text("level", "System, Note, Warning or ERROR."),
    text("error_code", "MY- and a number."),
    text("subsystem", "Part of the server that says so."),
    text("command", "Command of the client, in the general log: Connect, Query, Quit …."),
    text("message", "What happened; the statement, whole and not escaped."),
    text("user_name", "Database account, as sent: an attacker writes what he likes.", "user"),
    text("current_user", "Account the privileges are of.", "user"),
    text("client_host", "Address or name the client came from.", "ip"),
    text("client_name", "Name of the client's host.", "host"),
    text("database_name", "Default schema."),
    text("connection_type", "How the client was connected: SSL/TLS, TCP/IP, Socket …."),
    text("with_password", "YES where the client sent a password, else NO."),
    text("reason", "Why a connection was given up."),
    real("query_time", "Seconds a slow statement took."),
    real("lock_time", "Seconds of them it waited for locks."),
    integer("rows_sent", "Rows of its answer."),
    integer("rows_examined", "Rows it looked at."),
    integer("set_timestamp", "Seconds since 1970 at its start (older servers: at its end)."),
    text("statistics", "What else the server counted."),
)

RDS_MYSQL = Patterns(
    name="rds_mysql",
    about="Error, general and slow query logs of MySQL, MariaDB and Aurora MySQL.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.MySQL.LogFileSize.html",
    columns=COLUMNS,
    forms=FORMS,
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.5,
    joined=("mysql-records",),
)
