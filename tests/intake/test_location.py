"""A location is one line of text that stands for one place, and travels between processes."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from forensics.intake import Archive, Location, NotEvidence
from forensics.intake.location import TarMember, ZipMember, as_key, readable, utc

HERE = Location(
    path="/dump/a.zip!/b.tar!/c",
    container="zip > tar",
    key="c",
    stored_bytes=5,
    modified=datetime(2024, 5, 1, tzinfo=UTC),
    file=b"/dump/a.zip",
    steps=(ZipMember(0, 10, 20, 8, 30), TarMember(512, 5)),
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"2024/05/log.gz", "2024/05/log.gz"),
        ("Prüfung.log".encode(), "Prüfung.log"),
        (b"Pr\xfcfung.log", r"Pr\xfcfung.log"),
        (b"two\nlines\x1b[31m\x7f", r"two\x0alines\x1b[31m\x7f"),
        (rb"back\slash", r"back\slash"),
        (rb"Pr\xfcfung.log", r"Pr\x5cxfcfung.log"),
        (b"a.zip!/x", r"a.zip\x21/x"),
        (b"wow!", r"wow\x21"),
        (b"wow!.log", "wow!.log"),
        (b"nul\0", r"nul\x00"),
    ],
)
def test_odd_bytes_are_shown(name: bytes, shown: str) -> None:
    assert readable(name) == shown


@given(
    some.lists(some.binary(max_size=12) | some.sampled_from([b"\\x", b"!", b"/", b"\xff", b"a"]))
)
def test_different_names_are_shown_differently(parts: list[bytes]) -> None:
    name = b"".join(parts)
    back = bytearray()
    text = readable(name)
    while text:
        if text.startswith("\\x"):
            back.append(int(text[2:4], 16))
            text = text[4:]
        else:
            back += text[0].encode()
            text = text[1:]

    assert bytes(back) == name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (b"./AWSLogs/log.gz", "AWSLogs/log.gz"),
        (b"AWSLogs\\111122223333\\log.gz", "AWSLogs/111122223333/log.gz"),
        (b"../../etc/passwd", "../../etc/passwd"),
        (b"a\xff", r"a\xff"),
    ],
)
def test_keys_have_slashes_between_their_parts(name: bytes, key: str) -> None:
    assert as_key(name) == key


@pytest.mark.parametrize("item", [HERE, Archive(HERE), NotEvidence(HERE, "ignored", "because")])
def test_what_is_found_crosses_processes_whole(item: object) -> None:
    assert repr(pickle.loads(pickle.dumps(item))) == repr(item)
    assert pickle.loads(pickle.dumps(HERE)).steps == HERE.steps
    assert pickle.loads(pickle.dumps(HERE)).file == HERE.file


def test_locations_sort_and_count_by_path() -> None:
    first = Location("/a", "", "/a", 1, None, b"/a")
    second = Location("/b", "", "/b", 0, datetime(2024, 5, 1, tzinfo=UTC), b"/b")
    again = Location("/a", "zip", "other", 9, datetime(2024, 5, 1, tzinfo=UTC), b"/x")

    assert sorted([second, first]) == [first, second]
    assert {first, again} == {first}


@pytest.mark.parametrize("seconds", [1e300, float("nan"), float("inf"), -(10**30), 10**18])
def test_times_no_calendar_has_are_none(seconds: float) -> None:
    assert utc(seconds) is None
