"""Whether each log file is the one that a digest lists, and whether each one listed is here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from forensics.custody.digests.authenticity import Standings
from forensics.custody.digests.coverage import Coverage
from forensics.custody.digests.document import HASH_ALGORITHM, Digest, Listed, Stored, hash_number
from forensics.custody.digests.names import NEVER_LISTED, LogName, file_name, in_place, log_name
from forensics.custody.digests.verdicts import Code, Kind, Verdict, Weight

MOST_REFS = 32  # paths named in one verdict; a bound on hostile evidence


@dataclass(frozen=True, slots=True)
class Log:
    """A log file of the evidence.

    `sha256` is of its decompressed bytes, None where they cannot be read to the end; `remark`
    then says why. `account`, `region` and the time of delivery are those known from its folders
    or otherwise; what is None is read from the file's name.
    """

    path: str
    sha256: str | None
    account: str | None = None
    region: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    remark: str = ""


class Claim(NamedTuple):
    """One digest's word on one log file."""

    digest: Digest
    listed: Listed

    @property
    def number(self) -> int:
        """The hash that is claimed, as a number; -1 where it is none that we can compare."""
        known = self.listed.algorithm == HASH_ALGORITHM
        return hash_number(self.listed.sha256) if known else -1


def log_verdicts(
    digests: Sequence[Digest], logs: Iterable[Log], judged: Standings
) -> Iterator[Verdict]:
    """A verdict for each listed log, for each copy that differs from it, and each log unlisted."""
    claims = _claims(digests)
    listings: defaultdict[str, list[_Listing]] = defaultdict(list)
    for stored, said in claims.items():
        trusted = _most_trusted(said, judged)
        listings[file_name(stored.key)].append(_Listing(stored, trusted, judged))
    found = _Found(logs, listings.keys())
    for name, same_name in listings.items():
        yield from _compared(same_name, found.named.get(name, []), found.renamed)
    contents = {claim.number: claim for said in claims.values() for claim in said}
    contents.pop(-1, None)
    coverage = Coverage(digests)
    for log in found.unlisted:
        yield _unlisted(log, contents, coverage)


def _claims(digests: Iterable[Digest]) -> dict[Stored, list[Claim]]:
    claims: defaultdict[Stored, list[Claim]] = defaultdict(list)
    for digest in digests:
        for listed in digest.logs:
            claims[listed.stored].append(Claim(digest, listed))
    return claims


def _most_trusted(claims: list[Claim], judged: Standings) -> list[Claim]:
    """The claims of proven digests; without any, of digests that nothing speaks against."""

    def distrust(claim: Claim) -> int:
        code = judged[claim.digest.sha256].code
        return 0 if code is Code.VALID else 2 if code.weight is Weight.DIFFERENCE else 1

    least = min(map(distrust, claims))
    return [claim for claim in claims if distrust(claim) == least]


class _Found:
    """The logs of the evidence, by name where a digest lists that name, else by content."""

    def __init__(self, logs: Iterable[Log], listed_names: Container[str]) -> None:
        self.named: defaultdict[str, list[Log]] = defaultdict(list)
        self.unlisted: list[Log] = []
        self.renamed: dict[int, Log] = {}
        for log in sorted(set(logs), key=_order):
            name = file_name(log.path)
            if name in listed_names:
                self.named[name].append(log)
            else:
                self.unlisted.append(log)
                self.renamed.setdefault(hash_number(log.sha256), log)


def _order(log: Log) -> tuple[str, ...]:
    return log.path, *(str(getattr(log, name)) for name in Log.__slots__)


def _compared(
    listings: list[_Listing], copies: list[Log], renamed: Mapping[int, Log]
) -> Iterator[Verdict]:
    """The listings of one file name against the files that carry it."""
    by_number: defaultdict[int, list[Log]] = defaultdict(list)
    for log in copies:
        by_number[hash_number(log.sha256)].append(log)
    listed = {number for listing in listings for number in listing.numbers}
    spare = [log for log in copies if hash_number(log.sha256) not in listed]
    told = False
    for listing in listings:
        equal = [log for number in listing.numbers for log in by_number.get(number, [])[:MOST_REFS]]
        elsewhere = [renamed[number] for number in listing.numbers if number in renamed]
        if equal or elsewhere:
            yield from listing.agreed(equal or elsewhere)
        elif spare:
            yield listing.differs(spare)
            told = True
        else:
            yield listing.missing()
    if not told:
        yield from (listings[0].other_copy(log) for log in spare)


