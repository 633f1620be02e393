"""Framings: every byte is accounted for, and a broken record costs itself and no neighbour."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parsers.contract import Framing, Reject
from parsers.errors import TornStream
from parsers.framing import FRAMINGS, json_belief, json_stream, windows
from parsers.json_scan import Extent, extent
from tests.noise import FREE, corrupted, events, is_subsequence, pieces, written

SMALL = 64  # bytes of a window in which every border of windows is met
WAYS = st.integers(0, 3)


class Framed(NamedTuple):
    """What a framing made of a stream."""

    texts: list[bytes]
    numbers: list[int]
    extents: list[tuple[int, int]]  # offset and length of each unit
    rejects: list[Reject]
    reject_bytes: int
    structure_bytes: int
    structure: int
    document: dict[str, str]
    damage: str


def framed(framing: Framing | str, chunks: Iterable[bytes], window: int = 0) -> Framed:
    """All units of a stream, in windows of `window` bytes (0: as shipped)."""
    frame = FRAMINGS[framing] if isinstance(framing, str) else framing
    found = Framed([], [], [], [], 0, 0, 0, {}, "")
    with pytest.MonkeyPatch.context() as patch:
        if window:
            patch.setattr(windows, "WINDOW", window)
        for units in frame(chunks):
            spans = zip(units.starts.tolist(), units.ends.tolist(), strict=True)
            found.texts.extend(units.data[low:high] for low, high in spans)
            found.numbers.extend(units.numbers.tolist())
            found.extents.extend(zip(units.offsets.tolist(), units.extents.tolist(), strict=True))
            found.rejects.extend(units.rejects)
            found = found._replace(
                reject_bytes=found.reject_bytes + units.reject_bytes,
                structure_bytes=found.structure_bytes + units.structure_bytes,
                structure=found.structure + units.structure,
                document=found.document | units.document,
                damage=units.damage or found.damage,
            )
    return found


def assert_accounted(content: bytes, found: Framed) -> None:
    """Units and rejects lie in the stream one after the other, numbered, and sums hold."""
    spans = sorted([*found.extents, *((each.offset, len(each.raw)) for each in found.rejects)])
    numbers = sorted([*found.numbers, *(each.record_no for each in found.rejects)])
    unit_bytes = sum(length for _, length in found.extents) + found.reject_bytes

    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number <= len(numbers) + found.structure for number in numbers)
    assert found.numbers == sorted(found.numbers)
    assert all(low + length <= after for (low, length), (after, _) in pairwise(spans))
    assert unit_bytes + found.structure_bytes == len(content)
    assert all(content.startswith(each.raw, each.offset) for each in found.rejects)


def structure(content: bytes, found: Framed) -> bytes:
    """The bytes of the stream that are of no unit, a NUL where a unit stood."""
    spans = sorted([*found.extents, *((each.offset, len(each.raw)) for each in found.rejects)])
    parts, position = [], 0
    for low, length in spans:
        parts.append(content[position:low])
        position = low + length
    return b"\x00".join([*parts, content[position:]])


# ---------------------------------------------------------------------------- lines
LINES = st.lists(
    st.sampled_from([b"", b"a", b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\x00", b"abc", b"\xff"]),
    max_size=20,
).map(b"".join)


def oracle_lines(content: bytes) -> list[bytes]:
    """What the lines of a file say, by another road."""
    body = content.removeprefix(b"\xef\xbb\xbf")
    found = body.split(b"\n")
    if not body or found[-1] == b"":
        found = found[:-1] if body or content == body else [b""]
    return [line[:-1] if line.endswith(b"\r") else line for line in found]


@given(LINES, st.sampled_from([1, 2, 7, 4096]), st.sampled_from([1, 3, SMALL, 0]))
def test_lines_in_any_pieces(content: bytes, chunk: int, window: int) -> None:
    found = framed("lines", pieces(content, chunk), window)

    assert_accounted(content, found)
    assert found.texts == oracle_lines(content)
    assert found == framed("lines", [content])


@given(LINES, st.sampled_from([1, 3, SMALL]))
def test_a_torn_stream_of_lines_ends_in_one_reject(content: bytes, window: int) -> None:
    found = framed("lines", torn(content), window)
    last = content.rpartition(b"\n")[2]

    assert_accounted(content, found)
    assert found.damage == "broken off"
    assert [each.raw for each in found.rejects] == ([last] if last else [])


def test_a_line_too_long_is_one_reject_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "LONGEST", 20)
    monkeypatch.setattr(windows, "SHOWN", 10)
    content = b"one\n" + b"x" * 100 + b"\nthree\n"

    found = framed("lines", [content], 8)

    assert found.texts == [b"one", b"three"]
    assert found.numbers == [1, 3]
    assert [(each.record_no, each.code, each.raw) for each in found.rejects] == [
        (2, "too-long", b"x" * 10)
    ]
    assert found.reject_bytes == 101
    assert found.structure_bytes == 0


def torn(content: bytes) -> Iterator[bytes]:
    yield content
    raise TornStream("broken off")


# ---------------------------------------------------------------------------- JSON that is whole
class Stream(NamedTuple):
    """A stream of documents, and what its units are."""

    content: bytes
    units: list[Any]
    document: dict[str, str]


BETWEEN = st.sampled_from([b"", b"\n", b"\r\n", b" ", b"\n\n"])
MARK = st.sampled_from([b"", b"\xef\xbb\xbf"])


@st.composite
def wrappers(draw: st.DrawFn, *, alone: bool = False) -> Stream:
    """Wrapper documents, bare arrays and single records, back to back."""
    parts: list[bytes] = []
    units: list[Any] = []
    document: dict[str, Any] = {}
    wrapped = 0
    for _ in range(1 if alone else draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(["wrapper", "array", "record", "twice"]))
        found = [draw(st.lists(events(), max_size=4)) for _ in range(2)]
        value: Any = found[0]
        if shape == "record":
            found = [[draw(events())], []]
            value = found[0][0]
        elif shape != "array":
            wrapped += 1
            value = {"before": draw(FREE), "Records": found[0], "after": draw(FREE)}
            prefix = "" if wrapped == 1 else f"/{wrapped}"
            document |= {f"{prefix}/before": value["before"], f"{prefix}/after": value["after"]}
        text = written(value, draw(WAYS))
        if shape == "twice":
            text = text[:-1] + b',"configurationItems":' + written(found[1], draw(WAYS)) + b"}"
        parts.append(text)
        units += found[0] + (found[1] if shape == "twice" else [])
    return Stream(draw(BETWEEN).join(parts), units, document)


def decoded(texts: list[bytes]) -> list[Any]:
    return [json.loads(text) for text in texts]


@given(wrappers(), MARK, st.sampled_from([1, 7, SMALL, 0]))
def test_records_of_whole_documents(stream: Stream, mark: bytes, window: int) -> None:
    content = mark + stream.content
    found = framed("records", [content], window)

    assert_accounted(content, found)
    assert decoded(found.texts) == stream.units
    assert {key: json.loads(text) for key, text in found.document.items()} == stream.document
    assert (found.rejects, found.damage) == ([], "")
    assert found == framed("records", pieces(content, 3), window)
    assert only_wrapping(structure(content, found))


@given(st.lists(FREE.filter(lambda value: isinstance(value, dict | list)), max_size=5), BETWEEN,
       WAYS, st.sampled_from([1, 7, SMALL, 0]))  # fmt: skip
def test_documents_back_to_back(values: list[Any], between: bytes, way: int, window: int) -> None:
    content = between.join(written(value, way) for value in values)
    found = framed("documents", [content], window)

    assert_accounted(content, found)
    assert decoded(found.texts) == values
    assert (found.rejects, found.damage) == ([], "")
    assert set(structure(content, found)) <= set(b"\x00 \r\n")


def test_a_border_inside_a_string_is_none() -> None:
    content = b'{"a":1},{"b":"}{"}'

    assert framed("documents", [content]).texts == [b'{"a":1}', b'{"b":"}{"}']


def only_wrapping(between_units: bytes) -> bool:
    """Whether these bytes are what wrappers are made of: an oracle that knows no framing.

    With a null for each unit, they must be JSON documents back to back.
    """
    text = between_units.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b" null ").decode()
    reader, position = json.JSONDecoder(), 0
    while text := text[position:].lstrip():
        _, position = reader.raw_decode(text)
    return True


# ---------------------------------------------------------------------------- JSON that is not
@st.composite
def one_bad(draw: st.DrawFn) -> tuple[bytes, list[dict[str, Any]], bytes]:
    """A document with one corrupted record: (content, the other records, the corrupted bytes)."""
    records = draw(st.lists(events(), min_size=1, max_size=5))
    bad = draw(st.integers(0, len(records) - 1))
    way = draw(WAYS)
    texts = [written(record, way) for record in records]
    texts[bad] = draw(corrupted(texts[bad]))
    opening, closing = draw(st.sampled_from([
        (b'{"Records":[', b"]}"), (b"[", b"]"), (b'{"x":1,"Records":[', b'],"y":{"z":[1]}}'),
    ]))  # fmt: skip
    comma = draw(st.sampled_from([b",", b", ", b",\n"]))
    others = [record for index, record in enumerate(records) if index != bad]
    return opening + comma.join(texts) + closing, others, texts[bad]


@given(one_bad(), st.sampled_from([7, SMALL, 4096, 0]))
def test_a_corrupted_record_costs_no_other(
    case: tuple[bytes, list[dict[str, Any]], bytes], window: int
) -> None:
    content, others, _ = case
    found = framed("records", [content], window)

    assert_accounted(content, found)
    assert is_subsequence([normal(record) for record in others], map(parsed, found.texts))


@given(st.lists(events(), min_size=1, max_size=4), st.data(), st.sampled_from([7, SMALL, 0]))
def test_a_corrupted_document_costs_no_other(
    records: list[dict[str, Any]], data: st.DataObject, window: int
) -> None:
    texts = [written(record, 0) for record in records]
    bad = data.draw(st.integers(0, len(records) - 1))
    texts[bad] = data.draw(corrupted(texts[bad]))
    others = [normal(record) for index, record in enumerate(records) if index != bad]
    content = data.draw(st.sampled_from([b"", b"\n"])).join(texts)

    for framing in ("documents", "records"):
        found = framed(framing, [content], window)

        assert_accounted(content, found)
        assert is_subsequence(others, map(parsed, found.texts))


@given(st.binary(max_size=60) | st.lists(st.sampled_from(
    [b'{"Records":[', b"{", b"}", b"[", b"]", b'"', b",", b":", b"1", b'{"a":1}', b"\\", b" "]
), max_size=30).map(b"".join), st.sampled_from([1, 7, 0]))  # fmt: skip
@example(b'{"Records":[]{"a":1}]}', 0)
def test_garbage_is_accounted_for(content: bytes, window: int) -> None:
    for framing in FRAMINGS:
        assert_accounted(content, framed(framing, [content], window))


@given(wrappers(alone=True), st.data(), st.sampled_from([7, SMALL, 0]))
def test_a_torn_document_keeps_what_came_before(
    stream: Stream, data: st.DataObject, window: int
) -> None:
    cut = data.draw(st.integers(0, len(stream.content) - 1))
    found = framed("records", torn(stream.content[:cut]), window)
    before = framed("records", [stream.content])
    whole = [text for text, (low, length) in zip(before.texts, before.extents, strict=True)
             if low + length < cut]  # fmt: skip

    assert_accounted(stream.content[:cut], found)
    assert found.texts[: len(whole)] == whole
    assert len(found.texts) <= len(whole) + 1
    assert found.damage == "broken off"


def normal(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def parsed(text: bytes) -> str:
    try:
        return normal(json.loads(text))
    except (ValueError, RecursionError):
        return ""


def test_comparison_of_sequences() -> None:
    assert is_subsequence(["a", "b"], ["a", "x", "b"])
    assert not is_subsequence(["b", "a"], ["a", "x", "b"])


# ---------------------------------------------------------------------------- what is too big
@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW", 1 << 10)
    monkeypatch.setattr(windows, "LONGEST", 16 << 10)
    monkeypatch.setattr(windows, "SHOWN", 100)


def record(number: int, **more: Any) -> bytes:
    return written({"eventVersion": "1.09", "eventID": str(number), **more}, 0)


@pytest.mark.usefixtures("small_bounds")
def test_a_record_of_many_windows_is_one_unit() -> None:
    big = record(2, list=[{"a": number} for number in range(1000)])
    content = b'{"Records":[' + b",".join([record(1), big, record(3)]) + b"]}"

    found = framed("records", [content])

    assert_accounted(content, found)
    assert found.texts == [record(1), big, record(3)]


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize(
    "inside",
    [{"text": "x" * 40_000}, {"list": [{"a": 1}] * 5_000}, {"deep": {"a": [[{}] * 9_000]}}],
    ids=["a string", "records of another kind", "brackets"],
)
def test_a_record_too_long_is_one_reject(inside: dict[str, Any]) -> None:
    big = record(2, **inside)
    others = [record(number) for number in range(3, 40)]
    content = b'{"Records":[' + b",".join([record(1), big, *others]) + b"]}"

    found = framed("records", [content])

    assert_accounted(content, found)
    assert found.texts == [record(1), *others]
    assert found.numbers == [1, *range(3, 40)]
    assert [(each.record_no, each.code, each.raw) for each in found.rejects] == [
        (2, "too-long", big[:100])
    ]
    assert abs(found.reject_bytes - len(big)) <= 1  # the comma after it went along


@pytest.mark.usefixtures("small_bounds")
def test_a_member_too_long_hides_no_records() -> None:
    content = (
        b'{"other":"' + b"x" * 40_000 + b'","Records":[' + record(1) + b"," + record(2) + b"]}"
    )

    found = framed("records", [content])

    assert_accounted(content, found)
    assert found.texts == [record(1), record(2)]
    assert [each.code for each in found.rejects] == ["too-long"]


@pytest.mark.usefixtures("small_bounds")
def test_a_stream_of_any_length_is_read_in_little_memory() -> None:
    one = b",".join(record(number) for number in range(100))

    def stream() -> Iterator[bytes]:
        yield b'{"Records":['
        for _ in range(1000):
            yield one + b","
        yield record(0) + b"]}"

    tracemalloc.start()
    count = sum(len(units) for units in FRAMINGS["records"](stream()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 100_001
    assert peak < 300_000  # bytes, of a stream of 4 MB


HOSTILE = {
    "brackets": b"[" * 200_000,
    "objects in objects": b'{"a":' * 50_000,
    "lists in objects": b'{"a":[' * 50_000,
    "an open string": b'{"Records":["' + b"a" * 300_000,
    "quotes": b'{"Records":[' + b'"' * 300_001,
    "half records": b'{"Records":[' + b'{"a":1,' * 50_000,
    "escapes": b'{"Records":["' + b"\\" * 300_001,
    "commas": b'{"Records":[' + b"," * 300_000,
    "keys": b"{" + b'"a":1,' * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_streams_are_given_up_without_much_ado(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "WINDOW", 64 << 10)
    content = HOSTILE[name]
    looked_at = Counter[str]()

    def counting(text: bytes, position: int, deepest: int = 0) -> Extent:
        found = extent(text, position, deepest)
        looked_at["bytes"] += found.reached - position
        return found

    monkeypatch.setattr(json_stream, "extent", counting)
    monkeypatch.setattr(json_belief, "extent", counting)

    for framing in ("records", "documents"):
        looked_at.clear()
        assert_accounted(content, framed(framing, [content]))
        assert looked_at["bytes"] < 60 * len(content)
