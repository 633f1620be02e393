"""Every fixture of every format: one outcome, by any road, in any pieces, under any key."""

from __future__ import annotations

import functools
import gc
from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest

from parsers import kernels
from parsers.codes import DEFECTS, REJECTS
from parsers.contract import CONTEXT, EXTRA, INDICATORS, PROVENANCE, Column, Format
from parsers.engines import delimited, pattern_objects
from parsers.formats import BY_NAME, FORMATS
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.identify import Identified, Unrecognised
from parsers.reading import read_as
from tests.cases import FIXTURES, UNRECOGNISED, Case, Line, cases

CASES = cases()
READ = [case for case in CASES if case.format != UNRECOGNISED]
MISLEADING = (
    "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2024/05/01/a_app.web.1_a.log.gz",
    "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/a_CloudTrail_eu-west-1_a.json.gz",
    "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2024/05/01/a_vpcflowlogs_eu-west-1_a.log.gz",
    "holidays/cat.jpg",
)
SAME_NAME_OTHER_TYPE: dict[str, str] = {
    "insightdetails": "typed in the table of insights; in that of calls a stray among many forms",
    "protocol": "a number in flow logs, a text like HTTP/1.1 in those of Classic Load Balancers",
    "version": "a number in flow logs, a text like 1.100000 in resolver query logs",
}
"""Columns that AWS itself uses with different types in different formats, and why they stay so."""


def recognised(case: Case) -> Identified:
    found = case.identified(case.key)
    assert isinstance(found, Identified), f"{case.name}: {found.reason}"
    return found


@functools.cache
def plain_outcome(case: Case) -> list[Line]:
    return case.outcome(recognised(case), plain=True)


def by_name(case: Case) -> str:
    return case.name


# ---------------------------------------------------------------------------- every case
@pytest.mark.parametrize("case", READ, ids=by_name)
def test_plain_reader_gives_what_is_expected(case: Case, update: bool) -> None:
    if update:
        case.rewrite(plain_outcome(case))

    assert plain_outcome(case) == case.expected()


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_vector_reader_agrees_with_the_plain_one(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "FEWEST", 1)  # few lines are worth a vector pass here
    monkeypatch.setattr(kernels, "LEAST", 0)
    monkeypatch.setattr(pattern_objects, "FEWEST", 1)

    assert case.outcome(recognised(case), plain=False) == plain_outcome(case)


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_reading_leaves_nothing_that_refers_to_itself(case: Case) -> None:
    """Workers collect no garbage while they read: a cycle would hold on to the evidence."""
    identified = recognised(case)
    read_as(case.content, identified)  # what is made once and kept is made now
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        recognised(case)
        read_as(case.content, identified)
        left = gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()

    assert left == 0


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_the_two_sums_hold(case: Case) -> None:
    summary, *units = plain_outcome(case)
    numbers = Counter(unit["record_no"] for unit in units if "defect" not in unit)

    assert summary["units"] == summary["rows"] + summary["structure"] + summary["rejects"]
    assert summary["unit_bytes"] + summary["structure_bytes"] == len(case.content)
    assert set(numbers.values()) <= {1}
    lines = case.content.count(b"\n") + 1  # a record of several is numbered by its first
    assert all(1 <= number <= max(summary["units"], lines) for number in numbers)


@pytest.mark.parametrize("chunk", [1, 7, 4096])
@pytest.mark.parametrize("case", READ, ids=by_name)
def test_pieces_make_no_difference(case: Case, chunk: int) -> None:
    assert case.outcome(recognised(case), plain=False, chunk=chunk) == plain_outcome(case)


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_the_key_is_no_proof(case: Case) -> None:
    found = recognised(case)

    assert [case.identified(key) for key in ("", *MISLEADING)] == [found] * (1 + len(MISLEADING))


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_the_case_is_about_its_folder(case: Case) -> None:
    outcome = read_as(case.content, recognised(case))
    tables = {declared.name for declared, _ in outcome.decoded}

    assert case.format in tables | {recognised(case).format.name}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.format == UNRECOGNISED], ids=by_name
)
def test_what_no_format_knows_is_said_to_be_so(case: Case, update: bool) -> None:
    answers = [case.identified(key) for key in (case.key, "", *MISLEADING)]
    assert all(isinstance(answer, Unrecognised) for answer in answers)
    said: list[Line] = [{"unrecognised": answer.reason} for answer in answers]
    if update:
        case.rewrite(said[:1])

    assert said == case.expected() * len(answers)


