"""Values from spans: a kernel says what the plain reader says, or that it is not sure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks.generators import FORMATS as GENERATORS
from benchmarks.generators import Plan, deliver, uncompressed
from parsers import kernels, scalars
from parsers.contract import TIME, Block, Decoded, integer, real, text, time
from parsers.engines import span_lines
from parsers.engines.automata import automaton
from parsers.engines.delimited import Delimited
from parsers.engines.layouts import Field, field, names_of, planned, quoting_of
from parsers.engines.span_lines import Lines, SpanReader
from parsers.engines.splits import ENDPOINT, ENDPOINT_OR_ARN, REQUEST, Split
from parsers.framing import lines
from parsers.identify import Identified, identify
from parsers.reading import Reading
from tests.test_lines import LINE_FORMATS, block_of, outcome

pytestmark = pytest.mark.skipif(not kernels.AVAILABLE, reason="there are no kernels here")


@pytest.fixture(autouse=True)
def however_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels read blocks of any size."""
    monkeypatch.setattr(kernels, "LEAST", 0)


PIECES = [
    *("", "-", "+", ".", ":", "::", " ", "0", "1", "7", "00", "19", "25", "255", "256", "2024"),
    *("999999999999999999", "9223372036854775807", "e5", "0x", "T", "Z", "/", "[", "]", "Feb", "é"),
    *("ff", "FFFF", "fe80::", "::ffff:", "%eth0", "arn:", "GET", "\u0663", "\u2028"),
]
WHOLE = [
    *("2025-02-15T22:31:02", "2025-02-15T22:31:02Z", "2025-02-15T22:31:02.5Z"),
    "2024-02-29 00:00:00",
    *("2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T23:59:59.999999Z"),
    *("2025-02-15T22:31:02.1234567Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59.999999Z", "2025-13-01T00:00:00Z", "2025-02-15T24:00:00Z"),
    *("2025-02-15T22:31:60Z", "2025-02-15T22:31:02+00:00", "2025-02-15T22:31:02,5Z"),
    *("[06/Feb/2019:00:00:38 +0000]", "[31/Feb/2019:00:00:38 +0000]"),
    "[06/Feb/2019:00:00:38 +0100]",
    *("1735689600", "253402300799", "253402300800", "1735689600.5", "0.001", "-1", "-0", "-0.0"),
    *("123456789012345", "0.1234567890123", "12345678.1234567", "1e400", "4.9e-324", "000", "007"),
    *("192.0.2.1", "0.0.0.0", "255.255.255.255", "1.2.3.04", "1.2.3", "1.2.3.4.5", "::", "::1"),
    *("2001:db8::1", "2001:DB8:0:0:8:800:200c:417a", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"),
    *("1::3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2", ":1", "1:", "1:::2", "1::2::3", "12345::1"),
    *("::ffff:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:1:2", "fe80::1%eth0"),
    "1:2:3:4:5:6:7:",
    *("192.0.2.1:80", "2001:db8::1:443", "GET / HTTP/1.1", "- - - ", "GET  x", "a b", " "),
    "a b c d",
]  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(WHOLE) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    min_size=1,
    max_size=12,
)


def read(one: Field, texts: list[str]) -> tuple[dict[str, list[Any]], list[bool]]:
    """Lines of two tokens, the first of which is the text, in quotes."""
    content = "\n".join(f'"{text}" -' for text in texts).encode()
    quoting = quoting_of([one, field(text_column)], escapes=True)
    quoting = quoting._replace(allowed=np.array([True]))
    block = block_of(content, ())
    found = Lines(block, " ", quoting).divided(np.arange(len(block)), quoting, runs=False, room=2)
    assert found.widths.tolist() == [2] * len(texts)
    plan = planned([one, field(text_column)], names_of([one, field(text_column)]), 2)
    reader = SpanReader(Lines(block, " ", quoting), len(block))
    table = found.taken(np.arange(len(block)))
    reader.read(plan, table)
    columns = reader.columns(plan, table, np.arange(len(block)))
    values = {name: values_of(array) for name, array in columns.items()}
    return values, reader.doubtful.tolist()


