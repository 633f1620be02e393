r"""Lists of hashes as other tools write and read them: sha256sum, its BSD form, and hashdeep.

A name with a backslash or a line end in it is escaped as sha256sum does: the line then begins
with a backslash, and the name has `\\`, `\n`, `\r`.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forensics.errors import UsageError

_GNU = re.compile(r"(\\?)([0-9a-fA-F]{64}) [ *](.+)")
_BSD = re.compile(r"(\\?)SHA256 \((.+)\) = ([0-9a-fA-F]{64})")
_HASHDEEP = "%%%% HASHDEEP"
_ESCAPES = {"\\": "\\", "n": "\n", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file's name and its SHA-256, in lower case."""

    path: str
    sha256: str


@dataclass(slots=True)
class Comparison:
    """What an acquisition's list and the files on disk say of each other, by name."""

    listed: int = 0
    valid: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)


def line(path: str, sha256: str) -> str:
    """One line as sha256sum writes it, without its end."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == path else chr(92)}{sha256}  {escaped}"


def parse(content: bytes, name: str) -> list[Hashed]:
    """The entries of a list; UsageError, with the line, for what is none with SHA-256."""
    lines = content.decode("utf-8-sig", "surrogateescape").split("\n")
    if lines[0].startswith(_HASHDEEP):
        return list(_hashdeep(lines, name))
    found = []
    for number, text in enumerate(lines, 1):
        if text.strip() and not text.startswith(("#", ";")):
            found.append(_entry(text.removesuffix("\r"), f"{name}:{number}"))
    if not found:
        raise UsageError(f"{name}: holds no hash", hint="give what sha256sum or hashdeep wrote")
    return found


def _entry(text: str, where: str) -> Hashed:
    gnu, bsd = _GNU.fullmatch(text), _BSD.fullmatch(text)
    if gnu:
        mark, sha256, path = gnu.groups()
    elif bsd:
        mark, path, sha256 = bsd.groups()
    else:
        raise UsageError(
            f"{where}: not a line of sha256sum or hashdeep",
            hint="a line is a SHA-256 in hex, two spaces and a name",
        )
    return Hashed(_unescaped(path) if mark else path, sha256.lower())


def _unescaped(path: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), path)


def _hashdeep(lines: list[str], name: str) -> Iterator[Hashed]:
    header = next((text for text in lines[1:] if text.startswith("%%%% ")), "")
    columns = header.removeprefix("%%%% ").strip().split(",")
    if "sha256" not in columns or "filename" not in columns:
        raise UsageError(
            f"{name}: hashdeep wrote no SHA-256 into it", hint="make it with: hashdeep -c sha256 -r"
        )
    at = columns.index("sha256")
    entries = [text for text in lines if text.strip() and not text.startswith(("%", "#"))]
    for cells in csv.reader(entries):
        rest = len(columns) - 1  # a name may hold commas: hashdeep does not quote it
        yield Hashed(",".join(cells[rest:]), cells[at].lower())


def compare(listed: Iterable[Hashed], on_disk: Mapping[str, str]) -> Comparison:
    """An acquisition's list against {path: SHA-256} of the files as they lie there now.

    Files agree by content, whatever they are called now; what is left is matched by name.
    """
    entries = list(listed)
    found = Comparison(len(entries))
    present = set(on_disk.values())
    known = {entry.sha256 for entry in entries}
    found.valid = sum(entry.sha256 in present for entry in entries)
    spare = [path for path, sha256 in on_disk.items() if sha256 not in known]
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in spare:
        by_name[_name(path)].append(path)
    for entry in entries:
        if entry.sha256 not in present:
            same = by_name.get(_name(entry.path))
            (found.changed if same else found.missing).append(entry.path)
            if same:
                same.remove(max(same, key=lambda path: _likeness(path, entry.path)))
    found.unlisted = sorted(path for paths in by_name.values() for path in paths)
    return found


def _parts(path: str) -> list[str]:
    return re.split(r"[/\\]", path)


def _name(path: str) -> str:
    return _parts(path)[-1]


def _likeness(one: str, other: str) -> int:
    """How many folders above the name agree."""
    count = 0
    for a, b in zip(reversed(_parts(one)), reversed(_parts(other)), strict=False):
        if a != b:
            break
        count += 1
    return count