class _Listing:
    """One listed log file and what the digests that list it say."""

    def __init__(self, stored: Stored, claims: list[Claim], judged: Standings) -> None:
        self._stored = stored
        self._claims = claims
        self._standing = judged[claims[0].digest.sha256]
        self.numbers = sorted({claim.number for claim in claims} - {-1})

    def agreed(self, logs: Sequence[Log]) -> Iterator[Verdict]:
        """The file is here as listed, though perhaps not where it was."""
        if self._standing.code is Code.VALID:
            detail = "a digest proven by signature lists this hash"
            yield self._say(Code.VALID, detail, logs)
        else:
            detail = self._trust("a digest lists this hash")
            yield self._say(Code.VALID_HASH_ONLY, detail, logs, self._standing.code)
        if not in_place(self._stored.key, [log.path for log in logs]):
            yield self._say(Code.MOVED, "it does not lie where its key says", logs)

    def differs(self, copies: Sequence[Log]) -> Verdict:
        """Files of its name are here, and none has its content."""
        listed = self._claims[0].listed
        if listed.algorithm != HASH_ALGORITHM:
            detail = f"it is listed with a hash by {listed.algorithm!r}"
            return self._say(Code.SIGNATURE_UNVERIFIABLE, detail, copies, "algorithm")
        read = next((log for log in copies if log.sha256), None)
        if read is None:
            detail = copies[0].remark or "its content could not be read to the end"
            return self._say(Code.LOG_UNREADABLE, detail, copies)
        remark = f" ({read.remark})" if read.remark else ""
        detail = f"listed with SHA-256 {listed.sha256}, here with {read.sha256}{remark}"
        return self._say(Code.HASH_MISMATCH, self._trust(detail), copies)

    def missing(self) -> Verdict:
        """No file here has its name or its content."""
        return self._say(Code.LOG_MISSING, self._trust("it is listed and not here"), ())

    def other_copy(self, log: Log) -> Verdict:
        """A file that carries the name, where another is as listed."""
        code = Code.HASH_MISMATCH if log.sha256 else Code.LOG_UNREADABLE
        detail = log.remark or f"has SHA-256 {log.sha256}, while another copy is as listed"
        return Verdict(Kind.LOG, log.path, code, "copy", detail, self._refs([log]))

    def _trust(self, detail: str) -> str:
        """The sentence with what is to be known of the digest that it leans on."""
        if self._standing.code is Code.VALID:
            return detail
        return f"{detail}; the digest itself is {self._standing.code}"

    def _say(self, code: Code, detail: str, logs: Sequence[Log], reason: str = "") -> Verdict:
        uri = self._stored.uri
        return Verdict(Kind.LOG, uri, code, str(reason), detail, self._refs(logs))

    def _refs(self, logs: Sequence[Log]) -> tuple[str, ...]:
        paths = {claim.digest.paths[0] for claim in self._claims[:MOST_REFS]}
        return tuple(sorted(paths.union(log.path for log in logs[:MOST_REFS])))


def _unlisted(log: Log, contents: Mapping[int, Claim], coverage: Coverage) -> Verdict:
    """What to make of a log whose name is in no digest."""
    known = contents.get(hash_number(log.sha256))
    if known:
        detail = f"its content is that of {known.listed.stored.uri}, under another name"
        refs = tuple(sorted((log.path, known.digest.paths[0])))
        return Verdict(Kind.LOG, log.path, Code.MOVED, "renamed", detail, refs)
    name = log_name(log.path)
    if name and name.folder in NEVER_LISTED:
        detail = f"AWS does not say that digests list files of {name.folder}"
        return _not_covered(log, "folder", detail)
    return _unexpected(log, name, coverage)


def _unexpected(log: Log, name: LogName | None, coverage: Coverage) -> Verdict:
    account = log.account or (name.account if name else None)
    region = log.region or (name.region if name else None)
    start = name.time if name else log.period_start
    end = name.time if name else log.period_end or log.period_start
    if account is None or region is None or start is None or end is None:
        return _not_covered(log, "name", "nothing says which digest should list it")
    reason = coverage.lacks(account, region, start, end)
    if reason:
        return _not_covered(log, reason, f"no digest that should list it is here: {reason}")
    detail = (
        "the digests of its hour are here and none lists it: it was added, its entry removed, "
        "or another trail without digests delivered it"
    )
    return Verdict(Kind.LOG, log.path, Code.LOG_EXTRA, "", detail, (log.path,))


def _not_covered(log: Log, reason: str, detail: str) -> Verdict:
    return Verdict(Kind.LOG, log.path, Code.NOT_COVERED, reason, detail, (log.path,))
