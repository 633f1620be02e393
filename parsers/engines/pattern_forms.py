"""The shapes that units of a pattern format have: text with named parts, or a JSON object.

The names of the groups of a pattern are those of columns. A column that several groups can fill
takes the first that took part in the match; the groups are then named `column__2`, `column__3` …
A group named `column__q` stood in double quotes: two of them inside it are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text
from parsers.clocks import Clock
from parsers.engines.rows import Flaw

KIND = "kind"
_PLANS = 256  # objects of one log have the same members again and again
Texts = tuple[str | None, ...]
_NOTHING: Mapping[str, str] = MappingProxyType({})
Path = tuple[str, ...]
Finish = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Texts of further columns, from those of the columns found."""


class Form:
    """One shape of text.

    Args:
        kind: what column `kind` says of units of this shape; "" where that of the outer one holds.
        pattern: matches the whole text, `.` matches line ends too. The quantifiers of parts that
            may be long are possessive, or what follows cannot match what they do.
        clock: how column `time` is read.
        says: what other columns say of every unit of this shape.
        begins: what such text begins with, looked at before the pattern is tried.
        holds: likewise, words of which the pattern requires one.
        also: column → another one that says the same.
        within: the column whose text may be of one of the `forms`, which say more about it.
        finish: what else there is to say, given the texts found; for the plain reader only.
        anchor: a unit of this shape proves that it is of this format.
        flaw: what is amiss with every unit of this shape: a defect's code and its sentence.
    """

    def __init__(  # noqa: PLR0913 - a declaration has as many words as it needs
        self,
        kind: str,
        pattern: str,
        *,
        clock: Clock | None = None,
        says: Mapping[str, str] = _NOTHING,
        begins: str | tuple[str, ...] = "",
        holds: tuple[str, ...] = (),
        also: Mapping[str, str] = _NOTHING,
        within: str = "",
        forms: Sequence[Form] = (),
        finish: Finish | None = None,
        anchor: bool = True,
        flaw: tuple[str, str] | None = None,
    ) -> None:
        self.kind, self.clock, self.says, self.anchor = kind, clock, says, anchor
        self.holds, self.also = holds, also
        self.begins, self.flaw, self.finish = begins, flaw, finish
        self.pattern = re.compile(pattern, re.DOTALL)
        self._fullmatch = self.pattern.fullmatch
        self.names = [each.partition("__")[0] for each in self.pattern.groupindex]
        groups = self.pattern.groupindex.items()
        self.within = [
            at - 1 for each, at in groups if within and each.partition("__")[0] == within
        ]
        self.quoted = [at - 1 for each, at in groups if each.partition("__")[2].startswith("q")]
        self.forms = tuple(forms)
        self._chosen = Choice(self.forms).among
        self.route = Route(self, None)
        self.routes = {each: Route(self, each) for each in self.forms}
        if len(self.names) != self.pattern.groups:
            raise AssertionError(f"a group of {pattern} has no name")

    def parts(self, text: str) -> Texts | None:
        """What the groups took in a text of this shape; None of any other."""
        if self.begins and not text.startswith(self.begins):
            return None
        if self.holds and not any(word in text for word in self.holds):
            return None
        match = self._fullmatch(text)
        if match is None:
            return None
        parts = match.groups()
        return _unquoted(parts, self.quoted) if self.quoted else parts

    def take(self, text: str) -> tuple[Route, Texts] | None:
        """The parts of a text of this shape, and of what is within; None of any other."""
        parts = self.parts(text)
        if parts is None:
            return None
        for at in self.within:
            if (inner := parts[at]) is not None:
                for form in self._chosen(inner):
                    more = form.parts(inner)
                    if more is not None:
                        return self.routes[form], parts + more
                break
        return self.route, parts


class Choice:
    """Forms in their order, of which only some can fit a text that begins with some character."""

    def __init__(self, forms: Sequence[Form]) -> None:
        firsts = [{word[0] for word in _words(form)} for form in forms]
        pairs = list(zip(forms, firsts, strict=True))
        self._others = tuple(form for form, letters in pairs if not letters)
        self._by_first = {
            letter: tuple(form for form, own in pairs if not own or letter in own)
            for letter in set().union(*firsts)
        }

    def among(self, text: str) -> tuple[Form, ...]:
        """Those that may fit."""
        return self._by_first.get(text[:1], self._others)

    def take(self, text: str) -> tuple[Route, Texts] | None:
        """The parts of a text of the first of them that fits; None where none does."""
        for form in self._by_first.get(text[:1], self._others):
            found = form.take(text)
            if found is not None:
                return found
        return None


