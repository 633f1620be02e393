"""Error and agent logs of SQL Server on RDS: logons that failed, errors, what the server says."""

from __future__ import annotations

from parsers import clocks
from parsers.contract import Column, integer, text, time
from parsers.engines.pattern_forms import Form
from parsers.engines.patterns import BASIS, Patterns

_TIME = r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d)"
_moment = clocks.zoneless(clocks.local)
_CLIENT = r" *\[CLIENT: (?P<client_host>[^\]]*)\]\s*+"
SAID = (
    Form(
        "error",
        r"Error: (?P<error_code>\d+), Severity: (?P<severity>\d+), State: (?P<state>\d+)\..*+",
        begins="Error: ",
    ),
    Form(
        "login_failed",
        rf"Login failed for user '(?P<user_name>.*)'\.(?: Reason: (?P<reason>.*?))?{_CLIENT}",
        begins="Login failed",
    ),
    Form(
        "login_failed",
        r"Login failed for user '(?P<user_name>.*)'\.?(?: Reason: (?P<reason>.*+))?",
        begins="Login failed",
    ),
    Form(
        "login_succeeded",
        rf"Login succeeded for user '(?P<user_name>.*)'\. (?P<reason>Connection.*?){_CLIENT}",
        begins="Login succeeded",
    ),
)
FORMS = (
    Form(
        "message",
        rf"{_TIME} (?P<process>spid\d+s?|Logon|Server|Backup|Error|Cluster) +(?P<message>.*+)",
        clock=_moment,
        within="message",
        forms=SAID,
    ),
    Form(
        "agent",
        r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (?P<level>[!?+]) \[(?P<error_code>\d+)\]"
        r" (?P<message>.*+)",
        clock=_moment,
    ),
    Form("marker", r"-{10,} END OF LOG -{10,}", anchor=False),
)
COLUMNS: tuple[Column, ...] = (
    text("kind", "message, error, login_failed, login_succeeded, agent, marker, other."),
    time(
        "time", "When it was logged, to 10 ms: the server's time, which is UTC on RDS by default."
    ),
    BASIS,
    text("process", "Who says so: a session (spid and a number), Logon, Server, Backup."),
    text("level", "Of the agent: ! an error, + a warning, ? information."),
    text("error_code", "Error number: 18456 is a failed logon, explained in the next message."),
    integer("severity", "Severity, 0 to 25; from 20 on the session ends."),
    integer("state", "State: of a failed logon why; 5 no such login, 8 wrong password."),
    text("message", "What happened."),
    text("user_name", "Login, as sent: an attacker writes what he likes.", "user"),
    text("client_host", "Address the client came from, or <local machine>.", "ip"),
    text("reason", "Why a logon failed, or how it was authenticated."),
)

RDS_SQLSERVER = Patterns(
    name="rds_sqlserver",
    about="Error and agent logs of SQL Server on RDS; its audit files are binary.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.SQLServer.html",
    columns=COLUMNS,
    forms=FORMS,
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.5,
    joined=("sqlserver-records",),
)
