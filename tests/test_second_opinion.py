"""How many records a document holds, counted by a library that the parsers do not use."""

from __future__ import annotations

import ijson
import pytest

from tests.cases import Case, cases

ARRAYS = ("Records", "configurationItems", "Events", "logEvents")
DOCUMENTS = [
    case
    for case in cases()
    if case.content.lstrip().startswith(b"{")
    and not case.name.startswith(("cloudwatch/kinesis", "route53_resolver/kinesis"))  # of payloads
]


def counted(content: bytes) -> int:
    """Elements of the arrays of records of one JSON document; 0 where there are none."""
    return sum(1 for array in ARRAYS for _ in ijson.items(content, f"{array}.item"))


def opinions() -> list[tuple[Case, int]]:
    found = []
    for case in DOCUMENTS:
        try:
            count = counted(case.content)
        except (ijson.JSONError, UnicodeDecodeError):
            continue  # broken on purpose, or several documents
        if count:
            found.append((case, count))
    return found


@pytest.mark.parametrize(("case", "count"), opinions(), ids=str)
def test_units_of_a_document_are_the_elements_another_reader_counts(case: Case, count: int) -> None:
    [source, *_] = case.expected()

    assert source["units"] == count


def test_there_are_documents_to_have_an_opinion_on() -> None:
    assert len(opinions()) > 20
