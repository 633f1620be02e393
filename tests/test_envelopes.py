"""Envelopes of any kind and nesting: what they carry comes out, and every byte is accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.framing import FRAMINGS
from parsers.framing.envelopes import DEEPEST, Item, records_in
from tests.noise import FREE, TEXTS, corrupted, pieces

RECORD = {"eventVersion": "1.09", "eventName": "DeleteTrail"}

WRAPPINGS: dict[str, Callable[[Any], Any]] = {
    "sns": lambda held: {"TopicArn": "t", "Message": json.dumps(held)},
    "sns with words": lambda held: {
        "TopicArn": "t",
        "Message": "Look:\n" + json.dumps(held) + "\n",
    },
    "sqs": lambda held: {"ReceiptHandle": "r", "Body": json.dumps(held)},
    "eventbridge": lambda held: {"detail-type": "d", "detail": held},
    "looked up": lambda held: {"EventName": "x", "CloudTrailEvent": json.dumps(held)},
    "rule": lambda held: {"invokingEvent": json.dumps(held), "version": "1.0"},
    "function": lambda held: {"EventSource": "aws:sns", "Sns": held},
    "records": lambda held: {"Records": [held]},
    "text": json.dumps,
}


def account(content: bytes, size: int) -> list[Any]:
    """What the framing makes of a content in chunks; its sums must hold."""
    found: list[Any] = []
    counted = expected = 0
    for part in FRAMINGS["enveloped"](iter(pieces(content, size))):
        counted += int(part.extents.sum()) + part.reject_bytes + part.structure_bytes
        expected += len(part) + len(part.rejects)
        extra = part.context.column("context_extra").storage.to_pylist() if part.context else []
        texts = (part.data[a:b] for a, b in zip(part.starts, part.ends, strict=True))
        found += zip(part.numbers.tolist(), part.offsets.tolist(), texts, extra, strict=True)
        found += [(each.record_no, each.offset, each.code, each.raw) for each in part.rejects]
    assert counted == len(content)
    numbers = sorted(each[0] for each in found)
    assert numbers == list(range(1, expected + 1))
    return sorted(found, key=lambda each: each[0])


@given(st.lists(st.sampled_from(sorted(WRAPPINGS)), max_size=DEEPEST))
def test_any_nesting_opens(kinds: list[str]) -> None:
    held: Any = RECORD
    for kind in kinds:
        if isinstance(held, str) and "words" in kind:
            continue  # among words only an object can be told
        held = WRAPPINGS[kind](held)

    found = list(records_in(Item(json.dumps(held).encode())))

    assert [json.loads(item.text) for item in found] == [RECORD]


def test_nothing_is_opened_without_end() -> None:
    held: Any = RECORD
    for _ in range(DEEPEST + 1):
        held = WRAPPINGS["eventbridge"](held)

    (found,) = records_in(Item(json.dumps(held).encode()))

    assert json.loads(found.text) == WRAPPINGS["eventbridge"](RECORD)


def test_what_stands_beside_is_named_from_the_outermost_envelope() -> None:
    event = {"detail-type": "d", "account": "111122223333", "detail": RECORD}
    notice = {"TopicArn": "t", "a/b": [1], "Message": json.dumps(event)}

    (found,) = records_in(Item(json.dumps(notice).encode()))

    assert dict(found.beside) == {
        "/TopicArn": b'"t"',
        "/a~1b": b"[1]",
        "/Message/detail-type": b'"d"',
        "/Message/account": b'"111122223333"',
    }


def test_a_message_given_twice_is_two_records() -> None:
    twice = b'{"detail-type":"d","detail":{"eventName":"DeleteTrail"},"detail":{}}'

    assert [item.text for item in records_in(Item(twice))] == [
        b'{"eventName":"DeleteTrail"}',
        b"{}",
    ]


def test_members_of_a_notification_never_replace_those_of_its_item() -> None:
    item = {"resourceId": "i-1", "messageType": "mine"}
    notice = {"messageType": "theirs", "recordVersion": "1.3", "configurationItem": item}

    (found,) = records_in(Item(json.dumps(notice).encode()))

    assert json.loads(found.text) == {"recordVersion": "1.3", **item}
    assert dict(found.beside) == {"/messageType": b'"theirs"'}


@pytest.mark.parametrize("held", ["null", "[]", "5"])
def test_an_envelope_without_a_record_is_a_reject(held: str) -> None:
    content = f'{{"detail-type":"d","detail":{held}}}'.encode()

    assert account(content, 64) == [(1, 0, "empty-envelope", content)]


@st.composite
def envelopes(draw: st.DrawFn) -> bytes:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        held: Any = draw(FREE | st.just(RECORD))
        for kind in draw(st.lists(st.sampled_from(sorted(WRAPPINGS)), max_size=3)):
            held = WRAPPINGS[kind](held)
        if isinstance(held, dict) and draw(st.booleans()):
            held = {**held, draw(TEXTS): draw(FREE)}
        parts.append(json.dumps(held, ensure_ascii=draw(st.booleans())).encode("utf-8", "replace"))
    whole = draw(st.sampled_from([b"\n", b"", b" "])).join(parts)
    return draw(corrupted(whole)) if draw(st.booleans()) else whole


@given(envelopes(), st.integers(1, 64))
def test_every_byte_and_unit_is_accounted_for(content: bytes, size: int) -> None:
    assert account(content, size) == account(content, len(content))
