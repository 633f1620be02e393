"""Text logs of Oracle on RDS: audit files (XML and text), alert log, listener log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from parsers import clocks, json_text, scalars
from parsers.contract import Assumed, Column, integer, text, time
from parsers.engines.pattern_forms import Form, Members
from parsers.engines.patterns import BASIS, Patterns

_WORDY = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d"
_WITH_OFFSET = re.compile(rf"({_WORDY}) ([+-])(\d\d):(\d\d)")
_LISTENED = re.compile(r"(\d\d)-([A-Z]{3})-(\d{4}) (\d\d:\d\d:\d\d)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """A time with its zone, or one of the server, in any of the spellings."""
    if match := _WITH_OFFSET.fullmatch(said):
        minutes = int(match[3]) * 60 + int(match[4])
        ahead = -minutes if match[2] == "-" else minutes
        return clocks.local(match[1]) - ahead * 60_000_000, clocks.STATED
    if match := _LISTENED.fullmatch(said):
        if match[2] not in _MONTHS:
            raise ValueError(f"{match[2]} is no month")
        month = _MONTHS.index(match[2]) + 1
        return clocks.in_zone(scalars.iso(f"{match[3]}-{month:02d}-{match[1]} {match[4]}"), assumed)
    return clocks.iso_or_local(said, seen, assumed)


# -------------------------------------------------------------------------------- audit records
_RECORD = re.compile(r"\s*<AuditRecord>(.*)</AuditRecord>\s*(?:</Audit>\s*)?", re.DOTALL)
_ELEMENT = re.compile(r"\s*<(\w+)(?: [^<>]*)?(?:/>|>([^<]*)</\1>)")
_BLOCK = re.compile(rf"({_WORDY}(?: [+-]\d\d:\d\d)?)\r?\n(?=LENGTH\s*:|ACTION\s*:)")
_PAIR = re.compile(r"([A-Z][A-Z ]*?)\s*:\s*(?:\[(\d+)\] )?'")
_ENTITIES = {
    "&gt;": ">",
    "&lt;": "<",
    "&quot;": '"',
    "&apos;": "'",
    "&#10;": "\n",
    "&#13;": "\r",
    "&#9;": "\t",
    "&amp;": "&",  # last: what it makes is no entity
}


def object_of(said: str) -> bytes | None:
    """The object that an audit record is, in either notation; None of any other text."""
    if record := _RECORD.fullmatch(said):
        return _object(_elements(record[1]))
    block = _BLOCK.match(said)
    pairs = _pairs(said, block.end()) if block else None
    return _object([("time", block[1]), *pairs]) if block and pairs else None


def _object(pairs: list[tuple[str, str]] | None) -> bytes | None:
    if not pairs:
        return None
    quoted = json_text.quoted
    return b"{" + b",".join(quoted(name) + b":" + quoted(value) for name, value in pairs) + b"}"


def _elements(inside: str) -> list[tuple[str, str]] | None:
    found: list[tuple[str, str]] = []
    position = 0
    while element := _ELEMENT.match(inside, position):
        found.append((element[1], _unescaped(element[2] or "")))
        position = element.end()
    return None if inside[position:].strip() else found


def _unescaped(text: str) -> str:
    """`xml.sax.saxutils` does the same, and loads a client of HTTP with it."""
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text


def _pairs(said: str, position: int) -> list[tuple[str, str]] | None:
    """`KEY :[n] 'value'`: n bytes, whatever they are; of a key without a length, up to a quote."""
    found: list[tuple[str, str]] = []
    while said[position:].strip():
        pair = _PAIR.match(said, position)
        if not pair:
            return None
        low = pair.end()
        high = (
            said.find("'", low) if pair[2] is None else low + _characters(said, low, int(pair[2]))
        )
        if high < low or said[high : high + 1] != "'":
            return None
        found.append((pair[1], said[low:high]))
        position = high + 1
        position += len(said[position:]) - len(said[position:].lstrip())
    return found


def _characters(said: str, low: int, size: int) -> int:
    """How many characters from `low` on take so many bytes."""
    return len(
        said[low : low + size].encode("utf-8", "surrogatepass")[:size].decode("utf-8", "replace")
    )


@lru_cache(4096)
def folded(name: str) -> str:
    """A name without case, spaces and underscores: `DB_User`, `DATABASE USER`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_ADDRESS = re.compile(r"\(HOST=([^()]*)\)(?:\(PORT=(\d+)\))?")
_PROGRAM = re.compile(r"\(CID=\(PROGRAM=([^()]*)\)\(HOST=([^()]*)\)\(USER=([^()]*)\)\)")


def _addressed(found: Mapping[str, str]) -> Mapping[str, str]:
    """Where the client is, as the address says, and what it says of itself."""
    more: dict[str, str] = {}
    where = found.get("address") or found.get("comment_text", "")
    if address := _ADDRESS.search(where):
        more |= {"client_host": address[1]} | ({"client_port": address[2]} if address[2] else {})
    if program := _PROGRAM.search(found.get("connect_data", "")):
        names = ("client_program", "client_name", "os_user")
        more |= {name: said for name, said in zip(names, program.groups(), strict=True) if said}
    return more


