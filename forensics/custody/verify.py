"""Whether the evidence is still what was read, and the case still what was read from it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
from cryptography.x509 import Certificate

from forensics.custody.chains import chains
from forensics.custody.digests import Verdict, Weight
from forensics.custody.hashlist import Comparison, Hashed, compare
from forensics.custody.ledger_seals import is_sealed, ledger_faults
from forensics.custody.places import (
    MEMBER,
    Opened,
    Place,
    disk_part,
    on_disk,
    opened,
    reopened,
    until_torn,
)
from forensics.custody.reparse import Rereading, Source
from forensics.custody.stamps import Stamp, stamps
from forensics.custody.stamps import told as stamp_faults
from forensics.custody.trails import Keyring, Trails
from forensics.evidence import Case, answer
from forensics.evidence.sums import check_sums
from forensics.intake import Content, Limits, Location, Unopened, open_location, read

HELD = 64 << 20  # bytes of content that are held in memory: the largest digest fits
SAMPLE = 8  # sources of each format that are read again unless all are
SAMPLE_BYTES = 64 << 20  # no larger source is in the sample

Watch = Callable[[int], None]
"""Told the number of stored bytes after each file."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to verify beside what the case itself names."""

    roots: Sequence[str] = ()  # folders where evidence that was moved may be
    listed: Sequence[Hashed] | None = None  # hashes taken at acquisition
    full: bool = False  # read every source again, not a sample
    keyring: Keyring = field(default_factory=Keyring)
    authorities: Sequence[Certificate] = ()  # of time stamps


@dataclass(slots=True)
class Verification:
    """What was found; every difference is in `differences`, one sentence each."""

    db: str
    sources: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    ledger: list[str] = field(default_factory=list)
    is_sealed: bool = True  # False after an interrupted run: changes of the ledger are not found
    journal: list[str] = field(default_factory=list)
    rows_read: int = 0
    rows_skipped: int = 0
    rows: list[str] = field(default_factory=list)
    acquisition: Comparison | None = None
    digests: tuple[Verdict, ...] = ()
    stamps: list[Stamp] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        """Every difference, in the order of the report."""
        found = [*self.changed, *self.missing, *self.rows]
        found += [*self.ledger, *(f"journal: {fault}" for fault in self.journal)]
        found += stamp_faults(self.stamps)
        if self.acquisition:
            for name in ("changed", "missing", "unlisted"):
                found += [
                    f"{path}: {name} against the list of hashes"
                    for path in getattr(self.acquisition, name)
                ]
        found += [
            f"{each.subject}: {each.code}: {each.detail}"
            for each in self.digests
            if each.weight is Weight.DIFFERENCE
        ]
        return found

    def as_json(self) -> dict[str, Any]:
        """The object that scripts read."""
        return {
            "db": self.db,
            "sound": not self.differences,
            "sources": {name: self.sources[name] for name in ("total", *_STATES)},
            "places": {name: self.places[name] for name in ("total", *_STATES, "moved")},
            "changed": self.changed,
            "missing": self.missing,
            "moved": self.moved,
            "rows": {
                "sources_read": self.rows_read,
                "sources_skipped": self.rows_skipped,
                "differences": self.rows,
            },
            "ledger": self.ledger,
            "ledger_sealed": self.is_sealed,
            "journal": self.journal,
            "stamps": [
                {**asdict(each), "time": each.time.isoformat() if each.time else None}
                for each in self.stamps
            ],
            "acquisition": asdict(self.acquisition) if self.acquisition else None,
            "digests": [{**asdict(each), "weight": each.weight} for each in self.digests],
            "differences": self.differences,
        }


_STATES = ("valid", "changed", "missing")


