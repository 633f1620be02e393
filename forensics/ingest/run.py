"""One run of ingest: plan, workers, one writer, and the summary of what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.custody.clock import elapsed, now
from forensics.custody.ledger_seals import ENDED, STARTED, seal_broken, sealed_ledger
from forensics.custody.readers import head, journal_path
from forensics.custody.tool import host, user, versions
from forensics.errors import UsageError
from forensics.evidence import (
    Case,
    JournalEntry,
    begin_run,
    end_run,
    journal_append,
    known_sources,
)
from forensics.ingest.crew import Crew
from forensics.ingest.parts import Part, Settings, not_evidence_rows
from forensics.ingest.plan import Found, Planner
from forensics.ingest.pool import Driver, Duty
from forensics.ingest.supersede import forget_failures, supersede
from forensics.ingest.worker import path_id
from forensics.ingest.writer import Totals, Writer
from forensics.intake import Limits
from parsers.clocks import UnknownZone, zone_named
from parsers.contract import Assumed, Layout
from parsers.engines.templates import template_of
from parsers.errors import ParserError
from parsers.formats import BY_NAME

STATUSES = (
    "complete",
    "skipped",
    "duplicate",
    "structure_only",
    "damaged",
    "over_limit",
    "unrecognised",
    "unreadable",
    "ignored",
)

# A source is named by its hash, and its rows by the source: what is not held until its hash is
# known is decompressed twice. AWS cuts most logs at 50 or 75 MB.
HELD, LEAST_HELD, MOST_HELD = 320 << 20, 16 << 20, 80 << 20  # bytes: by all workers, by each
MOST_THREADS = 4  # that write row groups at once; where workers keep all processors busy, one


def _unwatched(found: Found, totals: Totals) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the analyst may ask of a run.

    Attributes:
        jobs: worker processes; None takes one per processor, 0 reads in this process.
        asserted, fields: format (`--as`) and layout (`--fields`) on the analyst's word.
        log_tz: zone of times whose zone the log does not state, on the analyst's word.
        access_log_format: template by which API Gateway wrote its access logs.
        wait: seconds to wait for a case that another process has open.
    """

    jobs: int | None = None
    asserted: str = ""
    fields: Layout = ()
    log_tz: str = ""
    access_log_format: str = ""
    wait: float = 0
    examiner: str = ""
    evidence_id: str = ""
    note: str = ""  # how the evidence was acquired
    memory: str = "512MB"  # that DuckDB may use
    encrypt: bool = False  # a case that is made, with the key of the environment or of `using`
    limits: Limits = field(default_factory=Limits)

    @property
    def assumed(self) -> Assumed:
        """What the analyst says that the logs do not. Raises UsageError where it makes no sense."""
        try:
            if self.log_tz:
                zone_named(self.log_tz)
            if self.access_log_format:
                template_of(self.access_log_format)
        except ParserError as error:
            option = "--log-tz" if isinstance(error, UnknownZone) else "--access-log-format"
            raise UsageError(f"{option}: {error}", hint=error.hint) from error
        return Assumed(self.log_tz, None, self.access_log_format)


@dataclass(slots=True)
class Summary:
    """What came of a run; `as_json` is the shape of `ingest --json`."""

    db: str
    run: int
    totals: Totals
    found: int
    seconds: float
    failures: list[str] = field(default_factory=list)  # what sources were given up for
    bugs: int = 0  # how many of these are bugs

    def as_json(self) -> dict[str, Any]:
        """The object that scripts read; its parts add up."""
        totals = self.totals
        counts = list(totals.formats.values())
        names = ("units", "rows", "rows_with_defects", "structure", "rejects")
        return {
            "db": self.db,
            "run": self.run,
            "sources": {"found": self.found, **{name: totals.statuses[name] for name in STATUSES}},
            "records": {name: sum(getattr(count, name) for count in counts) for name in names},
            "bytes": {
                "stored": totals.stored_bytes,
                "decompressed": totals.decompressed,
                "units": totals.unit_bytes,
                "structure": totals.structure_bytes,
            },
            "formats": {
                name: {
                    "sources": totals.format_sources[name],
                    **{each: getattr(count, each) for each in names},
                    "first": _utc(count.first),
                    "last": _utc(count.last),
                }
                for name, count in sorted(totals.formats.items())
            },
            "seconds": round(self.seconds, 3),
        }

    @property
    def flawless(self) -> bool:
        """Whether nothing was rejected, defective, damaged or not recognised (`--strict`)."""
        said = self.as_json()
        bad = ("damaged", "over_limit", "unrecognised", "unreadable")
        records = said["records"]
        return not (
            any(said["sources"][name] for name in bad)
            or records["rejects"]
            or records["rows_with_defects"]
        )