def _words(form: Form) -> tuple[str, ...]:
    """What a text of this form may begin with; () for anything."""
    begins = form.begins
    return ((begins,) if begins else ()) if isinstance(begins, str) else begins


def _unquoted(parts: Texts, places: Sequence[int]) -> Texts:
    """The parts, those that stood in quotes without the doubling of quotes."""
    if not any(parts[at] and '"' in (parts[at] or "") for at in places):
        return parts
    held = list(parts)
    for at in places:
        text = held[at]
        held[at] = text.replace('""', '"') if text else text
    return tuple(held)


class Route:
    """How the parts of a text become columns: its form, and the form of what is within."""

    def __init__(self, form: Form, inner: Form | None) -> None:
        names = [*form.names, *(inner.names if inner else ())]
        places: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            places.setdefault(name, []).append(at)
        for form_of in (form, inner):
            for name, other in form_of.also.items() if form_of else ():
                places[other] = places[name]
        self.places = {name: tuple(found) for name, found in places.items()}
        self.clock = (inner.clock if inner else None) or form.clock
        kind = (inner.kind if inner else "") or form.kind
        self.says = {KIND: kind, **form.says, **(inner.says if inner else {})}
        self.anchor, self.flaw, self.finish = form.anchor, form.flaw, form.finish

    def columns(self, taken: Sequence[Texts]) -> dict[str, pa.Array]:
        """The texts of the columns, from the parts of many texts."""
        series = list(zip(*taken, strict=True)) or [()]
        found = {
            name: pa.repeat(pa.scalar(word, pa.string()), len(taken))
            for name, word in self.says.items()
        }
        for name, places in self.places.items():
            arrays = [pa.array(series[at], pa.string()) for at in places]
            found[name] = arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)
        return found

    def texts(self, parts: Texts) -> dict[str, str]:
        """The text of every column that has one."""
        found = dict(self.says)
        for name, places in self.places.items():
            text = next((parts[at] for at in places if parts[at] is not None), None)
            if text is not None:
                found[name] = text
        if self.finish:
            found |= self.finish(found)
        return found


def _plain(value: bytes) -> str:
    """The text of a string without escapes; "" where it has some, is empty or no UTF-8."""
    try:
        return "" if b"\\" in value else value[1:-1].decode()
    except UnicodeDecodeError:
        return ""


class Member(NamedTuple):
    """The texts of an object's members by column, the other members, and what is amiss."""

    texts: dict[str, str]
    extra: dict[str, bytes]
    flaws: list[Flaw]
    clock: Clock | None