def verify(case: Case, request: Request, watch: Watch) -> Verification:
    """Check sources, rows, ledger, journal and digests; nothing is raised for a difference.

    Reads every file of the evidence once, and those over HELD bytes that are read again twice.
    """
    found = Verification(str(case.path))
    found.journal = chains(case).problems
    found.ledger = ledger_faults(case.connection)
    found.is_sealed = is_sealed(case.connection)
    with _definitions_told(found):
        found.stamps = stamps(case, request.authorities)
        found.ledger = [*check_sums(case.connection), *found.ledger]
        check = _Check(case, request, watch)
        check.everything()
        check.report(found)
    return found


@contextmanager
def _definitions_told(found: Verification) -> Iterator[None]:
    """A table or view that is gone, or is another, is a difference: the rest cannot be checked."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        first = str(error).splitlines()[0]
        found.ledger.append(
            f"tables or views are not those of a case, the check ends here: {first}"
        )


class _Check:
    """One pass over the evidence, and what is to be known at its end."""

    def __init__(self, case: Case, request: Request, watch: Watch) -> None:
        self.case, self.request, self.watch = case, request, watch
        self.rereading = Rereading()
        self.trails = Trails()
        self.states: dict[tuple[str, int], str] = {}  # by place: valid, or what is wrong
        self.moved: dict[tuple[str, int], str] = {}
        self.on_disk: dict[str, str] = {}
        self.places = list(_places(case))
        self.wanted: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            self.wanted[place.path].append(place)
        self.chosen = _chosen(case, full=request.full)
        self.skipped = [each for each in self.chosen.values() if not each.is_comparable]

    # ------------------------------------------------------------------ the pass
    def everything(self) -> None:
        """Look at every file the ledger names, then for what is missing elsewhere."""
        files = dict.fromkeys(disk_part(path) for path in self.wanted)
        for location, stored in reopened(files):
            places = self.wanted.get(location.path, [])
            if places:
                self._look(location, stored, places)
        if self.request.listed is not None:
            self._hash_files(_disk_files(self.case))
        lost = [each for each in self.places if (each.path, each.source_id) not in self.states]
        if lost and self.request.roots:
            self._search(opened(list(self.request.roots)), lost)

    def _look(self, location: Location, stored: BinaryIO, places: list[Place]) -> None:
        content, whole = self._content(location, stored)
        for place in places:
            self.states[place.path, place.source_id] = _state(place, content)
            if _matches(place, content):
                self._read_again(place, location, content, whole)
        self.trails.see(places[0], content, whole)
        if not location.steps:
            self.on_disk[location.path] = content.stored_sha256

    def _content(self, location: Location, stored: BinaryIO) -> tuple[Content, bytes | None]:
        """A content read to its end, and its bytes where they are few enough to hold."""
        content = read(location, stored, Limits())
        held: list[bytes] | None = []
        for chunk in content:
            if held is not None:
                held.append(chunk)
                held = held if content.bytes <= HELD else None
        self.watch(content.stored_bytes)
        return content, b"".join(held) if held is not None else None

    def _read_again(
        self, place: Place, location: Location, content: Content, whole: bytes | None
    ) -> None:
        """Read a content that is the one in the ledger once more, if it is to be."""
        source = self.chosen.pop(place.source_id, None)
        if source is None or not source.is_comparable:
            return
        if whole is not None:
            self.rereading.take(source, until_torn([whole], content))
            return
        with open_location(location) as stored:
            again = read(location, stored, Limits())
            self.rereading.take(source, until_torn(again, again))

    def _search(self, found: Iterable[Opened], lost: list[Place]) -> None:
        """Look for contents whose places are gone, wherever they lie now."""
        by_content: dict[str, list[Place]] = defaultdict(list)
        for place in lost:
            by_content[place.content_sha256].append(place)
        for location, stored in found:
            content, whole = self._content(location, stored)
            for place in by_content.pop(content.sha256, []):
                self.states[place.path, place.source_id] = "valid"
                self.moved[place.path, place.source_id] = location.path
                self._read_again(place, location, content, whole)
                self.trails.see(place, content, whole)

    def _hash_files(self, files: Iterable[str]) -> None:
        """Hash what the pass has not: archives as they lie there, and what is no evidence."""
        for path in files:
            if path not in self.on_disk and on_disk(path).is_file():
                self.on_disk[path] = _file_hash(on_disk(path))

    # ------------------------------------------------------------------ the report
    def report(self, found: Verification) -> None:
        """Enter what the pass has shown."""
        self._report_places(found)
        found.moved = sorted(
            f"{path}: now at {now}" for (path, _), now in self.moved.items() if now != path
        )
        found.places["moved"] = len(found.moved)
        names = {each.source_id: each.path for each in reversed(self.places)}
        for source_id, fault in self.rereading.differences(self.case):
            found.rows.append(f"{names[source_id]}: source {source_id:016x}: {fault}")
        found.rows_read = len(self.rereading.read)
        found.rows_skipped = len(self.skipped)
        if self.request.listed is not None:
            found.acquisition = compare(self.request.listed, self.on_disk)
        found.digests = self.trails.verdicts(self.request.keyring)

    def _report_places(self, found: Verification) -> None:
        sources: dict[int, set[str]] = defaultdict(set)
        for place in self.places:
            fault = self.states.get((place.path, place.source_id), "missing")
            state = fault if fault in _STATES else "changed"
            found.places[state] += 1
            sources[place.source_id].add(state)
            if state == "changed":
                found.changed.append(f"{place.path}: {fault}")
            elif state == "missing":
                found.missing.append(f"{place.path}: not found")
        found.places["total"] = len(self.places)
        for states in sources.values():
            found.sources[next(state for state in _STATES if state in states)] += 1
        found.sources["total"] = len(sources)


def _places(case: Case) -> Iterator[Place]:
    """Every place with a hash, sorted by path; a fragment that was superseded has given way."""
    query = """
        SELECT place.source_id, path, stored_sha256, content_sha256, status, format,
               account_id, region, period_start, period_end
        FROM source_locations AS place JOIN sources USING (source_id)
        WHERE stored_sha256 IS NOT NULL AND status <> 'superseded' ORDER BY path, source_id
    """
    for batch in answer(case.connection, query).to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        yield from map(Place._make, zip(*columns, strict=True))


def _chosen(case: Case, *, full: bool) -> dict[int, Source]:
    """The sources to read again: all, or the same few of each format every time."""
    query = f"""
        SELECT source_id, format, framing, layout, reason, asserted, parser_version, status,
               units, unit_bytes, structure_bytes
        FROM sources WHERE framing IS NOT NULL AND status <> 'superseded' AND ($full
            OR bytes <= {SAMPLE_BYTES})
        QUALIFY $full OR row_number() OVER (PARTITION BY format ORDER BY source_id) <= {SAMPLE}
        ORDER BY source_id
    """  # noqa: S608 -- numbers of this module
    lines = answer(case.connection, query, {"full": full}).to_pylist()
    found = ((line["source_id"], Source.of(line)) for line in lines)
    return {source_id: source for source_id, source in found if source is not None}


def _disk_files(case: Case) -> list[str]:
    query = "SELECT DISTINCT split_part(path, $mark, 1) AS file FROM source_locations ORDER BY file"
    column = answer(case.connection, query, {"mark": MEMBER}).column("file")
    return [str(path) for path in column.to_pylist()]


def _matches(place: Place, content: Content) -> bool:
    return content.sha256 == place.content_sha256


def _state(place: Place, content: Content) -> str:
    """`valid`, or what is wrong with what lies at a place now."""
    if content.stored_sha256 != place.stored_sha256:
        same = "" if not _matches(place, content) else ", though it decompresses to the same"
        now = content.stored_sha256
        return f"changed{same}: SHA-256 as stored was {place.stored_sha256}, is {now}"
    if place.status != "over_limit" and not _matches(place, content):
        return f"read differently: SHA-256 of its content was {place.content_sha256}"
    return "valid"


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unopened(f"{path}: {error.strerror}", hint="check its permissions") from error