_NAMES = {
    "extendedtimestamp": "time",
    "time": "time",
    "audittype": "audit_type",
    "sessionid": "session_id",
    "statementid": "statement_id",
    "entryid": "entry_id",
    "dbuser": "db_user",
    "databaseuser": "db_user",
    "osuser": "os_user",
    "clientuser": "os_user",
    "userhost": "client_name",
    "terminal": "terminal",
    "clientterminal": "terminal",
    "osprocess": "os_process",
    "instancenumber": "instance_number",
    "objectschema": "object_schema",
    "objectname": "object_name",
    "action": "action",
    "actionnumber": "action_number",
    "returncode": "return_code",
    "status": "return_code",
    "scn": "scn",
    "dbid": "dbid",
    "currentuser": "current_user",
    "privused": "privilege",
    "privilege": "privilege",
    "clientaddress": "address",
    "commenttext": "comment_text",
    "sqltext": "sql_text",
    "sqlbind": "sql_bind",
}
MEMBERS = (
    Members(
        "audit",
        _NAMES,
        [("audittype", "extendedtimestamp"), ("action", "databaseuser"), ("action", "dbuser")],
        clock=_moment,
        fold=folded,
        finish=_addressed,
    ),
)
_LISTENER = (
    r"(?P<time>\d\d-[A-Z]{3}-\d{4} \d\d:\d\d:\d\d) \* "
    r"(?:\(CONNECT_DATA=(?P<connect_data>[^*]*)\) \* )?(?:\(ADDRESS=(?P<address>[^*]*)\) \* )?"
    r"(?P<action>\w++)(?: \* (?P<object_name>[^*\n]*?))? \* (?P<return_code>\d++)"
    r"(?:\s*\n(?P<message>.*+))?\s*+"
)
FORMS = (
    Form("listener", _LISTENER, clock=_moment, finish=_addressed),
    Form("alert", rf"(?P<time>{_ISO}|{_WORDY})[ \t]*\r?\n(?P<message>.*+)", clock=_moment),
    Form("prologue", r"(?P<message><\?xml .*+)", begins="<?xml", anchor=False),
    Form("prologue", r"(?P<message>Audit file /\S+\.aud\n.*+)", begins="Audit file", anchor=False),
    Form("marker", r"-{10,} END OF LOG -{10,}", anchor=False),
)
COLUMNS: tuple[Column, ...] = (
    text("kind", "audit, alert, listener, prologue, marker, other."),
    time("time", "When it happened; of the listener in the server's time, UTC on RDS by default."),
    BASIS,
    text("audit_type", "Kind of audit: 1 standard, 2 fine-grained, 4 SYS, 8 mandatory."),
    text("session_id", "Audit session: joins its records.", "session"),
    integer("statement_id", "Statement in the session."),
    integer("entry_id", "Record in the session."),
    text("db_user", "Database account, as sent.", "user"),
    text("current_user", "Account the statement ran as.", "user"),
    text("os_user", "Account on the client's host, as the client says.", "user"),
    text("client_host", "Address the client came from.", "ip"),
    integer("client_port", "Port it came from."),
    text("client_name", "Name of the client's host, as the client says.", "host"),
    text("client_program", "Program of the client, as the client says.", "user_agent"),
    text("terminal", "Terminal of the client, as the client says."),
    text("os_process", "Process on the client's host or the server."),
    text("instance_number", "Instance of a cluster."),
    text("object_schema", "Schema of what was acted on."),
    text("object_name", "What was acted on; for the listener the service.", "resource"),
    text("action", "Number or name of the action: 100 LOGON, 101 LOGOFF, 3 SELECT …."),
    text("action_number", "Number of the action, where its name or text stands in action."),
    integer(
        "return_code", "0 for success, else ORA- or TNS- and this number; 1017 wrong password."
    ),
    text("privilege", "Privilege that was used."),
    text("scn", "System change number."),
    text("dbid", "Id of the database.", "resource"),
    text("sql_text", "The statement, cut by the server where it is long."),
    text("sql_bind", "Values bound to it."),
    text("address", "Address of the client, as Oracle writes it."),
    text("comment_text", "What else the server says: of a logon how, and from where."),
    text("connect_data", "What the client asked the listener for."),
    text("message", "What the alert log, listener or prologue says."),
)

RDS_ORACLE = Patterns(
    name="rds_oracle",
    about="Audit files, alert and listener logs of Oracle on RDS, as far as they are text.",
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.Oracle.html",
    columns=COLUMNS,
    forms=FORMS,
    members=MEMBERS,
    object_of=object_of,
    objects_begin="<MTWFS",
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.5,
    joined=("oracle-records",),
)