def _utc(moment: datetime | None) -> str | None:
    return f"{moment.isoformat()}Z" if moment else None


Watch = Callable[[Found, Totals], None]
"""Called after every part with what is found and what is written so far."""


def ingest(
    paths: Sequence[str | os.PathLike[str]],
    db: str | os.PathLike[str],
    options: Options | None = None,
    watch: Watch | None = None,
) -> Summary:
    """Read all evidence under `paths` into the case `db`, which is made if it does not exist.

    Raises UsageError for a missing path, an unknown format or a case inside the evidence, and the
    errors of `Case.for_ingest`. What is wrong with the evidence raises nothing: the ledger has it.
    """
    options = options or Options()
    _check(paths, db, options)
    started = elapsed()
    planner = Planner(paths, options.limits, _own_files(Path(db)))
    jobs = processors() if options.jobs is None else options.jobs
    with Crew(planner, jobs) as crew, _opened(db, options) as case:
        run_id = _begin(case, paths, options)
        run = _Run(case, run_id, crew, options)
        run.execute(watch or _unwatched)
        supersede(case, run_id)
        forget_failures(case, run_id, run.writer.archives, run.writer.unread)
        totals = run.writer.totals
        found = sum(totals.statuses[name] for name in STATUSES)
        summary = Summary(str(case.path), run_id, totals, found, 0.0, crew.failures, crew.bugs)
        summary.seconds = elapsed() - started
        _end(case, summary)
    return summary


def _opened(db: str | os.PathLike[str], options: Options) -> Case:
    return Case.for_ingest(
        db,
        wait=options.wait,
        memory_limit=options.memory,
        threads=1,
        encrypt=options.encrypt,
    )


