"""Records of a line format as JSON objects, whose members are the fields of a line.

An object is read like a line whose layout is the names of its members: what a field becomes is
declared once, for both forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from parsers import json_text
from parsers.contract import (
    EXTRA,
    TEXT,
    Block,
    Claim,
    Decoded,
    Flags,
    Format,
    Integers,
    Misfit,
    Sample,
)
from parsers.engines import rows
from parsers.engines.json_columns import scalar_text
from parsers.engines.json_shapes import ABSENT, UNREADABLE
from parsers.engines.json_suspects import Suspects
from parsers.engines.layouts import Field, names_of, planned
from parsers.engines.line_values import PlainLine, VectorLines
from parsers.engines.tokens import Token
from parsers.engines.typed_json import no_object, shown_keys
from parsers.errors import ForeignRecord

_MANY = 8  # objects with unknown members after which they are expected


def renamed(
    fields: Iterable[Field], names: Mapping[str, str], spellings: Mapping[str, str] | None = None
) -> tuple[Field, ...]:
    """The fields as members of an object: `names` where AWS spells them otherwise there.

    `spellings` says how times are written, by the new name; such a time is one member.
    """
    return tuple(_renamed(each, names, spellings or {}) for each in fields)


def _renamed(each: Field, names: Mapping[str, str], spellings: Mapping[str, str]) -> Field:
    name = names.get(each.name, each.name)
    columns, also = each.columns, each.also
    if spelling := spellings.get(name):
        columns, also = tuple(replace(column, time=spelling) for column in columns), ()
    return Field(name, columns, each.split, also)


class Objects:
    """How records of a line format look as JSON objects.

    Args:
        fields: under the names of their members; a member of the same name in another case is
            taken, too.
        requires: member sets that recognise a record.
        absent: the text that stands for no value ("" where only null does).
        unique: members of which a second occurrence is a defect.
    """

    def __init__(
        self,
        fields: Iterable[Field],
        *,
        requires: Iterable[frozenset[str]],
        absent: str = "",
        unique: Iterable[str] = (),
    ) -> None:
        self.fields = tuple(fields)
        self.requires, self.absent = tuple(requires), absent
        self.columns = tuple(column for each in self.fields for column in each.columns)
        self.names = names_of(self.fields)
        self._columns_of = {
            name: each.columns[0].name for each in self.fields for name in each.names
        }
        self._by_case = {name.lower(): name for name in self.names}
        self._suspects = Suspects(unique)
        self._places = {name: at for at, name in enumerate(self.names)}
        self._decoders = _decoders(self.names, numbers=False), _decoders(self.names, numbers=True)

    # ------------------------------------------------------------------ recognition
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Every object must have one of the required sets of members."""
        for keys, position in sample.kinds.items():
            if not self._is_record(keys):
                return Misfit(f"record {position + 1} has {shown_keys(keys)}", position)
        return Claim((), "objects with members that are fields of this format")

    def _is_record(self, keys: Iterable[str]) -> bool:
        known = {self._by_case.get(key.lower(), key) for key in keys}
        return any(required <= known for required in self.requires)

    # ------------------------------------------------------------------ plain
    def plain(self, declared: Format, block: Block) -> Decoded:
        """Object by object."""
        return rows.plainly(declared, block, self._row)

    def _row(self, _: int, unit: bytes) -> rows.PlainRow:
        found = json_text.members(unit)
        if found is None:
            raise ForeignRecord(*no_object(unit))
        members: dict[str, bytes] = {}
        spelt: dict[str, str] = {}
        extra: dict[str, bytes] = {}
        for key, value in dict(found).items():
            name = key if key in self.names else self._by_case.get(key.lower(), "")
            if not name or name in members:
                extra[json_text.pointer(key)] = json_text.kept(value)
            else:
                members[name], spelt[name] = value, json_text.pointer(key)
        if not self._is_record(members):
            keys = frozenset(key for key, _ in found)
            raise ForeignRecord("no-anchor", f"an object with {shown_keys(keys)}")
        reader = PlainLine(unit, " ")
        reader.flaws += self._suspects.flaws(found)
        row = self._values(reader, members)
        for name, value in members.items():
            if json_text.pointer(name) in reader.extra:
                extra[spelt[name]] = json_text.kept(value)
        row[EXTRA.name] = json_text.pointers(extra)
        return row, reader.flaws

    def _values(self, reader: PlainLine, members: Mapping[str, bytes]) -> dict[str, Any]:
        tokens: dict[str, Token] = {}
        for name, value in members.items():
            text = _text(value)
            if text is None:
                column = self._columns_of[name]
                reader.flaws.append((column, "not-text", "expected a string or a number", value))
                reader.extra[json_text.pointer(name)] = json_text.kept(value)
            else:
                tokens[name] = self._token(text, value)
        return reader.row(planned(self.fields, tuple(tokens), len(tokens)), list(tokens.values()))

    def _token(self, text: str, value: bytes) -> Token:
        nothing = value == b"null" or (self.absent != "" and text == self.absent)
        return Token("-", quoted=False) if nothing else Token(text, quoted=True)

    # ------------------------------------------------------------------ vector
    def decode(self, declared: Format, block: Block) -> Decoded:
        """Objects of scalars by msgspec, the others one by one."""
        units = block.texts()
        suspects = self._suspects.among(block, units)
        taken: list[int] = []
        records: list[Any] = []
        extras: list[str | None] = []
        left: list[int] = sorted(suspects)
        roads = _Roads(self._decoders, self._places.keys(), self._by_case)
        for index, unit in enumerate(units):
            if index in suspects:
                continue
            try:
                record, extra = roads.take(unit)
            except UNREADABLE:
                left.append(index)
                continue
            taken.append(index)
            records.append(record)
            extras.append(extra)
        part, doubtful = self._vector(declared, block, taken, records, extras)
        left += np.array(taken, dtype=np.int64)[doubtful].tolist()
        if not left:
            return part
        rest = block.take(np.array(sorted(left), dtype=np.int64))
        return Decoded.joined([part, self.plain(declared, rest)])

    def _vector(
        self,
        declared: Format,
        block: Block,
        taken: Sequence[int],
        records: Sequence[Any],
        extras: Sequence[str | None],
    ) -> tuple[Decoded, Flags]:
        doubtful = np.zeros(len(taken), dtype=bool)
        table = self._texts(records, doubtful)
        reader = VectorLines(len(taken))
        reader.read(planned(self.fields, self.names, len(self.names)), table)
        reader.doubtful |= doubtful | ~self._proven(table)
        reader.arrays[EXTRA.name] = rows.array_of(EXTRA, list(extras))
        fine = np.flatnonzero(~reader.doubtful)
        kept: Integers = np.array(taken, dtype=np.int64)[fine]
        batch = rows.batch(declared, block, kept, reader.columns(fine))
        return Decoded(batch, rows.NOTHING), reader.doubtful

    def _texts(self, records: Sequence[Any], doubtful: Flags) -> list[pa.Array]:
        """Every field as text; NULL where there is no value."""
        series = zip(*map(msgspec.structs.astuple, records), strict=True)
        columns = list(series) if records else [()] * len(self.names)
        texts: list[pa.Array] = []
        for values in columns:
            try:
                array = pa.array(values, TEXT)
            except pa.ArrowTypeError:  # numbers, or whatever stands verbatim
                array = pa.array(_scalars(values, doubtful), TEXT)
            if self.absent:
                array = pc.if_else(pc.equal(array, self.absent), None, array)
            texts.append(array)
        return texts

    def _proven(self, table: Sequence[pa.Array]) -> Flags:
        """Rows that have a value for every member of a required set; others plain must judge."""
        held = [
            np.logical_and.reduce(
                [np.asarray(table[self._places[name]].is_valid()) for name in required]
            )
            for required in self.requires
        ]
        return np.asarray(np.logical_or.reduce(held))