class Members:
    """One shape of JSON objects.

    Args:
        kind: what column `kind` says of them.
        columns: path of a member → column. Where several paths lead to one column, the first in
            this order that the object has fills it; the others stand in `extra`.
        requires: member sets, as paths, that recognise such an object.
        clock: how column `time` is read.
        absent: texts that stand for no value.
        like: column → what its text must look like for the object to be of this shape.
        fold: makes one name of the many under which a member is known.
        within, forms, finish, flaw: as those of a Form.
    """

    def __init__(  # noqa: PLR0913 - a declaration has as many words as it needs
        self,
        kind: str,
        columns: Mapping[str, str],
        requires: Iterable[Iterable[str]],
        *,
        clock: Clock | None = None,
        says: Mapping[str, str] = _NOTHING,
        absent: Iterable[str] = (),
        like: Mapping[str, str] = _NOTHING,
        fold: Callable[[str], str] | None = None,
        within: str = "",
        forms: Sequence[Form] = (),
        finish: Finish | None = None,
        anchor: bool = True,
        flaw: tuple[str, str] | None = None,
    ) -> None:
        self.kind, self.clock, self.says, self.anchor = kind, clock, says, anchor
        self.columns = {tuple(path.split("/")): column for path, column in columns.items()}
        self.requires = [frozenset(tuple(path.split("/")) for path in each) for each in requires]
        self.absent, self.fold = frozenset(absent), fold
        self.within, self.forms, self.finish, self.flaw = within, tuple(forms), finish, flaw
        self.form_of = Choice(self.forms).take
        self.like = {column: re.compile(pattern) for column, pattern in like.items()}
        self._first = [frozenset(path[0] for path in each) for each in self.requires]
        self._ranks = {path: rank for rank, path in enumerate(self.columns)}
        self._by_rank = list(self.columns.values())
        self.plan = lru_cache(_PLANS)(self._planned)
        self._outer = {path[:depth] for path in self.columns for depth in range(1, len(path))}

    def may_be(self, keys: Collection[str]) -> bool:
        """Whether an object with these members may be of this shape."""
        if self.fold:
            keys = set(map(self.fold, keys))
        return any(first.issubset(keys) for first in self._first)

    def looks_into(self, path: Path) -> bool:
        """Whether members of an object at this path fill columns."""
        return self._place(path) in self._outer

    def is_alone(self, plan: Sequence[tuple[Path, str]]) -> bool:
        """Whether only one object at a time tells what objects of this plan say."""
        columns = [column for _, column in plan]
        doubled = len(set(columns)) < len(columns)
        return bool(self.finish or self.flaw or (self.absent and doubled))

    def take(self, unit: bytes) -> Member | None:
        """The members of an object of this shape; None of any other."""
        found: dict[Path, bytes] = {}
        flaws: list[Flaw] = []
        if not self._walk(unit, (), found, flaws):
            return None
        plan = self.plan(tuple(found))
        if plan is None:
            return None
        texts = {KIND: self.kind, **self.says} if self.kind else dict(self.says)
        taken: dict[str, Path] = {}
        for path, column in plan:
            text = self._text(found[path])
            if text is None:
                del found[path]
            elif column not in taken:
                taken[column] = path
                texts[column] = text
        if any(not like.fullmatch(texts.get(column, "")) for column, like in self.like.items()):
            return None
        kept = set(taken.values())
        extra = {
            json_text.pointer(*path): json_text.kept(value)
            for path, value in found.items()
            if path not in kept
        }
        if self.flaw:
            flaws.append(("", *self.flaw, unit))
        return Member(self._more(texts), extra, flaws, self.clock)

    def _more(self, texts: dict[str, str]) -> dict[str, str]:
        """What the text of a column says, and what else there is to say."""
        inner = texts.get(self.within)
        found = self.form_of(inner) if inner else None
        if found is not None:
            said = found[0].texts(found[1])
            texts = {**said, **texts, KIND: said[KIND] or texts.get(KIND, "")}
        return {**texts, **self.finish(texts)} if self.finish else texts

    def _place(self, path: Path) -> Path:
        return tuple(map(self.fold, path)) if self.fold else path

    def _planned(self, paths: tuple[Path, ...]) -> tuple[tuple[Path, str], ...] | None:
        """Which of these paths fill which columns, first comes first; None if too few are here."""
        places = {path: self._place(path) for path in paths}
        begun = {at[:depth] for at in places.values() for depth in range(1, len(at) + 1)}
        if not any(each <= begun for each in self.requires):
            return None
        ranked = sorted((self._ranks[at], path) for path, at in places.items() if at in self._ranks)
        return tuple((path, self._by_rank[rank]) for rank, path in ranked)

    def _walk(
        self,
        unit: bytes,
        before: Path,
        found: dict[Path, bytes],
        flaws: list[Flaw],
    ) -> bool:
        members = json_text.members(unit)
        if members is None:
            return False
        for key, value in members:
            path = (*before, key)
            if path in found and path not in self._outer:
                detail = f"{'.'.join(path)} occurs more than once"
                flaws.append(
                    (
                        self.columns.get(self._place(path), ""),
                        "duplicate-member",
                        detail,
                        found[path],
                    )
                )
            nested = self._place(path) in self._outer and value.startswith(b"{")
            if not (nested and self._walk(value, path, found, flaws)):
                found[path] = value
        return True

    def _text(self, value: bytes) -> str | None:
        """The text of a string, the JSON of anything else; None where there is no value."""
        if value == b"null":
            return None
        if value.startswith(b'"'):
            text = _plain(value) or json_text.string(value)
            if text is None:
                text = json_text.shown(json_text.unescaped(value))
            return None if text in self.absent else text
        return json_text.shown(value)
