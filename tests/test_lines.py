"""Line formats on noise made of what hurts: both readers agree, nobody claims another's lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers import kernels, scalars
from parsers.contract import Block, Decoded, Defect, Reject
from parsers.engines import delimited, tokens
from parsers.engines.delimited import Delimited
from parsers.engines.splits import ENDPOINT, ENDPOINT_OR_ARN, REQUEST, Split
from parsers.formats import FORMATS
from parsers.formats.cloudfront_realtime import CLOUDFRONT_REALTIME
from parsers.framing import lines
from parsers.identify import Identified, identify

FIXTURES = Path(__file__).parent.parent / "fixtures"
LINE_FORMATS = [
    lines_of
    for declared in FORMATS
    if isinstance(lines_of := getattr(declared, "lines", declared), Delimited)
]
ROADS = [
    pytest.param(
        True, id="kernels", marks=pytest.mark.skipif(not kernels.AVAILABLE, reason="none")
    ),
    pytest.param(False, id="library"),
]
HURTFUL = [
    b'"', b'""', b'" "', b'"-"', b"-", b" ", b"  ", b"\\", b'\\"', b"\\\\", b"\t", b"\r", b"\x00",
    b"\x85", b"\xff", b"\xe2\x80\xa8", "é".encode(), b":", b"[", b"]", b"#", b"#Fields: date time",
    b"000", b"007", b"-1", b"1e400", b"9223372036854775808", b"0x10", b'" 200 - 1 1 1 1 "',
    b'" x TLSv1.3 - "', b"arn:", b"2025-02-29T00:00:00Z", b"[2001:db8::1]:80", b"/", b'-"',
]  # fmt: skip


def fixture_lines(declared: Delimited) -> list[bytes]:
    """Every line of every fixture of a format, headers too."""
    files = (FIXTURES / declared.name).glob("*/*")
    inputs = [file for file in sorted(files) if file.suffix not in (".jsonl", ".toml", ".json")]
    found = [line for file in inputs for line in file.read_bytes().splitlines()]
    return [line for line in found if line.strip() and not line.startswith((b"{", b"["))]


def block_of(content: bytes, layout: tuple[str, ...]) -> Block:
    return Block.of(lines.lines(content, 0, 1), 7, layout)


def outcome(decoded: Decoded) -> tuple[list[str], list[Defect], list[Reject], int]:
    rows = sorted(decoded.rows.to_pylist(), key=lambda row: row["record_no"])
    shown = [repr(row) for row in rows]  # repr: NaN equals itself, 0.0 is not -0.0
    structure = len(decoded.structure)
    return shown, sorted(decoded.defects), sorted(decoded.rejects), structure


@st.composite
def damaged(draw: st.DrawFn, line: bytes) -> bytes:
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        until = at + draw(st.sampled_from([0, 0, 0, 1, 5]))
        line = line[:at] + draw(st.sampled_from(HURTFUL)) + line[until:]
    return line.replace(b"\n", b" ")


@st.composite
def contents(draw: st.DrawFn, declared: Delimited) -> bytes:
    chosen = draw(st.lists(st.sampled_from(fixture_lines(declared)), min_size=1, max_size=12))
    written = [draw(damaged(line)) for line in chosen]
    return b"\n".join(written) + draw(st.sampled_from([b"", b"\n", b"\r\n"]))


@pytest.mark.parametrize("compiled", ROADS)
@pytest.mark.parametrize("declared", LINE_FORMATS, ids=lambda declared: declared.name)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_both_readers_agree_on_damaged_lines(
    declared: Delimited, compiled: bool, data: st.DataObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "AVAILABLE", compiled)
    monkeypatch.setattr(delimited, "FEWEST", 1)
    monkeypatch.setattr(kernels, "LEAST", 0)
    block = block_of(data.draw(contents(declared)), declared.default)

    plain, vector = declared.plain(block), declared.decode(block)

    assert outcome(vector) == outcome(plain)
    assert plain.rows.num_rows + len(plain.structure) + len(plain.rejects) == len(block)


@pytest.mark.parametrize("declared", LINE_FORMATS, ids=lambda declared: declared.name)
def test_nobody_claims_a_line_of_another(declared: Delimited) -> None:
    found = [identify(line + b"\n", whole=True) for line in fixture_lines(declared)]
    claimed = {each.format.name for each in found if isinstance(each, Identified)}

    of_others = {"clb", "nlb"} if declared.name == "alb" else {"cloudwatch"}  # fixtures hold these
    assert (declared.name in claimed) != (declared is CLOUDFRONT_REALTIME)  # prove nothing
    assert claimed <= {declared.name} | of_others


def test_one_stray_quote_leaves_its_neighbours_trivial() -> None:
    content = b'a "b c" d\na "b d\n"a" b c\na b c\n'
    block = block_of(content, ())
    quoting = tokens.Quoting(np.array([True, True, True, True]), escapes=True)

    scan = tokens.scan(block, " ", quoting)

    assert scan.widths.tolist() == [3, 0, 3, 3]
    assert scan.quoted.tolist()[0::2] == [1, 1]


def test_a_quote_where_none_belongs_is_not_trivial() -> None:
    block = block_of(b'"a" b\na "b"\na b "c"\n', ())

    escaped = tokens.scan(block, " ", tokens.Quoting(np.array([False, True, True]), escapes=True))
    unescaped = tokens.scan(
        block, " ", tokens.Quoting(np.array([False, True, False]), escapes=False)
    )

    assert escaped.widths.tolist() == [0, 2, 3]
    assert unescaped.widths.tolist() == [0, 2, 0]


@pytest.mark.parametrize("most", [200, 50])
def test_a_line_of_too_many_fields_is_refused_by_either_road(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "FEWEST", 1)
    monkeypatch.setattr(kernels, "LEAST", 0)
    monkeypatch.setattr(tokens, "MOST_DELIMITERS", most)
    line = (FIXTURES / "alb" / "eras" / "access.log").read_bytes().split(b"\n")[10]
    long = line.replace(b"Mozilla/5.0", b"Mozilla/5.0" + b" x" * 100)
    alb = next(declared for declared in LINE_FORMATS if declared.name == "alb")

    plain, vector = (read(block_of(long, ())) for read in (alb.plain, alb.decode))

    assert [each.code for each in plain.rejects] == (["too-many-fields"] if most < 100 else [])
    assert outcome(plain) == outcome(vector)


# ---------------------------------------------------------------------------- parts and values
PIECES = st.lists(st.sampled_from(["-", " ", ":", "a", "é", "[", "]", "arn:", "80", "GET"]))
TEXTS = st.lists(st.none() | PIECES.map("".join), min_size=1, max_size=8)


@pytest.mark.parametrize("split", [ENDPOINT, ENDPOINT_OR_ARN, REQUEST])
@given(texts=TEXTS)
def test_a_split_can_be_undone_and_both_its_forms_agree(
    split: Split, texts: list[str | None]
) -> None:
    arrays, misfits = split.vector(pa.array(texts, pa.string()))

    for at, text in enumerate(texts):
        parts = tuple(array[at].as_py() for array in arrays)
        expected = None if text is None else split.parts(text)
        doubted = misfits is not None and bool(misfits[at])
        if text is None:
            assert not doubted
            assert set(parts) == {None}
        elif expected is None:
            assert doubted
        else:
            assert split.whole(expected) == text or doubted or parts == expected
            assert doubted or parts == expected


NUMBERS = st.sampled_from(
    ["0", "00", "000", "7", "07", "007", "0007", "-1", "-01", "-001", "+07", "0x7", "200", "-10",
     "99999999999999999999", "1e2", "", " 12", "9223372036854775807", "\u0660\u0660\u0660"]
)  # fmt: skip


@given(texts=st.lists(NUMBERS, min_size=1, max_size=6), digits=st.sampled_from([0, 2, 3]))
def test_the_vector_reader_of_integers_never_differs(texts: list[str], digits: int) -> None:
    vector = scalars.integers(pa.array(texts), digits).to_pylist()

    for text, found in zip(texts, vector, strict=True):
        assert found is None or found == scalars.integer(text, digits)


def test_a_status_keeps_its_zeros() -> None:
    assert scalars.integers(pa.array(["000", "099", "200", "1000"]), 3).to_pylist() == [
        *(0, 99, 200, 1000)
    ]
    assert scalars.integers(pa.array(["0", "0x7", "+07", "0000"]), 3).null_count == 4


TIMES = [
    "2025-02-15T22:31:02", "2025-02-15 22:31:02", "2025-02-15T22:31:02Z", "2025-02-15T22:31:02.5Z",
    "2025-02-15T22:31:02.1234567Z", "2025-02-29 22:31:02", "0000-01-01 00:00:00", "2025-02-15",
    "2025-02-15 24:00:00", "2025-02-15T22:31:60", "2025-02-15T22:31+00", "20250215T22:31:100",
]  # fmt: skip


@given(texts=st.lists(st.sampled_from(TIMES), min_size=1, max_size=4))
def test_the_vector_reader_of_times_never_differs(texts: list[str]) -> None:
    vector = scalars.times(pa.array(texts), "iso").cast(pa.int64()).to_pylist()

    for text, found in zip(texts, vector, strict=True):
        assert found is None or found == scalars.iso(text)


VPC = "version account-id interface-id srcaddr dstaddr srcport dstport"
HEADERS = [
    (VPC, "vpc_flow"),
    (f"{VPC} resource-id reject-reason", "vpc_flow"),
    (f"{VPC} tgw-id", "tgw_flow"),
    ("srcaddr dstaddr packets-lost-blackhole bytes", "tgw_flow"),
    ("#Fields: date time x-edge-location c-ip", "cloudfront"),
    ("#Fields: c-ip cs-method sc-status", "cloudfront"),
    ("#Fields: date time s-ip cs-method c-ip sc-status", ""),
    ("the bytes end", ""),
]


@pytest.mark.parametrize(("header", "name"), HEADERS)
def test_a_header_is_of_one_format(header: str, name: str) -> None:
    found = identify(header.encode() + b"\n", whole=True)

    assert (found.format.name if isinstance(found, Identified) else "") == name