class _Roads:
    """The fast roads through one block; each unit is first tried as the one before it was read."""

    def __init__(
        self, decoders: Iterable[_Decoders], names: AbstractSet[str], by_case: Mapping[str, str]
    ) -> None:
        self.decoders = list(decoders)
        self.names, self.by_case = names, by_case
        self.unknown = 0
        self.other_names: set[str] = set()  # members seen that are surely no field

    def take(self, unit: bytes) -> tuple[Any, str | None]:
        """The values of the fields, and the other members as an `extra` object.

        Raises:
            one of UNREADABLE: only the plain reader can take it.
        """
        if self.unknown < _MANY:
            for each in self.decoders:
                try:
                    record = each.strict(unit)
                except UNREADABLE:
                    continue
                if each is not self.decoders[0]:
                    self.decoders.reverse()
                return record, None
        self.unknown += 1
        found = json_text.raw_members(unit)
        unknown = found.keys() - self.names
        if not unknown <= self.other_names:
            if any(key.lower() in self.by_case for key in unknown):
                raise msgspec.DecodeError("a member in another case")
            self.other_names |= unknown
        extra = {json_text.pointer(key): json_text.kept(bytes(found[key])) for key in unknown}
        return self._tolerantly(unit), json_text.pointers(extra)

    def _tolerantly(self, unit: bytes) -> Any:
        try:
            return self.decoders[0].tolerant(unit)
        except UNREADABLE:
            return self.decoders[1].tolerant(unit)


class _Decoders(NamedTuple):
    """`strict` refuses members that are no field."""

    strict: Callable[[bytes], Any]
    tolerant: Callable[[bytes], Any]


def _decoders(names: Sequence[str], *, numbers: bool) -> _Decoders:
    """For objects whose members are strings, or, with `numbers`, any scalars."""
    kind: Any = Raw if numbers else str | None
    default = ABSENT if numbers else None
    members: list[Any] = [(f"m_{at}", kind, default) for at in range(len(names))]
    rename = {f"m_{at}": name for at, name in enumerate(names)}
    strict, tolerant = (
        msgspec.defstruct(
            "object_record",
            members,
            rename=rename,
            forbid_unknown_fields=forbid,
            frozen=True,
            gc=False,
        )
        for forbid in (True, False)
    )
    return _Decoders(msgspec.json.Decoder(strict).decode, msgspec.json.Decoder(tolerant).decode)


def _scalars(values: Sequence[Any], doubtful: Flags) -> list[str | None]:
    """The texts of values that may be any JSON."""
    texts: list[str | None] = []
    for row, value in enumerate(values):
        try:
            texts.append(
                value if value is None or isinstance(value, str) else scalar_text(bytes(value))
            )
        except (*UNREADABLE, ValueError):
            doubtful[row] = True
            texts.append(None)
    return texts


def _text(value: bytes) -> str | None:
    """The text of a scalar, its bytes shown where they are not UTF-8; None for anything else."""
    if value.startswith(b'"'):
        text = json_text.string(value)
        return text if text is not None else json_text.string(json_text.escaped_bytes(value))
    return None if value.startswith((b"{", b"[")) or json_text.flaw(value) else value.decode()
