"""Logs of operating systems, as agents ship them: syslog, journald, Linux audit, Windows events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from parsers import clocks, json_text, scalars
from parsers.contract import Assumed, Column, integer, text, time
from parsers.engines.pattern_forms import Form, Members
from parsers.engines.patterns import BASIS, Patterns

_STAMP = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
_PRIORITY = r"(?:<(?P<priority>\d{1,3})>)?"
_FINE = re.compile(r"(\.\d{6})\d+")


@clocks.read_by(clocks.written("Z"))
def _iso(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """ISO 8601; digits beyond microseconds stand in `written_time`."""
    del seen, assumed
    return scalars.iso(_FINE.sub(r"\1", said)), clocks.STATED


_SECONDS = clocks.stated("epoch_s")
_MICROSECONDS = clocks.stated("epoch_us")
_FROM = r"(?P<source_ip>\S+) port (?P<source_port>\d+)"
_WHO = r"(?P<invalid_user>invalid user |illegal user )?(?P<user_name>.*)"
_SUDO = (
    r" *+(?P<user_name>\S+) : (?:(?P<reason>(?!TTY=|\(command)[^;]*?) ; )?"
    r"(?:TTY=(?P<tty>[^;]*?) ; )?"
    r"(?:(?:CHROOT|HOST|GROUP|TSID|ENV)=[^;]*? ; )*+(?:PWD=(?P<working_directory>.*?) ; )?"
    r"USER=(?P<target_user>\S+) ; (?:(?:GROUP|TSID|ENV)=[^;]*? ; )*+COMMAND=(?P<command>.*+)"
)
EVENTS = (
    Form("ssh_login", rf"Accepted (?P<auth_method>\S+) for (?P<user_name>.*) from {_FROM}"
         r"(?: ssh\d?)?(?:: (?P<key_fingerprint>.*))?", begins="Accepted "),
    Form("ssh_login_failed", rf"Failed (?P<auth_method>\S+) for {_WHO} from {_FROM}"
         r"(?: ssh\d?)?(?:: (?P<key_fingerprint>.*))?", begins="Failed "),
    Form("ssh_login_partial", rf"(?:Postponed|Partial) (?P<auth_method>\S+) for {_WHO} from {_FROM}"
         r"(?: ssh\d?)?(?:: (?P<key_fingerprint>.*)| \[preauth\])?",
         begins=("Postponed", "Partial")),
    Form("ssh_invalid_user", r"Invalid user (?P<user_name>.*) from (?P<source_ip>\S+)"
         r"(?: port (?P<source_port>\d+))?", begins="Invalid user "),
    Form("ssh_attempts_exceeded", r"(?:error: )?maximum authentication attempts exceeded for "
         rf"{_WHO} from {_FROM} ssh2(?: \[preauth\])?", begins=("error: max", "maximum")),
    Form("ssh_disconnect",
         r"(?:Connection (?:closed|reset) by|Disconnected from) (?:(?P<invalid_user>invalid user )"
         rf"|(?:authenticating )?user )?(?:(?P<user_name>.*) )?{_FROM}(?: \[preauth\])?",
         begins=("Connection ", "Disconnected ")),
    Form("ssh_disconnect", rf"Received disconnect from {_FROM}:\d+: (?P<reason>.*+)",
         begins="Received disconnect"),
    Form("ssh_denied", r"User (?P<user_name>.*) from (?P<source_ip>\S+) not allowed because "
         r"(?P<reason>.*+)", begins="User "),
    Form("sudo", _SUDO, holds=("COMMAND=",)),
    Form("pam_failure", r"pam_unix\(\S+:auth\): authentication failure; logname=\S* uid=\d* "
         r"euid=\d* tty=(?P<tty>\S*) ruser=\S* rhost=(?P<source_ip>\S+)?"
         r"(?:  user=(?P<user_name>.*))?",
         begins="pam_unix("),
    Form("session_opened", r"pam_unix\(\S+:session\): session opened for user "
         r"(?P<user_name>[^\s(]+)(?:\(uid=\d+\))? by (?P<by_user>[^\s(]+)?(?:\(uid=\d+\))?",
         begins="pam_unix("),
    Form("session_closed", r"pam_unix\(\S+:session\): session closed for user (?P<user_name>.*+)",
         begins="pam_unix("),
    Form("user_created", r"new user: name=(?P<target_user>[^,]+), .*+", begins="new user"),
    Form("password_changed", r"password for '(?P<target_user>.*)' changed by '(?P<by_user>.*)'",
         begins="password for"),
    Form("group_added", r"add '(?P<target_user>[^']+)' to (?:shadow )?group "
         r"'(?P<target_group>[^']+)'",
         begins="add '"),
    Form("su", r"(?:Successful su|(?P<reason>FAILED) su|FAILED SU) for (?P<target_user>\S+) by "
         r"(?P<user_name>\S+)", begins=("Successful su", "FAILED")),
    Form("cron", r"\((?P<user_name>[^()]+)\) CMD \((?P<command>.*)\)", begins="("),
    Form("repeated", r"(?:last message repeated (?P<repeated>\d+) times"
         r"|message repeated (?P<repeated__2>\d+) times: \[ .* ?\])",
         begins=("last message", "message repeated")),
)  # fmt: skip
_TAG = (
    r"(?P<program>[^\s:\[\]]+(?:\([^)\s]*\))?)(?:\[(?P<process_id>\d+)\])?:(?: (?P<message>.*+))?"
)
_FIELDS = "".join(
    rf'(?:(?=.*?[ \']{field}="?(?P<{column}>[^"\s\']+))|)'
    for field, column in (
        ("acct", "user_name"), ("addr", "source_ip"), ("exe", "executable"), ("auid", "audit_uid"),
        ("uid", "uid"), ("(?:res|success)", "result"), ("terminal", "tty"), ("key", "audit_key"),
    )
)  # fmt: skip
_WRITTEN = {"time": "written_time"}
FORMS = (
    Form("syslog", rf"{_PRIORITY}(?P<time>{_STAMP})"
         rf" (?P<hostname>\S+) {_TAG}",
         clock=clocks.yearless, also=_WRITTEN, within="message", forms=EVENTS),
    Form("syslog", rf"{_PRIORITY}(?P<time>{_ISO}) "
         rf"(?P<hostname>\S+) {_TAG}", clock=_iso, also=_WRITTEN, within="message", forms=EVENTS),
    Form("syslog", rf"<(?P<priority>\d{{1,3}})>1 (?P<time>{_ISO}) "
         r"(?P<hostname>\S+) (?P<program>\S+) (?:-|(?P<process_id>\d+)) \S+ "
         r"(?:-|(?P<structured>(?:\[[^\]]*\])+))(?: \ufeff?(?P<message>.*+))?",
         begins="<", clock=_iso, also=_WRITTEN, within="message", forms=EVENTS),
    Form("syslog-untagged", rf"{_PRIORITY}(?P<time>{_STAMP}) "
         r"(?P<hostname>\S+) (?P<message>.*+)", clock=clocks.yearless, also=_WRITTEN, anchor=False),
    Form("audit", r"(?:node=(?P<hostname>\S+) )?type=(?P<audit_type>[A-Z_0-9]+) "
         r"msg=audit\((?P<time>\d+\.\d+):(?P<audit_serial>\d+)\):" + _FIELDS
         + r" ?(?P<message>.*+)", begins=("type=", "node="), clock=_SECONDS),
    Form("windows", r"\[(?P<channel>[^\]\n]+)\] \[(?P<level>CRITICAL|ERROR|WARNING|INFORMATION"
         r"|VERBOSE|UNKNOWN|Critical|Error|Warning|Information|Verbose)\] "
         r"\[(?P<windows_event>\d+)\] "
         r"\[(?P<provider>[^\]\n]+)\] \[(?P<hostname>[^\]\n]+)\] \[(?P<message>.*)\]", begins="["),
)  # fmt: skip
_JOURNAL = {
    "__REALTIME_TIMESTAMP": "time",
    "_HOSTNAME": "hostname",
    "SYSLOG_IDENTIFIER": "program",
    "_PID": "process_id",
    "_UID": "uid",
    "_EXE": "executable",
    "_CMDLINE": "command",
    "_SYSTEMD_UNIT": "systemd_unit",
    "PRIORITY": "priority",
    "_BOOT_ID": "boot_id",
    "MESSAGE": "message",
}
_WINDOWS = {
    "TimeCreated@SystemTime": "time",
    "EventID": "windows_event",
    "Level": "level",
    "Keywords": "keywords",
    "Channel": "channel",
    "Computer": "hostname",
    "Provider@Name": "provider",
    "Execution@ProcessID": "process_id",
    "Message": "message",
    "EventData/TargetUserName": "user_name",
    "EventData/SubjectUserName": "by_user",
    "EventData/TargetDomainName": "target_domain",
    "EventData/LogonType": "logon_type",
    "EventData/IpAddress": "source_ip",
    "EventData/IpPort": "source_port",
    "EventData/SubStatus": "sub_status",
    "EventData/TargetLogonId": "logon_id",
    "EventData/NewProcessName": "executable",
    "EventData/CommandLine": "command",
}


def _with_written_time(texts: Mapping[str, str]) -> dict[str, str]:
    return {"written_time": texts["time"]} if "time" in texts else {}


MEMBERS = (
    Members("journal", _JOURNAL, [("MESSAGE", "__REALTIME_TIMESTAMP")], clock=_MICROSECONDS,
            within="message", forms=EVENTS),
    Members("journal", {f"body/{name}": column for name, column in _JOURNAL.items()},
            [("body", "severity_number")], clock=_MICROSECONDS, within="message", forms=EVENTS),
    Members("windows", _WINDOWS, [("EventID", "Computer", "TimeCreated@SystemTime")], clock=_iso,
            absent=("-",), finish=_with_written_time),
)  # fmt: skip
_EVENT = re.compile(r"<Event\b[^>]*>(.*)</Event>\s*", re.DOTALL)
_START = re.compile(r"<(\w+)((?:\s+\w+=(?:'[^']*'|\"[^\"]*\"))*)\s*(?:/>|>([^<]*))", re.DOTALL)
_ATTRIBUTE = re.compile(r"(\w+)=(?:'([^']*)'|\"([^\"]*)\")")


def object_of(said: str) -> bytes | None:
    """A Windows event as an object: elements, `Element@Attribute`, and the named data."""
    whole = _EVENT.fullmatch(said)
    if not whole:
        return None
    members: dict[str, str] = {}
    named: dict[str, str] = {}
    for tag, attributes, content in _START.findall(whole[1]):
        found = {
            name: unescape(one or other) for name, one, other in _ATTRIBUTE.findall(attributes)
        }
        if tag == "Data":
            named[found.get("Name") or str(len(named) + 1)] = unescape(content)
            continue
        members |= {f"{tag}@{name}": value for name, value in found.items()}
        if content.strip():
            members[tag] = unescape(content)
    pairs = [
        json_text.quoted(name) + b":" + json_text.quoted(value) for name, value in members.items()
    ]
    data = (
        json_text.quoted(name) + b":" + json_text.quoted(value) for name, value in named.items()
    )
    return b"{" + b",".join([*pairs, b'"EventData":{' + b",".join(data) + b"}"]) + b"}"


COLUMNS: tuple[Column, ...] = (
    text("kind", "What happened: ssh_login, sudo …; syslog, journal, audit, windows of any other."),
    time(
        "time", "When it was logged; NULL where neither log nor envelope nor analyst tell a year."
    ),
    BASIS,
    text("written_time", "The time as written, with all its digits."),
    text("hostname", "Host, as it calls itself.", "host"),
    text("program", "Program that says so."),
    integer("process_id", "Its process."),
    integer("priority", "Facility and severity, as one number; in the journal the severity."),
    text("message", "What it says, whole."),
    text("user_name", "Account concerned, as sent: an attacker writes what he likes.", "user"),
    text("invalid_user", "Present where the host knows no such account."),
    text("by_user", "Account that did it.", "user"),
    text("target_user", "Account it was done to, or as.", "user"),
    text("target_group", "Group it was done to."),
    text("target_domain", "Domain of the account."),
    text("source_ip", "Address or name it came from.", "ip"),
    text("source_port", "Port it came from."),
    text("auth_method", "How the account was proven: publickey, password …."),
    text("key_fingerprint", "Key used: its type and fingerprint."),
    text("command", "Command that was run."),
    text("executable", "Program that was run."),
    text("working_directory", "Directory it was run in."),
    text("tty", "Terminal."),
    text("reason", "Why it failed, was denied or ended."),
    integer("repeated", "How often the message came again."),
    text("uid", "Id of the account of the process."),
    text("structured", "Structured data of RFC 5424, as it stands."),
    text("systemd_unit", "Unit of the process."),
    text("boot_id", "Boot of the host."),
    text("audit_type", "Type of an audit record: SYSCALL, USER_LOGIN …."),
    integer("audit_serial", "Serial number: joins the records of one event."),
    text("audit_uid", "Id of the account that logged on first."),
    text("audit_key", "Key of the audit rule that matched."),
    text("result", "Outcome, as the audit record says."),
    text("channel", "Channel of a Windows event."),
    text("windows_event", "Number of a Windows event: 4624 is a logon."),
    text("provider", "Who wrote the Windows event."),
    text("level", "Level of the Windows event."),
    text("keywords", "Keywords: 0x8010000000000000 is an audit failure."),
    text("logon_type", "Kind of logon: 3 network, 10 remote desktop …."),
    text("logon_id", "Logon: joins the events of one session.", "session"),
    text("sub_status", "Why a logon failed: 0xc000006a is a wrong password."),
)

HOST = Patterns(
    name="host",
    about="Logs of operating systems: syslog, journald, Linux audit and Windows events.",
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html",
    columns=COLUMNS,
    forms=FORMS,
    members=MEMBERS,
    object_of=object_of,
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.5,  # messages of several lines, and lines without a tag
)