# ---------------------------------------------------------------------------- the registry
@pytest.mark.parametrize("declared", FORMATS, ids=lambda declared: declared.name)
def test_every_column_has_been_seen(declared: Format) -> None:
    seen: set[str] = set()
    for case in READ:
        for table, part in read_as(case.content, recognised(case)).decoded:
            if table is declared:
                seen |= set(filled(part.rows))

    columns = [*declared.columns, EXTRA, *declared.prepared()]
    if declared is CLOUDWATCH:  # a message is kept whole: nothing is left over
        columns.remove(EXTRA)
    assert sorted(set(paths(columns)) - seen) == []


@pytest.mark.parametrize("declared", FORMATS, ids=lambda declared: declared.name)
def test_names_are_unique_whatever_their_case(declared: Format) -> None:
    names = [field.name for field in declared.schema()]
    nested = [each for column in declared.columns for each in paths([column])]

    assert doubled(names) == []
    assert doubled(nested) == []


@pytest.mark.parametrize("declared", FORMATS, ids=lambda declared: declared.name)
def test_every_declaration_is_a_sentence(declared: Format) -> None:
    columns = [*declared.columns, *declared.prepared()]
    said = {declared.name: declared.about} | {each.name: each.about for each in flat(columns)}

    assert [name for name, about in said.items() if not is_sentence(about)] == []
    assert declared.reference.startswith("https://")


@pytest.mark.parametrize("declared", FORMATS, ids=lambda declared: declared.name)
def test_every_indicator_is_one_that_find_knows(declared: Format) -> None:
    used = {each.indicator for each in flat([*declared.columns, *declared.prepared(), *CONTEXT])}

    assert used - INDICATORS <= {""}


def test_columns_of_one_name_have_one_type() -> None:
    types: dict[str, dict[str, list[str]]] = {}
    for declared in FORMATS:
        for field in declared.schema():
            tables = types.setdefault(field.name.lower(), {}).setdefault(str(field.type), [])
            tables.append(declared.name)

    differing = {name: found for name, found in types.items() if len(found) > 1}
    assert differing.keys() == SAME_NAME_OTHER_TYPE.keys(), differing


def test_names_of_formats_are_unique_and_have_fixtures() -> None:
    assert len(BY_NAME) == len(FORMATS)
    assert {case.format for case in READ} == BY_NAME.keys()


def test_every_code_is_documented_and_seen() -> None:
    units = [unit for case in READ for unit in plain_outcome(case)[1:]]
    rejects = {unit["reject"] for unit in units if "reject" in unit}
    defects = {unit["code"] for unit in units if "defect" in unit}

    assert rejects == REJECTS.keys() - {"too-long"}  # seen in test_framing: it takes 64 MiB
    assert defects == DEFECTS.keys() - {"cut-at-limit"}  # seen in test_cloudwatch: 256 KiB
    assert all(is_sentence(about) for about in (REJECTS | DEFECTS).values())


def test_every_folder_is_a_case() -> None:
    folders = {path.parent for path in FIXTURES.rglob("expected.jsonl")}
    scenarios = set((FIXTURES / "scenarios").iterdir())  # of questions: see test_investigations

    assert folders - scenarios == {case.folder for case in CASES}


# ---------------------------------------------------------------------------- help
def flat(columns: Sequence[Column]) -> Iterator[Column]:
    for column in columns:
        yield column
        yield from flat(column.members)


def paths(columns: Sequence[Column], before: str = "") -> Iterator[str]:
    """`userIdentity`, `userIdentity.type` …"""
    for column in columns:
        yield before + column.name
        yield from paths(column.members, f"{before}{column.name}.")


def filled(rows: pa.RecordBatch) -> Iterator[str]:
    """The paths that hold a value in some row."""
    for name, array in zip(rows.schema.names, rows.columns, strict=True):
        yield from _filled(name, array)


def _filled(path: str, array: pa.Array) -> Iterator[str]:
    if array.null_count == len(array):
        return
    yield path
    if pa.types.is_list(array.type):
        array = array.flatten()
    if pa.types.is_struct(array.type):
        for field, member in zip(array.type, array.flatten(), strict=True):
            yield from _filled(f"{path}.{field.name}", member)


def doubled(names: list[str]) -> list[str]:
    counts = Counter(name.lower() for name in names)
    return [name for name, count in counts.items() if count > 1]


def is_sentence(about: str) -> bool:
    return len(about) > 3 and not about[0].isspace() and about.endswith((".", "…"))


def test_provenance_comes_first() -> None:
    expected = [column.name for column in PROVENANCE]

    assert [declared.schema().names[:2] for declared in FORMATS] == [expected] * len(FORMATS)