def processors() -> int:
    """How many processors this process may use; where the system does not tell, how many it has."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(allowed(0)) if allowed else os.cpu_count() or 1


class _Run:
    """The machinery of one run."""

    def __init__(self, case: Case, run_id: int, crew: Crew, options: Options) -> None:
        self.run_id, self.crew = run_id, crew
        known = known_sources(case.connection)
        finished = {source_id: each.fingerprint for source_id, each in known.items()}
        threads = min(max(len(crew.drivers) // 2, 1), MOST_THREADS)
        self.writer = Writer(case, set(known), threads)
        held = min(max(HELD // len(crew.drivers), LEAST_HELD), MOST_HELD)
        settings = Settings(options.limits, options.asserted, options.fields, options.assumed, held)
        crew.duty.set_result(Duty(settings, finished, run_id))

    def execute(self, watch: Watch) -> None:
        """Take parts until every driver is done; on an error, leave the last whole state."""
        try:
            self._consume(watch)
        except BaseException:
            self.writer.roll_back()
            raise

    def _consume(self, watch: Watch) -> None:
        running = set(self.crew.drivers)
        reading: dict[Driver, int] = {}
        waiting: list[Driver] = []
        watch(self.crew.planner.found, self.writer.totals)
        while running:
            free = waiting and not self.writer.crowded
            driver = waiting.pop(0) if free else self.crew.ready.get()
            if self.writer.crowded and driver not in reading:
                waiting.append(driver)
                continue
            delivery = driver.take()
            if delivery is None:
                running.discard(driver)
                continue
            self.writer.take(delivery)
            opened = delivery.opens if isinstance(delivery, Part) else None
            if opened is None:
                reading.pop(driver, None)
            else:
                reading[driver] = opened
            self._set_aside()
            watch(self.crew.planner.found, self.writer.totals)
        self._set_aside()
        self.writer.flush()

    def _set_aside(self) -> None:
        """Enter files that discovery saw and that are no evidence."""
        while not self.crew.planner.not_evidence.empty():
            found = self.crew.planner.not_evidence.get()
            source, location = not_evidence_rows(found, path_id(found.location.path), self.run_id)
            part = Part(0, sources=[source], locations=[location])
            if source.source_id in self.writer.taken:
                part = Part(0, skipped=[source.source_id], locations=[location])
            self.writer.take(part)


def _check(
    paths: Sequence[str | os.PathLike[str]], db: str | os.PathLike[str], options: Options
) -> None:
    if options.asserted and options.asserted not in BY_NAME:
        raise UsageError(
            f"--as {options.asserted}: no such log format", hint="`formats` lists them"
        )
    if options.fields and not options.asserted:
        raise UsageError("--fields without --as", hint="name the format whose fields these are")
    if options.fields:
        _check_fields(options)
    _ = options.assumed  # wrong ones are said before anything is read
    ours = {"case": Path(db), "readers' journal": journal_path(db)}
    for path in paths:
        evidence = Path(os.path.realpath(path))
        for name, file in ours.items():
            place = Path(os.path.realpath(file))
            if place == evidence or evidence in place.parents:
                raise UsageError(
                    f"{place}: the {name} would lie inside the evidence {evidence}",
                    hint=f"put the {name} elsewhere: evidence is never written to",
                )


def _check_fields(options: Options) -> None:
    """Some of the names must be those of fields: AWS adds some, and does not rename them all."""
    declared = BY_NAME[options.asserted]
    known = {name for each in getattr(declared, "fields", ()) for name in each.names}
    if not known & set(options.fields):
        raise UsageError(
            f"--fields {','.join(options.fields)}: none of them is a field of {declared.name}",
            hint=f"its fields: {' '.join(sorted(known))}" if known else "it has no fields to name",
        )


def _own_files(db: Path) -> list[Path]:
    return [db, db.with_name(db.name + ".wal"), db.with_name(db.name + ".tmp"), journal_path(db)]


def _begin(case: Case, paths: Sequence[str | os.PathLike[str]], options: Options) -> int:
    asked = asdict(replace(options, limits=Limits())) | {"limits": asdict(options.limits)}
    with case.transaction() as connection:
        said = {**_by(case, options), **seal_broken(connection)}
        run_id = begin_run(
            connection,
            command="ingest",
            options={"paths": [os.path.abspath(path) for path in paths], **asked},  # noqa: PTH100
            versions=versions(),
            host=host(),
            examiner=options.examiner,
            evidence_id=options.evidence_id,
            started=now(),
        )
        entry = JournalEntry(run_id, STARTED, str(case.path), json.dumps(said))
        journal_append(connection, entry, now())
    return run_id


def _by(case: Case, options: Options) -> dict[str, Any]:
    """Who takes in what, with what, and how far the journal of readers has come."""
    seq, readers = head(journal_path(case.path))
    return {
        "user": user(),
        "host": host(),
        "versions": versions(),
        "examiner": options.examiner,
        "evidence_id": options.evidence_id,
        "note": options.note,
        **({"readers": readers} if seq else {}),
    }


def _end(case: Case, summary: Summary) -> None:
    said = summary.as_json()
    with case.transaction() as connection:
        end_run(connection, summary.run, ended=now(), result=said)
        detail = {key: said[key] for key in ("sources", "records", "bytes")}
        detail |= sealed_ledger(connection)
        entry = JournalEntry(summary.run, ENDED, str(case.path), json.dumps(detail))
        journal_append(connection, entry, now())
