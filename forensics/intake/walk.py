"""Turns the paths an analyst names into a sorted stream of what lies there."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from forensics.errors import UsageError
from forensics.intake.archives import Member, examine, is_random_access, open_file, unpacked
from forensics.intake.damage import Unopened
from forensics.intake.ignore import file_rule, folder_rule
from forensics.intake.limits import DEFAULT_LIMITS, Limits, Meter
from forensics.intake.location import Archive, Location, NotEvidence, as_key, readable_path, utc

Found = Location | NotEvidence | Archive
Named = str | os.PathLike[str]

_JUNCTION = 0xA0000003  # a link between folders on Windows
_ODD_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def discover(
    paths: Sequence[Named], limits: Limits = DEFAULT_LIMITS, *, exclude: Collection[Named] = ()
) -> Iterator[Found]:
    """Everything below `paths`, each file once, whatever way leads to it.

    The paths come in byte order of their real names; below them depth first, the names of one
    folder in byte order; members of archives in the order of the archive. Links are named, not
    followed, except those given as a path. A path given is taken whatever its name; below it the
    rules of `ignore` hold, and nothing at or below `exclude` is opened.

    Raises UsageError at once, before anything is read, for a path that does not exist.
    """
    if not paths:
        raise UsageError("no evidence was named", hint="give files or folders to read")
    given = frozenset(_real(os.fsencode(path)) for path in paths)
    excluded = frozenset(_resolved(path) for path in exclude)
    return _Walk(given, _roots(given), limits, excluded).everything()


def _roots(given: Collection[bytes]) -> tuple[bytes, ...]:
    """The paths in byte order, without those that a walk of another one reaches."""
    kept: list[bytes] = []
    for path in sorted(given):
        if not any(_reaches(root, path, given) for root in kept):
            kept.append(path)
    return tuple(kept)


def _real(path: bytes) -> bytes:
    shown = readable_path(path)
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{shown or 'empty path'}: {why}", hint="check the path") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UsageError(
            f"{shown}: neither a file nor a folder",
            hint="copy what it holds into a file, or mount it, and name that",
        )
    return _resolved(path)


def _resolved(path: Named | bytes) -> bytes:
    return _unbounded(os.path.realpath(os.fsencode(path)), windows=os.name == "nt")


def _unbounded(path: bytes, *, windows: bool) -> bytes:
    r"""The same path in the form that Windows does not cut at 260 characters (\\?\)."""
    if not windows or path.startswith(b"\\\\?\\"):
        return path
    return b"\\\\?\\UNC" + path[1:] if path.startswith(b"\\\\") else b"\\\\?\\" + path


def _reaches(root: bytes, path: bytes, given: Collection[bytes]) -> bool:
    """Whether a walk from `root` comes to `path`: no folder between them is left out by a rule."""
    if not _is_below(path, root):
        return False
    between = os.path.dirname(path)
    while len(between) > len(root):
        if between not in given and folder_rule(os.fsdecode(os.path.basename(between))):
            return False
        between = os.path.dirname(between)
    return True


def _is_below(path: bytes, root: bytes) -> bool:
    """Whether `path` is `root` or lies in it."""
    separator = os.fsencode(os.sep)
    return path == root or path.startswith(root.rstrip(separator) + separator)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder being walked: its names still to come, last first, and what it is."""

    path: bytes
    names: list[bytes]
    identity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk: nothing of it outlives the folders it stands in."""

    given: frozenset[bytes]
    roots: tuple[bytes, ...]
    limits: Limits
    exclude: frozenset[bytes]

    def everything(self) -> Iterator[Found]:
        for root in self.roots:
            folders: list[_Folder] = []
            yield from self._visit(root, root, folders)
            while folders:
                folder = folders[-1]
                if folder.names:
                    path = os.path.join(folder.path, folder.names.pop())
                    yield from self._visit(path, root, folders)
                else:
                    folders.pop()

    def _visit(self, path: bytes, root: bytes, folders: list[_Folder]) -> Iterator[Found]:
        """What one path is; a folder to go into is put on top of `folders`."""
        try:
            status = os.lstat(path)
        except OSError as error:
            yield NotEvidence(_location(path), "unreadable", _why(error))
            return
        location = _location(path, status)
        if path in self.exclude:
            yield NotEvidence(location, "ignored", "left out: it belongs to this investigation")
        elif _is_link(status):
            yield NotEvidence(location, "ignored", self._link(path))
        elif stat.S_ISDIR(status.st_mode):
            reason = _loop(status, folders) or ("" if path in self.given else _folder_reason(path))
            if reason:
                yield NotEvidence(location, "ignored", reason)
            else:
                yield from self._enter(location, status, folders)
        elif stat.S_ISREG(status.st_mode):
            yield from self._file(location, root)
        else:
            kind = _ODD_KINDS.get(stat.S_IFMT(status.st_mode), "neither a file nor a folder")
            yield NotEvidence(location, "ignored", kind)

    def _enter(
        self, folder: Location, status: os.stat_result, folders: list[_Folder]
    ) -> Iterator[Found]:
        try:
            names = sorted(os.listdir(folder.file), reverse=True)
        except OSError as error:
            yield NotEvidence(folder, "unreadable", _why(error))
            return
        folders.append(_Folder(folder.file, names, (status.st_dev, status.st_ino)))

    def _link(self, path: bytes) -> str:
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as error:
            return f"a link that leads nowhere ({error.strerror})"
        shown = readable_path(target)
        if any(_is_below(target, root) for root in self.roots):
            return f"a link to {shown}, which is read where it lies"
        return f"a link out of the evidence, to {shown}: name that to ingest it"

    def _file(self, location: Location, root: bytes) -> Iterator[Found]:
        named = location.file in self.given
        inner = as_key(location.file[len(root.rstrip(b"/")) :])
        rule = None if named else file_rule(inner)
        if rule:
            yield NotEvidence(location, "ignored", rule.reason)
            return
        if not location.stored_bytes:
            yield location
            return
        try:
            stored = open_file(location.file, location.path)
        except Unopened as error:
            yield NotEvidence(location, "unreadable", f"cannot be opened: {error.strerror}")
            return
        with closing(stored):
            found, sniffed = examine(location, stored, self.limits, "" if named else inner)
            if not isinstance(found, Archive) or not is_random_access(sniffed):
                yield found
                return
            meter = Meter(self.limits, location.stored_bytes)
            for item in unpacked(location, sniffed, meter, nested=False):
                yield item.location if isinstance(item, Member) else item


def _folder_reason(path: bytes) -> str:
    rule = folder_rule(os.fsdecode(os.path.basename(path)))
    return rule.reason if rule else ""


def _loop(status: os.stat_result, folders: list[_Folder]) -> str:
    inside = any(folder.identity == (status.st_dev, status.st_ino) for folder in folders)
    return "a loop: this folder lies in itself" if inside else ""


def _is_link(status: os.stat_result) -> bool:
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def _location(path: bytes, status: os.stat_result | None = None) -> Location:
    shown = path.removeprefix(b"\\\\?\\")
    return Location(
        path=readable_path(shown),
        container="",
        key=as_key(shown),
        stored_bytes=status.st_size if status and stat.S_ISREG(status.st_mode) else 0,
        modified=_modified(status) if status else None,
        file=path,
    )


def _modified(status: os.stat_result) -> datetime | None:
    seconds, rest = divmod(status.st_mtime_ns, 1_000_000_000)
    return utc(seconds, rest // 1000)


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"
