"""Lists that queries join (watched calls, known tools): data files, which a user may replace."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import msgspec

from forensics.errors import QueryError

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$")]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    reference: str
    columns: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    rows: tuple[tuple[str, ...], ...]


class List(msgspec.Struct, frozen=True):
    """A list: columns of text, and where it was read from."""

    name: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    origin: str  # "" for one that came with the program

    def as_json(self) -> str:
        """The rows as a JSON array of objects, for one bound parameter."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return msgspec.json.encode(rows).decode()

    def as_table(self) -> str:
        """A SELECT over the rows, bound as $list_NAME."""
        members = ", ".join(f'"{column}": "VARCHAR"' for column in self.columns)
        columns = ", ".join(f"listed.row.{column}" for column in self.columns)
        return (
            f"SELECT {columns} FROM (SELECT unnest(from_json($list_{self.name}, "  # noqa: S608
            f"'[{{{members}}}]')) AS row) AS listed"
        )


def get(name: str, folder: Path | None = None) -> List:
    """A list by name: from the user's folder where it has NAME.toml or NAME.csv, else our own.

    Raises QueryError where there is none, the file is malformed, or it lacks a column of ours.
    """
    own = _own(name)
    replaced = _replaced(name, folder) if folder else None
    if replaced is None:
        return own
    missing = [column for column in own.columns if column not in replaced.columns]
    if missing:
        raise QueryError(
            f"{replaced.origin}: no column {missing[0]}",
            hint=f"the list {name} has the columns {', '.join(own.columns)}",
        )
    return replaced


def names() -> list[str]:
    """The lists that come with the program."""
    files = (file.name for file in _folder().iterdir())
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


@cache
def _own(name: str) -> List:
    file = _folder() / f"{name}.toml"
    if not file.is_file():
        raise QueryError(f"{name}: no such list", hint=f"lists: {', '.join(names())}")
    return _from_toml(name, file.read_text("utf-8"), f"lists/{name}.toml", "")


def _folder() -> Traversable:
    return resources.files("forensics.investigations") / "lists"


def _replaced(name: str, folder: Path) -> List | None:
    toml, table = folder / f"{name}.toml", folder / f"{name}.csv"
    try:
        if toml.is_file():
            return _from_toml(name, toml.read_text("utf-8"), str(toml), str(toml))
        if table.is_file():
            return _from_csv(name, table)
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{folder}: {error}", hint="lists are UTF-8 text") from error
    return None


def _from_toml(name: str, text: str, place: str, origin: str) -> List:
    try:
        read = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise QueryError(f"{place}: {error}", hint="about, reference, columns, rows") from error
    for number, row in enumerate(read.rows, 1):
        if len(row) != len(read.columns):
            raise QueryError(
                f"{place}: row {number} has {len(row)} values for {len(read.columns)} columns",
                hint=f"columns: {', '.join(read.columns)}",
            )
    return List(name, read.about, read.columns, read.rows, origin)


def _from_csv(name: str, file: Path) -> List:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = [tuple(row) for row in csv.reader(opened) if row]
    if not rows:
        raise QueryError(f"{file}: empty", hint="the first line names the columns")
    odd = next((at for at, row in enumerate(rows, 1) if len(row) != len(rows[0])), None)
    if odd:
        raise QueryError(f"{file}: row {odd} has another width", hint=f"columns: {rows[0]}")
    return List(name, "", rows[0], tuple(rows[1:]), str(file))
