"""`verify`, `journal`, `manifest`, `stamp`: whether all still is as it was, and proof of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forensics.cli.app import DEFAULT_DB, AsJson, Db, Format, Reveal, app
from forensics.output.forms import Form
from forensics.output.safe import terminal
from forensics.output.streams import emit, say, terminal_width

if TYPE_CHECKING:
    from forensics.custody.hashlist import Hashed
    from forensics.custody.stamps import Stamp
    from forensics.custody.verify import Verification

DIFFERENCE = 3
SHOWN = 20  # of each kind of difference; --json tells all
_File = Path | None
_Files = list[Path] | None
TsaCertificates = Annotated[
    _Files,
    typer.Option("--tsa-certificates", help="PEM: root of a time stamping authority, and chain."),
]


@app.command("verify")
def verify_command(
    db: Db = DEFAULT_DB,
    evidence_root: Annotated[
        _Files, typer.Option("--evidence-root", help="Folder to look in for evidence that moved.")
    ] = None,
    hashes: Annotated[
        _File, typer.Option("--hashes", help="Hashes of acquisition, from sha256sum or hashdeep.")
    ] = None,
    public_keys: Annotated[
        _Files, typer.Option("--public-keys", help="JSON of `aws cloudtrail list-public-keys`.")
    ] = None,
    signatures: Annotated[
        _Files, typer.Option("--signatures", help="Metadata of digests that holds signatures.")
    ] = None,
    tsa_certificates: TsaCertificates = None,
    full: Annotated[
        bool, typer.Option("--full", help="Compare the rows of every source, not of a sample.")
    ] = False,
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="Show progress on standard error.",
            show_default="on a terminal",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check evidence, rows, ledger, journal and CloudTrail digests; exit 3 on any difference.

    Example: awslogs-forensics verify --db case.duckdb --public-keys keys.json
    """
    from forensics.custody.stamps import certificates
    from forensics.custody.trails import Keyring
    from forensics.custody.verify import Request, verify
    from forensics.evidence import Case

    request = Request(
        [str(path) for path in evidence_root or []],
        _listed(hashes),
        full,
        Keyring.load(public_keys or [], signatures or []),
        certificates(tsa_certificates or []),
    )
    with Case.for_reading(db) as case, _watched(progress) as watch:
        found = verify(case, request, watch)
    said = json.dumps(found.as_json()) if as_json else "\n".join(_told(found))
    emit((said + "\n").encode())
    if found.differences:
        raise typer.Exit(DIFFERENCE)


@app.command("journal")
def journal_command(
    db: Db = DEFAULT_DB,
    expect: Annotated[
        str, typer.Option("--expect", help="A head noted elsewhere; exit 3 where it is not here.")
    ] = "",
    form: Format = Form.table,
    reveal: Reveal = False,
) -> None:
    """List both journals, of the case and of those who read it, and check their chains.

    Example: awslogs-forensics journal --expect 0123456789ab
    """
    import pyarrow as pa

    from forensics.custody.chains import chains, listed, standing
    from forensics.evidence import Case
    from forensics.output.render import Look, rendered

    with Case.for_reading(db) as case:
        rows, found = listed(case), chains(case)
        place = standing(case, expect) if expect else ""
    width = terminal_width() if form is Form.table else 0
    emit(rendered(pa.Table.from_pylist(rows), form, Look(width=width, reveal=reveal)))
    for problem in found.problems:
        say(terminal(problem))
    if place is None:
        say(f"{expect}: no entry of this case has that hash")
    say(place or f"heads: case {found.case_head[1]} readers {found.readers_head[1]}")
    if found.problems or place is None:
        raise typer.Exit(DIFFERENCE)


@app.command("manifest")
def manifest_command(
    db: Db = DEFAULT_DB,
    content: Annotated[
        bool, typer.Option("--content", help="Hashes of the content after all decompression.")
    ] = False,
    stamp_request: Annotated[
        _File,
        typer.Option("--stamp-request", help="File to write a request for a time stamp to."),
    ] = None,
) -> None:
    """The hashes of all evidence, as sha256sum writes them: ready for a time stamp.

    Members of archives stand as ARCHIVE!/MEMBER; `verify` checks those. Carry the request to a
    time stamping authority (RFC 3161), and its answer back to `stamp`.

    Example: awslogs-forensics manifest > sources.sha256
    """
    from forensics.custody.manifest import manifest
    from forensics.evidence import Case

    with Case.for_reading(db) as case:
        listed = manifest(case, content=content)
    if stamp_request:
        _write_request(stamp_request, listed)
    emit(listed)


