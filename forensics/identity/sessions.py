"""One session from its start: who began it, its credentials, and what was done, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.evidence.case import Case
from forensics.identity.conclusions import REFS, Confidence, Found, merged, ref, refs_of, table
from forensics.identity.credentials import details, identity
from forensics.identity.origins import Holder, origins
from forensics.identity.reading import Reader
from forensics.identity.subjects import session_condition
from forensics.identity.uses import Use, uses
from forensics.investigations.scope import Scope

_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("session", pa.string()),
        ("part", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("records", pa.int64()),
        ("failed", pa.int64()),
        ("first", _TIME),
        ("last", _TIME),
        ("confidence", pa.string()),
        ("because", pa.string()),
        ("refs", pa.list_(pa.string())),
    ]
)
MOST_CREDENTIALS = 50
MOST_ACTIONS = 2000
MOST_LINES = 10_000
Row = dict[str, Any]
_Mark = tuple[str, datetime | None]


def session(case: Case, value: str, scope: Scope | None = None) -> Found:
    """A session of a role, of the console or of Session Manager, told in order.

    `part` is start (who began it: `value`, with the confidence of that), credential, did (calls of
    one kind), typed (a line in a shell) and end. Several sessions of a name come one after another.

    Args:
        case: open for reading.
        value: an access key, the ARN, id or name of a session, its id and start joined by @, or
            the id of a session of Session Manager.
        scope: which records count.

    Raises UsageError for nothing.
    """
    scope = scope or Scope()
    reader = Reader(case, scope)
    condition, values = session_condition(value)
    rows = _shell(reader, value)
    acting = uses(reader, condition, MOST_CREDENTIALS, **values) if condition else []
    if acting:
        done = reader.rows("actions", {"chosen": condition}, most=MOST_ACTIONS, **values)
        rows += _told(reader, acting, done)
    else:
        done = []
    shown, cut = table(SCHEMA, rows, scope.limit)
    return Found(shown, _notes(reader, value, rows, acting, done), cut)


def _row(name: str, part: str, **more: Any) -> Row:
    return dict.fromkeys(SCHEMA.names) | {"session": name, "part": part} | more


# ---------------------------------------------------------------------------- credentials
def _told(reader: Reader, acting: Sequence[Use], done: Sequence[Row]) -> list[Row]:
    """The sessions in order of their first call."""
    sessions: dict[_Mark, list[Use]] = {}
    for use in sorted(acting, key=_by_time):
        sessions.setdefault(_mark(use), []).append(use)
    concluded = dict(zip(map(id, acting), origins(reader, [u.holder for u in acting]), strict=True))
    rows: list[Row] = []
    for mark, used in sessions.items():
        name = _name(mark)
        best = concluded[id(used[0])]
        rows.append(
            _row(
                name,
                "start",
                kind=best.kind or None,
                value=best.name or None,
                first=mark[1] or used[0].first,
                records=sum(use.records for use in used),
                failed=sum(use.failed for use in used),
                last=max((use.last for use in used if use.last), default=None),
                confidence=best.confidence.value,
                because=best.because,
                refs=list(best.refs),
            )
        )
        rows += [_credential(name, use) for use in used if use.holder.key]
        rows += [_action(name, each) for each in done if _mark_of(each) == mark]
    rest = [each for each in done if _mark_of(each) not in sessions]
    return rows + [_action(_name(_mark_of(each)), each) for each in rest]


def _mark_of(done: Row) -> _Mark:
    return done["principal"] or "", done["session_start"]


def _by_time(use: Use) -> tuple[Any, ...]:
    return (use.first is None, use.first, use.holder.key or "", use.caller or "")


def _mark(use: Use) -> _Mark:
    """What holds the calls of one session together."""
    caller = use.holder.caller
    names = (caller.principal_id, caller.arn, caller.user_name, use.holder.key, caller.type)
    return next((name for name in names if name), ""), caller.session_start


def _name(mark: _Mark) -> str:
    principal, started = mark
    return f"{principal}@{started.isoformat(timespec='seconds')}Z" if started else principal


def _credential(name: str, use: Use) -> Row:
    key = use.holder.key or ""
    return _row(
        name,
        "credential",
        kind="long-term key" if key.startswith("AKIA") else "temporary key",
        value=key,
        records=use.records,
        failed=use.failed,
        first=use.first,
        last=use.last,
        confidence=Confidence.proven.value,
        because=f"calls of {use.caller} were signed with it",
        refs=list(use.holder.refs),
    )


def _action(name: str, done: Row) -> Row:
    said = (
        ("from", done["addresses"]),
        ("on", done["resources"]),
        ("failed with", done["errors"]),
    )
    told = [f"{label} {', '.join(found)}" for label, found in said if found]
    return _row(
        name,
        "did",
        kind=done["service"],
        value=done["action"],
        records=done["records"],
        failed=done["failed"],
        first=done["first"],
        last=done["last"],
        confidence=Confidence.proven.value,
        because="; ".join(told) or None,
        refs=list(refs_of(done["places"])),
    )


# ---------------------------------------------------------------------------- shells
def _shell(reader: Reader, value: str) -> list[Row]:
    """A session of Session Manager by its id; nothing where it is none."""
    found = reader.rows("shells", id=value, most=MOST_LINES)
    opened = [row for row in found if row["part"] in ("StartSession", "ResumeSession")]
    ended = [row for row in found if row["part"] == "TerminateSession"]
    typed = [row for row in found if row["command"]]
    held = [row for row in found if not row["is_call"]]
    if not found:
        return []
    rows = [_opening(reader, value, row) for row in opened]
    if held and not opened:
        rows.append(_unopened(value, held))
    return [*rows, *(_line(value, row) for row in typed), *(_ending(value, row) for row in ended)]


def _ref(row: Row) -> str:
    return ref(row["source_id"], row["record_no"])


def _opening(reader: Reader, value: str, row: Row) -> Row:
    """Who began a shell: the caller of the call that opened it, and who is behind the caller."""
    place = row["source_id"], row["record_no"]
    caller = identity([details(reader, [place])[place]])
    [behind] = origins(reader, [Holder(caller.access_key, caller, (_ref(row),))])
    target = f" on {row['target']}" if row["target"] else ""
    error = f": {row['error']}" if row["error"] else ""
    because = f"{row['part']}{target} by {row['who']} from {row['ip']}{error}"
    said = behind.resting_on([_ref(row)], because)
    return _row(
        value,
        "start",
        kind=said.kind or None,
        value=said.name or None,
        records=1,
        failed=int(bool(row["error"])),
        first=row["time"],
        last=row["time"],
        confidence=said.confidence.value,
        because=said.because,
        refs=list(said.refs),
    )


def _unopened(value: str, held: Sequence[Row]) -> Row:
    """A transcript whose opening call is not in the evidence."""
    who = next((row["who"] for row in held if row["who"]), None)
    times = [row["time"] for row in held if row["time"]]
    return _row(
        value,
        "start",
        kind="principal" if who else None,
        value=who,
        records=len(held),
        first=min(times, default=None),
        last=max(times, default=None),
        confidence=(Confidence.inferred if who else Confidence.unknown).value,
        because="the call that opened the session is not in the evidence, only its transcript",
        refs=list(merged(map(_ref, held)))[:REFS],
    )


def _line(value: str, row: Row) -> Row:
    marked = row["confidence"] == "high"
    because = "after a prompt that the shell marked" if marked else "after what looks like a prompt"
    return _row(
        value,
        "typed",
        kind=row["target"],
        value=row["command"],
        records=1,
        first=row["time"],
        last=row["time"],
        confidence=Confidence.inferred.value,
        because=because,
        refs=[_ref(row)],
    )


def _ending(value: str, row: Row) -> Row:
    return _row(
        value,
        "end",
        kind="principal",
        value=row["who"],
        records=1,
        failed=int(row["error"] is not None),
        first=row["time"],
        last=row["time"],
        confidence=Confidence.proven.value,
        because=f"{row['part']} from {row['ip']}",
        refs=[_ref(row)],
    )


# ---------------------------------------------------------------------------- limits
def _notes(
    reader: Reader,
    value: str,
    rows: Sequence[Row],
    acting: Sequence[Use],
    done: Iterable[Row],
) -> list[str]:
    notes = []
    if not rows:
        notes.append(
            f"{value}: no such session; searched: keys, callers and session names in cloudtrail,"
            " calls and transcripts of Session Manager"
        )
    if len(acting) == MOST_CREDENTIALS:
        notes.append(f"only the {MOST_CREDENTIALS} credentials with most calls are told")
    if len(list(done)) == MOST_ACTIONS:
        notes.append(f"only the first {MOST_ACTIONS:,} kinds of calls are told")
    if any(row["part"] == "typed" for row in rows):
        notes.append("what was typed is known only as far as the terminal showed it")
    return notes + reader.limits(["cloudtrail", "ssm_session"], found=len(rows))
