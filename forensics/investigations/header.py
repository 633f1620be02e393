"""What a query file says of itself: the TOML behind `--|`, read strictly into one Header."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from forensics.errors import QueryError

MARK = "--|"
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_MEMBER = re.compile(r" - at `\$\.?([^`.\[]*)")
_FIELD = re.compile(r"field `([^`]+)`")

Text = Annotated[str, msgspec.Meta(min_length=1)]
Kind = Literal[
    "text", "integer", "real", "boolean", "duration", "time", "texts", "network", "event"
]


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter of a query; without a default it must be given.

    An "event" is a REF: the SQL gets $NAME_source, $NAME_record and $NAME_time of that record.
    """

    type: Kind
    about: Text
    default: str | int | float | bool | None = None


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a query asks, of which tables, and how to read its answer.

    Attributes:
        tables: native tables, ledger tables or `events`, as the SQL names them.
        lists: lists the SQL joins; each is a table of its own name.
        attack: techniques of ATT&CK v19; lists/attack.toml knows their names in v18.
        signal: how much one row means; "none" is an overview that `hunt` leaves out.
        time: column that says when a row happened; `hunt` takes first and last from it.
        window: "rows" narrows every table to --from/--to; "self" leaves that to the SQL, which
            then uses $from and $to, because it needs what came before.
        needs: common options that must be given.
        services: rows by AWS services that the query sees without --include-services: "none";
            "acting", those for a principal; "all".
        pivots: next commands; {column} is filled from the first row.
    """

    title: Text
    question: Text
    tables: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]
    tier: Literal["must", "should", "could"]
    signal: Literal["high", "medium", "low", "none"]
    hit: Text
    benign: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]
    limits: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]
    pivots: tuple[Text, ...] = ()
    reference: Text
    params: dict[str, Parameter] = {}
    lists: tuple[Text, ...] = ()
    attack: tuple[Text, ...] = ()
    time: str = ""
    window: Literal["rows", "self"] = "rows"
    needs: tuple[Literal["from", "to"], ...] = ()
    services: Literal["none", "acting", "all"] = "none"


def read_header(text: str, place: str) -> Header:
    """The header of a query file.

    Raises QueryError, naming `place` and the line, for a header that is missing, no TOML, or
    says more or other than Header declares.
    """
    lines = text.splitlines()
    numbers = [at for at, line in enumerate(lines, 1) if line.startswith(MARK)]
    if not numbers:
        raise QueryError(f"{place}:1: no header", hint=f"lines that start with {MARK} hold it")
    marked = [lines[at - 1].removeprefix(MARK).removeprefix(" ") for at in numbers]
    return _converted(_toml(marked, numbers, place), marked, numbers, place)


def _toml(marked: Sequence[str], numbers: Sequence[int], place: str) -> dict[str, Any]:
    try:
        return tomllib.loads("\n".join(marked))
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line = numbers[int(found[1]) - 1] if found and found[1] else numbers[-1]
        message = _TOML_PLACE.sub("", str(error))
        raise QueryError(f"{place}:{line}: header: {message}", hint="the header is TOML") from error


def _converted(
    values: dict[str, Any], marked: Sequence[str], numbers: Sequence[int], place: str
) -> Header:
    """The values as a Header; the line of a fault is that of the key it is about."""
    try:
        return msgspec.convert(values, Header)
    except msgspec.ValidationError as error:
        message = str(error)
        found = _MEMBER.search(message) or _FIELD.search(message)
        line = _line_of(found[1] if found else "", marked, numbers)
        raise QueryError(
            f"{place}:{line}: header: {message}", hint="`explain` shows a header that works"
        ) from error


def _line_of(key: str, marked: Sequence[str], numbers: Sequence[int]) -> int:
    for number, line in zip(numbers, marked, strict=True):
        if key and re.match(rf"\[?{re.escape(key)}\b", line):
            return number
    return numbers[0]