def _write_request(path: Path, listed: bytes) -> None:
    from forensics.custody.sealing.sealed import new_file
    from forensics.custody.stamps import request

    asked = request(listed)
    with new_file(path) as file:
        file.write(asked)


@app.command("stamp")
def stamp_command(
    response: Annotated[Path, typer.Argument(help="What the authority answered (.tsr).")],
    db: Db = DEFAULT_DB,
    tsa_certificates: TsaCertificates = None,
) -> None:
    """Keep a time stamp over the manifest in the case's journal; `verify` checks it from then on.

    Example: awslogs-forensics stamp case.tsr --tsa-certificates authority.pem
    """
    from forensics.custody.stamps import certificates, keep

    kept = keep(db, response, certificates(tsa_certificates or []))
    emit(f"{_stamped(kept)}\n".encode())


def _stamped(stamp: Stamp) -> str:
    at = f"{stamp.time:%Y-%m-%d %H:%M:%SZ}" if stamp.time else "no time"
    checked = "signature valid" if stamp.signature_checked else "signature not checked"
    said = terminal(stamp.fault) or checked
    return f"{at}  {stamp.lines} lines of the manifest  journal {stamp.entry}  {said}"


def _listed(path: Path | None) -> list[Hashed] | None:
    from forensics.custody.hashlist import parse
    from forensics.errors import UsageError

    if path is None:
        return None
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error


@contextmanager
def _watched(progress: bool | None) -> Iterator[Callable[[int], None]]:
    """A count of bytes on standard error."""
    from tqdm import tqdm

    shown = sys.stderr.isatty() if progress is None else progress
    bar = tqdm(unit="B", unit_scale=True, unit_divisor=1024, disable=not shown, desc="verify")
    with bar:
        yield lambda size: bar.update(size) and None


def _told(found: Verification) -> Iterator[str]:
    sources, places = found.sources, found.places
    moved = f" ({places['moved']} found elsewhere)" if places["moved"] else ""
    yield f"sources  {_counted(sources)}, at {_counted(places)} places{moved}"
    yield from _listing([*found.changed, *found.missing, *found.moved])
    old = f", {found.rows_skipped} read by another version: not compared"
    yield (
        f"rows     {found.rows_read - len(found.rows)}/{found.rows_read} sources read again give"
        f" the rows of the case{old if found.rows_skipped else ''}"
    )
    yield from _listing(found.rows)
    sealed = "as the last run sealed it" if found.is_sealed else "not sealed since a run began"
    yield f"ledger   {_faults(found.ledger, f'both sums come out for every source; {sealed}')}"
    yield from _listing(found.ledger)
    yield f"journal  {_faults(found.journal, 'the chain is whole')}"
    yield from _listing(found.journal)
    if found.stamps:
        yield "stamps"
        yield from _listing([_stamped(each) for each in found.stamps])
    yield from _acquisition(found)
    yield from _digests(found)
    count = len(found.differences)
    yield f"result   {f'{count} difference' + 's' * (count > 1) if count else 'no difference'}"


def _counted(counts: Counter[str]) -> str:
    return (
        f"{counts['valid']}/{counts['total']} valid, {counts['changed']} changed,"
        f" {counts['missing']} missing"
    )


def _faults(faults: list[str], sound: str) -> str:
    return f"{len(faults)} faults" if faults else sound


def _listing(lines: list[str]) -> Iterator[str]:
    for line in lines[:SHOWN]:
        yield f"         {terminal(line)}"
    if len(lines) > SHOWN:
        yield f"         and {len(lines) - SHOWN} more; --json tells all"


def _acquisition(found: Verification) -> Iterator[str]:
    listed = found.acquisition
    if listed is None:
        return
    yield (
        f"hashes   {listed.valid}/{listed.listed} of the list valid, {len(listed.changed)} changed,"
        f" {len(listed.missing)} missing, {len(listed.unlisted)} files not in it"
    )
    for name in ("changed", "missing", "unlisted"):
        yield from _listing([f"{name}: {path}" for path in getattr(listed, name)])


def _digests(found: Verification) -> Iterator[str]:
    """How many verdicts of each kind, then what is wrong."""
    if not found.digests:
        yield "digests  none: CloudTrail's own signatures prove nothing here"
        return
    counts = Counter((each.kind, each.code, each.weight) for each in found.digests)
    yield "digests"
    for (kind, code, weight), count in sorted(counts.items()):
        yield f"         {kind:<9} {code:<24} {count:>7,}  {weight}"
    wrong = [each for each in found.digests if each.weight == "difference"]
    yield from _listing([f"{each.subject}: {each.code}: {each.detail}" for each in wrong])
