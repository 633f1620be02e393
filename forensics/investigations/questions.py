"""The questions that can be asked: one .sql file each, in a folder per group, checked strictly."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from forensics.errors import QueryError, UsageError
from forensics.investigations import lists
from forensics.investigations.header import Header, read_header
from forensics.investigations.parameters import RESERVED, bound_names

GROUPS = {
    "who": "Who acted: principals, sessions, credentials.",
    "what": "What was done.",
    "when": "What happened when.",
    "where": "From where it was done.",
    "data": "Which data was read, shared or taken out.",
    "persistence": "How somebody made sure to come back, or to be more.",
    "evasion": "What hides traces, opens doors or destroys.",
    "network": "Which hosts talked, and to whom.",
    "web": "What was asked of web front ends.",
    "dns": "Which names were resolved.",
    "hosts": "What was done inside machines, databases and functions.",
    "config": "How resources changed.",
    "coverage": "What the evidence can tell, and what it cannot.",
    "cross": "What only several logs together tell.",
}
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BEFORE_SQL = re.compile(r"(?:\s+|--[^\n]*(?:\n|$))*")
_START = re.compile(r"(WITH\s+(?:RECURSIVE\s+)?|SELECT\b|FROM\b)", re.IGNORECASE)
_IGNORED = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
_USED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


class Query(msgspec.Struct, frozen=True):
    """One question: its id (the name of its file), its group (of its folder), header and SQL."""

    id: str
    group: str
    header: Header
    sql: str
    place: str

    def named(self) -> set[str]:
        """Names of the parameters the SQL uses."""
        return set(_USED.findall(_IGNORED.sub(" ", self.sql)))

    def parts(self) -> tuple[str, str]:
        """The opening WITH ('' where there is none), and the rest of the SQL."""
        body = self.sql[_after_comments(self.sql) :]
        found = _START.match(body)
        if found and found[1].upper().startswith("WITH"):
            return found[1], body[found.end() :]
        return "", body

    def mentions(self, word: str) -> bool:
        """Whether the id, the header or the SQL holds a word."""
        header = msgspec.json.encode(self.header).decode()
        return word.casefold() in f"{self.id} {self.group} {header} {self.sql}".casefold()


@cache
def catalogue() -> tuple[Query, ...]:
    """Every query that comes with the program, by group and id.

    Raises QueryError for a file that is malformed, and for an id that occurs twice.
    """
    found = [_read(*each) for each in _files(resources.files(__package__) / "queries")]
    seen: dict[str, Query] = {}
    for query in found:
        if query.id in seen:
            raise QueryError(
                f"{query.place}:1: the id {query.id} is taken by {seen[query.id].place}",
                hint="ids are unique over all folders",
            )
        seen[query.id] = query
    order = list(GROUPS)
    return tuple(sorted(found, key=lambda query: (order.index(query.group), query.id)))


def find(name: str) -> Query:
    """A query by id, or by the path of a user's own .sql file.

    Raises UsageError where there is none, QueryError where the file is malformed.
    """
    if name.endswith(".sql"):
        return _from_disk(Path(name))
    for query in catalogue():
        if query.id == name:
            return query
    near = difflib.get_close_matches(name, [query.id for query in catalogue()], n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "`queries` lists them"
    raise UsageError(f"{name}: no such query", hint=hint)


def _from_disk(path: Path) -> Query:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: {error}", hint="name a query, or a readable .sql file"
        ) from error
    return read(path.stem, "", text, str(path))


def _files(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for group in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not group.is_dir() or group.name.startswith("_"):
            continue
        if group.name not in GROUPS:
            raise QueryError(f"queries/{group.name}: no such group", hint=", ".join(GROUPS))
        for file in sorted(group.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".sql"):
                yield group.name, file


def _read(group: str, file: Traversable) -> Query:
    place = f"queries/{group}/{file.name}"
    return read(file.name.removesuffix(".sql"), group, file.read_text("utf-8"), place)


def read(name: str, group: str, text: str, place: str) -> Query:
    """One query from the text of its file; QueryError with file:line where it is malformed."""
    query = Query(name, group, read_header(text, place), text, place)
    if not _ID.fullmatch(name):
        raise QueryError(f"{place}:1: {name!r} is no id", hint="small letters, digits, hyphens")
    start = _after_comments(text)
    line = text.count("\n", 0, start) + 1
    if not _START.match(text, start):
        raise QueryError(f"{place}:{line}: no SELECT", hint="SQL starts with WITH or SELECT")
    _check_parameters(query, line)
    for listed in query.header.lists:
        lists.get(listed)
    return query


def _check_parameters(query: Query, line: int) -> None:
    """Every parameter that is used is declared, and every declared one is used."""
    used, declared = query.named(), set(bound_names(query.header.params))
    reserved = set(RESERVED) if query.header.window == "self" else {"tz", "most"}
    taken = declared & {*RESERVED, *_list_parameters(query.header.lists)}
    faults = {
        "is used, but not declared": used - declared - reserved,
        "is declared, but not used": declared - used,
        "belongs to the runner": taken,
    }
    if query.header.window == "self":
        faults["is not used, though window is 'self'"] = {"from", "to"} - used
    for fault, names in faults.items():
        for name in sorted(names):
            at = _line_of(query.sql, name) or line
            raise QueryError(f"{query.place}:{at}: parameter {name} {fault}", hint="see params")


def _list_parameters(names: Iterable[str]) -> list[str]:
    return [f"list_{name}" for name in names]


def _line_of(text: str, name: str) -> int:
    word = re.compile(rf"(?:\$|\b){re.escape(name)}\b")
    return next((at for at, line in enumerate(text.splitlines(), 1) if word.search(line)), 0)


def _after_comments(text: str) -> int:
    found = _BEFORE_SQL.match(text)
    return found.end() if found else 0