text_column = text("rest", "What follows.")


def values_of(array: Any) -> list[Any]:
    values: list[Any] = (array.cast("int64") if array.type == TIME else array).to_pylist()
    return values


READERS: list[tuple[Field, Callable[[str], Any]]] = [
    (field(integer("v", "")), scalars.integer),
    (field(integer("v", "", digits=3)), lambda text: scalars.integer(text, 3)),
    (field(real("v", "")), scalars.real),
    *((field(time("v", "", each)), read) for each, read in scalars.TIME_SPELLINGS.items()),
]


@pytest.mark.parametrize(("declared", "plain"), READERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
@example(texts=WHOLE)
def test_a_value_is_what_the_plain_reader_reads(
    declared: Field, plain: Callable[[str], Any], texts: list[str]
) -> None:
    values, doubtful = read(declared, texts)

    for at, said in enumerate(texts):
        if not doubtful[at]:
            assert repr(values["v"][at]) == repr(plain(said))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
@example(texts=WHOLE)
def test_an_address_has_the_number_that_is_computed_elsewhere(texts: list[str]) -> None:
    values, _ = read(field(text("v", "", "ip")), texts)

    assert values["v"] == texts
    assert values["_v"] == [scalars.address_number(said) for said in texts]


@pytest.mark.parametrize("split", [ENDPOINT, ENDPOINT_OR_ARN, REQUEST])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
@example(texts=WHOLE)
def test_the_parts_of_a_field_are_those_of_its_split(split: Split, texts: list[str]) -> None:
    names = ("a", "b", "c") if split is not ENDPOINT else ("a", "b")
    values, doubtful = read(Field("v", tuple(text(name, "") for name in names), split), texts)

    for at, said in enumerate(texts):
        parts = split.parts(said)
        assert doubtful[at] == (parts is None)
        if parts is not None:
            assert tuple(values[name][at] if name in values else None for name in names) == parts


# -------------------------------------------------------------------------------- likeness
PATTERNS = sorted(
    {each.like for declared in LINE_FORMATS for each in declared.fields if each.like}
    | {declared.spread.like for declared in LINE_FORMATS if declared.spread}
    | {"a|b*c", "(?:ab|a)*b?", "x{2}y{0,2}z{3,}", "(?:a?b)+", r"\w\.[^a-c]"}
)
SAID = [
    *("app/web/1", "net/x/1", "h2", "-", "SigV4", "TLSv1.3", "a" * 10, "a" * 64, "a" * 255),
    "a" * 256,
    *("1.0", "Z1AB", "NOERROR", "aab", "xxyzzz", "abab", "w.d", "é", "_.é"),
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EX1",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS.map("".join) | st.sampled_from([*SAID, *WHOLE]), max_size=12))
@example(texts=[*SAID, *WHOLE])
def test_an_automaton_accepts_what_its_pattern_matches(pattern: str, texts: list[str]) -> None:
    octets = np.frombuffer("".join(texts).encode() or b" ", dtype=np.uint8)
    ends = np.cumsum([len(said.encode()) for said in texts]).astype(np.int32)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int32)[: len(texts)]
    doubtful = np.zeros(len(texts), dtype=bool)

    kernels.values.accepted(octets, starts, ends, *automaton(pattern), doubtful)

    for said, doubted in zip(texts, doubtful.tolist(), strict=True):
        matches = re.fullmatch(pattern, said, re.ASCII) is not None
        assert doubted == (not matches or not said.isascii())


@pytest.mark.parametrize("pattern", ["a{", "(a)", "a**", "[a", "(?=a)", "a)"])
def test_a_pattern_in_other_words_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="understood"):
        automaton(pattern)


