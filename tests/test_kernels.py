"""Kernels: what they take, other readers take alike; what they cannot take, they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import json_text, kernels, scalars
from parsers.contract import Block, padded, struct, structs, text, texts
from parsers.contract import json as free
from parsers.engines.json_derived import derived
from parsers.engines.json_kernel import KernelRoad, Room
from parsers.kernels import kept
from tests.noise import FREE, HURTFUL_TEXT, TEXTS, corrupted, written

pytestmark = pytest.mark.skipif(not kernels.AVAILABLE, reason="there is no numba here")

VALUES = st.builds(written, FREE, st.integers(0, 3))
BROKEN = VALUES.flatmap(corrupted)


def divided(content: bytes) -> list[bytes] | int:
    """The values that fill some bytes, a comma between them; REFUSED where something else does."""
    values, octets, found = kernels.json_values, padded(content), list[bytes]()
    brackets = np.empty(values.DEEPEST, dtype=np.uint8)
    at = -1
    while at < len(content):
        low = values.skip_space(octets, at + 1)
        high = values.value_end(octets, low, brackets, 0)
        if high < 0:
            return int(high)
        found.append(content[low:high])
        at = values.skip_space(octets, high)
        if at < len(content) and octets[at] != values.COMMA:
            return int(values.REFUSED)
    return found


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_elements_are_found_where_they_stand(values: list[bytes]) -> None:
    found = divided(b" ,\n".join(values))

    if not isinstance(found, int):
        assert found == [value.strip() for value in values]
    else:  # surrogates alone, and exponents, are for others to judge
        assert b"\\ud" in b"".join(values).lower() or b"e" in b"".join(values).lower()


@given(st.lists(BROKEN | VALUES, min_size=1, max_size=4).map(b",".join))
def test_what_is_taken_is_json_for_every_decoder(content: bytes) -> None:
    found = divided(content)

    if not isinstance(found, int) and json_text.is_utf8(content):
        array = b"[" + content + b"]"
        assert [bytes(each) for each in msgspec.json.decode(array, type=list[msgspec.Raw])] == found
        assert len(json.loads(array)) == len(found)


@pytest.mark.parametrize(
    "odd",
    [b"", b"1,", b",1", b"[1,]", b'{"a":1,}', b'{"a"}', b'{"a" 1}', b"{1:2}", b"01", b"-", b"1.",
     b".5", b"1e5", b"tru", b"nul", b"NaN", b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\x"', b'"a\nb"',
     b'"\\u12g4"', b'"', b'"\\', b'"\\u', b"[", b"]", b"{]", b"[}", b"1 2",
     b"[" * 101 + b"]" * 101],
)  # fmt: skip
def test_what_is_no_json_is_refused(odd: bytes) -> None:
    assert divided(odd) == kernels.json_values.REFUSED


# ---------------------------------------------------------------------------- objects
COLUMNS = (
    text("name", ""),
    free("free", ""),
    struct("inside", "", text("name", ""), texts("list", "")),
    structs("rows", "", text("name", ""), structs("rows", "", text("name", ""))),
)
NAMES = st.sampled_from(["name", "free", "inside", "rows", "list", "nam", "names", "other", ""])
OBJECTS = st.recursive(
    st.none() | TEXTS | st.integers(-5, 5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def json_bytes(value: Any) -> bytes:
    return written(value, 0)


UNITS = st.lists(
    st.builds(written, st.dictionaries(NAMES, OBJECTS, max_size=5), st.integers(0, 3))
    | st.sampled_from([b"", b" ", b"{", b"}", b"{}", b"[]", b'{"name":"a"', b'{"name":"a"}}',
                       b'{"name":"a","name":"b"}', b'{"n\\u0061me":"a"}', b'{"name":"a"} x'])
    | st.dictionaries(NAMES, OBJECTS, min_size=1).map(json_bytes).flatmap(corrupted),
    min_size=1,
    max_size=6,
)  # fmt: skip


def block_of(units: list[bytes], between: bytes) -> Block:
    lengths = np.array([len(unit) for unit in units], dtype=np.int64)
    ends = np.cumsum(lengths + len(between)) - len(between)
    numbers = np.arange(len(units))
    return Block(between.join(units), ends - lengths, ends, ends, numbers, numbers)


def shown(unit: bytes) -> dict[str, Any]:
    """A unit of COLUMNS, as the columns and `extra` show it."""
    found = json.loads(unit)
    members = {
        key: bytes(v) for key, v in msgspec.json.decode(unit, type=dict[str, msgspec.Raw]).items()
    }
    inside = found.get("inside") or {}
    kept = (
        msgspec.json.decode(members.get("inside", b"{}"), type=dict[str, msgspec.Raw] | None) or {}
    )
    extra = {
        f"/{key}": value
        for key, value in members.items()
        if key not in dict.fromkeys(("name", "free", "inside", "rows"))
    }
    extra |= {f"/inside/{key}": bytes(v) for key, v in kept.items() if key not in ("name", "list")}
    free_form = members.get("free")
    return {
        "name": found.get("name"),
        "free": None if free_form in (None, b"null") else free_form.decode(),
        "inside": None
        if found.get("inside") is None
        else {"name": inside.get("name"), "list": inside.get("list")},
        "rows": None
        if found.get("rows") is None
        else [
            {
                "name": row.get("name"),
                "rows": None
                if row.get("rows") is None
                else [{"name": each.get("name")} for each in row["rows"]],
            }
            for row in found["rows"]
        ],
        "extra": json_text.pointers(extra),
    }


@given(UNITS, st.sampled_from([b"", b"\n", b",", b"x"]), st.sampled_from([1e-6, 1 / 3]))
def test_units_that_are_taken_hold_what_they_say(
    units: list[bytes], between: bytes, room: float
) -> None:
    road = KernelRoad(COLUMNS)
    road.room = Room(room, room)
    taken = road.read(block_of(units, between))

    said = [
        dict(zip(taken.arrays, row, strict=True))
        for row in zip(*(array.to_pylist() for array in taken.arrays.values()), strict=True)
    ]
    assert said == [shown(units[index]) for index in taken.indices]
    assert not taken.doubtful.any()


def test_most_units_are_taken() -> None:
    units = [
        b'{"name":"a\\n\\u00e9\\ud83d\\ude00","free":{"x":[1,{"y":null}]},"inside":{"name":"","list":["b","\\""]}}',
        b'{"rows":[{"rows":[{"name":"c"},{}],"name":"d"},{"rows":[]}],"other":[1.5,true],"name":null}',
        b"{}",
    ]

    taken = KernelRoad(COLUMNS).read(block_of(units, b"\n"))

    assert taken.indices.tolist() == [0, 1, 2]
    assert taken.arrays["name"].to_pylist() == ["a\né😀", None, None]
    assert taken.arrays["inside"][0].as_py() == {"name": "", "list": ["b", '"']}
    assert taken.arrays["rows"][1].as_py() == [
        {"name": "d", "rows": [{"name": "c"}, {"name": None}]},
        {"name": None, "rows": []},
    ]
    assert taken.arrays["extra"].to_pylist() == [None, '{"/other":[1.5,true]}', None]


@given(st.lists(HURTFUL_TEXT | TEXTS, min_size=1, max_size=4))
def test_texts_are_what_json_says(said: list[str]) -> None:
    column = text("name", "")
    for way in (0, 3):
        units = [written({"name": each}, way) for each in said]
        sound = [json_text.is_utf8(unit) for unit in units]
        taken = KernelRoad([column]).read(block_of(units, b"\n"))

        assert taken.arrays["name"].to_pylist() == [said[index] for index in taken.indices]
        assert set(taken.indices) <= set(np.flatnonzero(sound))


# ---------------------------------------------------------------------------- derived columns
@given(st.lists(st.dictionaries(NAMES, OBJECTS, max_size=4), min_size=1, max_size=5))
def test_members_of_free_form_parts_are_the_same_by_any_road(found: list[dict[str, Any]]) -> None:
    (name,) = derived("free", "name", COLUMNS, (text("_name", ""), lambda members: members["name"]))
    units = [written({"free": each}, 0) for each in found]
    arrays = KernelRoad([free("free", "")]).read(block_of(units, b"\n")).arrays
    said = []
    for available in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "AVAILABLE", available)
            said.append(name.compute(arrays).to_pylist())

    assert said[0] == said[1]
    for each, got in zip(found, said[0], strict=False):
        if isinstance(each.get("name"), str) and len(arrays["free"]) == len(found):
            assert got == each["name"]


# ---------------------------------------------------------------------------- times
def test_kernels_and_scalars_know_the_same_years() -> None:
    """Each says so itself: what kernels are compiled to is kept by their own sources alone."""
    assert kernels.times.EARLIEST == scalars.EARLIEST
    assert kernels.times.LATEST == scalars.LATEST


# ---------------------------------------------------------------------------- addresses
IPV4 = st.ip_addresses(v=4).map(str)
IPV6 = st.ip_addresses(v=6).flatmap(lambda each: st.sampled_from([str(each), each.exploded]))
ADDRESSES = IPV4 | IPV6 | st.sampled_from(
    ["", "::", "::1", "[2001:db8::1]", "fe80::1%eth0", "fe80::1%\u00e9", "::ffff:192.0.2.1",
     "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "cloudtrail.amazonaws.com", "2001:db8::1::2",
     "12345::1", "1:2:3:4:5:6:7:8:9", ":1", "1:", "g::1", "AWS Internal", "\u0661.2.3.4"]
)  # fmt: skip


@given(st.lists(ADDRESSES, max_size=8))
def test_addresses_have_the_same_number_by_any_road(said: list[str]) -> None:
    texts = pa.array(said, pa.string())
    expected = [scalars.address_number(each) for each in said]

    assert kernels.addresses.of_texts(texts).to_pylist() == expected
    assert scalars.address_numbers(texts).to_pylist() == expected


# ---------------------------------------------------------------------------- memory
@pytest.mark.parametrize(("place", "low", "count"), [(-1, 0, 1), (0, -1, 1), (9, 0, 2), (0, 9, 2)])
def test_no_byte_is_copied_from_or_to_elsewhere(place: int, low: int, count: int) -> None:
    compiled = kernels.compiled.compiled(_copy)
    with pytest.raises(IndexError):
        compiled(np.zeros(10, dtype=np.uint8), place, np.zeros(10, dtype=np.uint8), low, count)


def _copy(target: Any, place: int, source: Any, low: int, count: int) -> None:
    kernels_memory_copy(target, place, source, low, count)


if kernels.AVAILABLE:
    kernels_memory_copy = kernels.memory.copy


# ---------------------------------------------------------------------------- what is kept
@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No folder is named, and the user's cache is an empty one."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept.folder.cache_clear()
    yield tmp_path
    kept.folder.cache_clear()


def package(where: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (where / "kernels").mkdir()
    (where / "kernels" / "one.py").write_text("1")
    monkeypatch.setattr(kept, "_HERE", str(where / "kernels"))
    return where / "kernels"


def again() -> Path:
    kept.folder.cache_clear()
    return Path(kept.folder())


def test_code_is_kept_beside_its_sources_and_by_them(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = package(places, monkeypatch)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "0")
    first = again()
    assert first.parent == here / "__pycache__"
    assert kept.is_empty()
    (first / "code.nbc").write_bytes(b"1")
    assert not kept.is_empty()

    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert again().name == f"{first.name}-checked"
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "0")
    (here / "one.py").write_text("2")
    assert again().name != first.name


def test_code_is_kept_in_the_users_cache_where_the_package_is_not_to_be_written(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = package(places, monkeypatch)
    (here / "__pycache__").write_text("a file in place of a folder: nobody writes there")

    assert again().parent == places / "cache" / "awslogs-forensics"


def test_nothing_is_kept_where_nothing_can_be(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = package(places, monkeypatch)
    (here / "__pycache__").write_text("")
    (places / "cache").write_text("")
    kept.folder.cache_clear()

    assert kept.folder() == ""
    assert kept.is_empty()
    assert kernels.compiled.compiled(abs_of)(-3) == 3


def abs_of(number: int) -> int:
    return number if number > 0 else -number
