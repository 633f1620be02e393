"""Audit logs of MySQL and MariaDB on RDS, and of Aurora MySQL: logons, statements, tables."""

from __future__ import annotations

from parsers import clocks, scalars
from parsers.contract import Assumed, Column, integer, text, time
from parsers.engines.pattern_forms import Form
from parsers.engines.patterns import BASIS, Patterns

_AURORA, _PLUGIN = r"(?P<time>\d{16})", r"(?P<time>\d{8} {1,2}\d{1,2}:\d\d:\d\d)"
_SERVER = r",(?P<serverhost>[^,]+)?"
_USER = r",(?P<username>[^,\n]+)?"
_ODD_USER = r",(?P<username>[^\n]+?)"  # a name may hold commas
_IDS = r",(?P<client_host>[^,]+)?,(?P<connectionid>\d+)?,(?P<queryid>\d+)?"
_QUERY = r",(?P<operation>QUERY),(?P<database>[^,']+)?,'(?P<object>.*)',(?P<retcode>\d+)?"
_ON = r"(?P<database>[^,\n]+)?,(?P<object>[^\n]+)?,(?P<retcode>\d+)?"
_OTHER = rf",(?P<operation>(?!QUERY,)[A-Z_]+),{_ON}"
_CONNECTION = r",(?P<connection_type>[A-Z][A-Za-z/ ]+)"


@clocks.read_by(clocks.written("", clocks.UTC_BY_DEFAULT))
def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """Microseconds since 1970 (Aurora), or a time of the server, which runs in UTC on RDS."""
    del seen
    if said.isdigit():
        return scalars.epoch_microseconds(said), clocks.STATED
    return clocks.in_zone(clocks.local(said), assumed)


def _forms(moment: str, user: str, dialect: str, query: str, other: str) -> tuple[Form, Form]:
    head = moment + _SERVER + user + _IDS
    says = {"dialect": dialect}
    return (
        Form("query", head + _QUERY + query, clock=_moment, says=says),
        Form("event", head + _OTHER + other, clock=_moment, says=says),
    )


FORMS = (
    *_forms(_AURORA, _USER, "aurora", "", ""),
    *_forms(_PLUGIN, _USER, "mariadb", "", ""),
    *_forms(_PLUGIN, _USER, "rds-mysql", ",,", _CONNECTION),
    *_forms(_AURORA, _ODD_USER, "aurora", "", ""),
    *_forms(_PLUGIN, _ODD_USER, "mariadb", "", ""),
    *_forms(_PLUGIN, _ODD_USER, "rds-mysql", ",,", _CONNECTION),
    Form("marker", r"-{10,} END OF LOG -{10,}", anchor=False),
)
COLUMNS: tuple[Column, ...] = (
    text("kind", "What the record is: query, event (logon, logoff, table), marker."),
    text("dialect", "Who wrote it: aurora, mariadb (the plugin), rds-mysql (AWS's build of it)."),
    time("time", "When it happened: UTC in Aurora, else the server's time, which is UTC on RDS."),
    BASIS,
    text("serverhost", "Host of the server; for Aurora the name of the instance.", "host"),
    text("username", "Database account, as sent.", "user"),
    text("client_host", "Address or name the client came from.", "ip"),
    integer("connectionid", "Connection: joins all its records until DISCONNECT."),
    integer("queryid", "Query: joins a statement with its tables; 0 for connections."),
    text("operation", "CONNECT, FAILED_CONNECT, DISCONNECT, CHANGEUSER, QUERY, READ, WRITE …."),
    text("database", "Default schema."),
    text("object", "The statement, escaped as in the log, cut silently; or the table.", "resource"),
    integer("retcode", "Error number of the server, 0 for success; tables have none."),
    text("connection_type", "How the client was connected: SSL/TLS, TCP/IP, Socket …."),
)

RDS_MYSQL_AUDIT = Patterns(
    name="rds_mysql_audit",
    about="Audit records of MySQL, MariaDB and Aurora MySQL: logons, statements, tables used.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html",
    columns=COLUMNS,
    forms=FORMS,
    share=0.8,
    joined=("mysql-audit-records",),
)