# -------------------------------------------------------------------------------- borders and lines
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(octets=st.binary(max_size=300) | st.text('\n\r ab"', max_size=300).map(str.encode))
def test_lines_end_where_they_end_without_kernels(octets: bytes) -> None:
    found = kernels.borders.places(
        np.frombuffer(octets, dtype=np.uint8), lines.LF, lines.LF, lines.LF, lines.LOWEST
    )
    special = kernels.division.borders(
        np.frombuffer(octets, dtype=np.uint8), ord(" "), quotes=True, escapes=False
    )

    assert found.tolist() == [at for at, octet in enumerate(octets) if octet == lines.LF]
    assert special.tolist() == [
        at for at, octet in enumerate(octets) if octet <= 32 or octet == 34 or octet >= 128
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=8) | st.text(max_size=4).map(lambda said: said.encode()))
def test_what_is_utf8_is_what_python_decodes(octets: bytes) -> None:
    array = np.frombuffer(octets, dtype=np.uint8)
    try:
        octets.decode()
        decodes = True
    except UnicodeDecodeError:
        decodes = False

    assert kernels.division.is_utf8(array, 0, len(array)) == decodes


def test_lines_wider_than_their_sample_are_divided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_lines, "SAMPLED", 1)
    alb = next(declared for declared in LINE_FORMATS if declared.name == "alb")
    line = FIXTURE.read_bytes().splitlines()[10]
    short = b" ".join(line.split(b" ")[:4])
    content = b"\n".join([line] * 40 + [line + b" 1 - 2"] * 40 + [short] * 40 + [line + b" x"] * 3)
    block = block_of(content, ())

    assert outcome(alb.decode(block)) == outcome(alb.plain(block))
    assert plain_lines(alb, block, monkeypatch) == 43


FIXTURE = Path(__file__).parent.parent / "fixtures" / "alb" / "eras" / "access.log"


def test_kernels_read_what_is_worth_loading_them(monkeypatch: pytest.MonkeyPatch) -> None:
    block = block_of(b"a b\n", ())
    monkeypatch.delitem(sys.modules, "numba", raising=False)

    assert span_lines.takes(block)
    monkeypatch.setattr(kernels, "LEAST", len(block.data) + 1)
    assert not span_lines.takes(block)
    monkeypatch.setitem(sys.modules, "numba", sys)
    assert span_lines.takes(block)
    monkeypatch.setattr(kernels, "AVAILABLE", False)
    assert not span_lines.takes(block)


# -------------------------------------------------------------------------------- generated logs
def blocks(name: str, odd: float, folder: Path) -> list[tuple[Delimited, Block]]:
    plan = Plan(rows=1200, files=1, seed=11, odd=odd)
    paths = deliver(uncompressed(GENERATORS[name]), plan, folder)
    found: list[tuple[Delimited, Block]] = []
    for path in paths:
        content = path.read_bytes()
        identified = identify(content, whole=True, key=str(path))
        assert isinstance(identified, Identified)
        for declared, block in Reading(identified).blocks([content]):
            reader = getattr(declared, "lines", declared)
            assert isinstance(reader, Delimited)
            found.append((reader, block))
    return found


def plain_lines(declared: Delimited, block: Block, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many lines the plain reader gets to see."""
    seen: list[int] = []

    def plain(self: Delimited, block: Block) -> Decoded:
        seen.append(len(block))
        return original(self, block)

    original = Delimited.plain
    with monkeypatch.context() as patched:
        patched.setattr(Delimited, "plain", plain)
        declared.decode(block)
    return sum(seen)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        *(("vpc_flow", 0.0), ("vpc_flow_v5", 0.0), ("alb", 0.03), ("s3_access", 0.04)),
        *(("cloudfront", 0.06), ("nlb", 0.06), ("clb", 0.06)),
    ],
)
def test_few_lines_of_made_up_logs_are_read_one_by_one(
    name: str, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for odd in (0.0, 0.1):
        for declared, block in blocks(name, odd, tmp_path / str(odd)):
            assert outcome(declared.decode(block)) == outcome(declared.plain(block))
            most = share * len(block) if odd else 0
            assert plain_lines(declared, block, monkeypatch) <= most
