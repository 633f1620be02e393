"""Exported tables: rows as the csv module reads them, and records only where that is certain."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.engines.flat import Flat
from parsers.formats import BY_NAME
from parsers.framing.exports import rows
from tests.noise import TEXTS, pieces

CELLS = st.lists(TEXTS | st.text(max_size=5), min_size=2, max_size=2)
HOSTILE = st.lists(
    st.sampled_from(['"', ",", "\n", "\r\n", "a", '""', '","', "b c", "é"]), max_size=30
)


def read(content: bytes, size: int) -> list[tuple[int, str]]:
    """(number, row as JSON) or (number, code); every byte is accounted for."""
    found: list[tuple[int, str]] = []
    counted = 0
    for part in rows(pieces(content, size)):
        counted += int(part.extents.sum()) + part.reject_bytes + part.structure_bytes
        for number, low, high in zip(part.numbers, part.starts, part.ends, strict=True):
            found.append((int(number), part.data[low:high].decode()))
        found += [(reject.record_no, reject.code) for reject in part.rejects]
    assert counted == len(content)
    return sorted(found)


@given(st.lists(CELLS, max_size=6), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
def test_rows_are_what_was_written(table: list[list[str]], size: int, end: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([["a", "b"], *table])

    found = read(text.getvalue().encode("utf-8", "replace"), size)

    wanted = [[cell.encode("utf-8", "replace").decode() for cell in each] for each in table]
    assert [list(json.loads(row).values()) for _, row in found] == wanted
    assert [number for number, _ in found] == list(range(1, len(table) + 1))


@given(HOSTILE, st.integers(1, 9))
def test_whatever_a_table_holds_it_is_accounted_for(parts: list[str], size: int) -> None:
    content = ("x,y\n" + "".join(parts)).encode()

    assert read(content, size) == read(content, len(content))


def test_a_quote_that_never_closes_costs_its_own_row() -> None:
    content = b'a,b\n"open,1\n1,2\n3,4\n"x\ny",5\n'

    assert read(content, 7) == [
        (1, "bad-row"),
        (2, '{"a":"1","b":"2"}'),
        (3, '{"a":"3","b":"4"}'),
        (4, '{"a":"x\\ny","b":"5"}'),
    ]


def test_an_empty_cell_is_no_member_unless_it_is_quoted() -> None:
    assert read(b'a,b,c\n,"",x\n', 99) == [(1, '{"b":"","c":"x"}')]


# ---------------------------------------------------------------------------- {name=value, …}
FLAT = Flat(
    BY_NAME["cloudtrail"].columns, requires=(frozenset({"eventname"}),), marks=("eventname",)
)


def identity(rendered: str) -> object:
    row = json.dumps({"eventname": "GetUser", "useridentity": rendered}).encode()
    return json.loads(FLAT.record(row)).get("userIdentity")


def test_a_struct_is_read_where_it_reads_in_one_way() -> None:
    assert identity("{type=IAMUser, username=alice, sessioncontext={sessionissuer=null}}") == {
        "type": "IAMUser",
        "userName": "alice",
        "sessionContext": {"sessionIssuer": None},
    }


@pytest.mark.parametrize(
    "rendered",
    [
        "{type=IAMUser, username=Doe, John}",
        "{type=IAMUser, username=a, arn=b, arn=c}",
        "{type=IAMUser, novelty=1}",
        "{type=IAMUser, sessioncontext={attributes=odd}}",
        "{type=IAMUser",
        "type=IAMUser}",
        "{username=a{, arn=b}",
        "{}{}",
    ],
)
def test_a_struct_that_may_read_otherwise_stays_as_it_is(rendered: str) -> None:
    assert identity(rendered) == rendered


def test_the_proper_name_wins_over_one_in_another_case() -> None:
    row = b'{"eventname":"odd","eventName":"GetUser"}'

    assert json.loads(FLAT.record(row)) == {"eventname": "odd", "eventName": "GetUser"}
