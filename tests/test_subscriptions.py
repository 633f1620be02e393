"""Envelopes of subscriptions: what the gears that take many of them at once take, and leave."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import kernels
from parsers.contract import PADDING
from parsers.framing import FRAMINGS
from parsers.framing.subscription_proof import PROVEN, Proof, Reader
from tests.test_cloudwatch import (
    SUBSCRIPTION,
    call,
    compact,
    envelope,
    envelopes,
    kernels_for_little,
    walked,
)
from tests.test_framing import assert_accounted, framed

__all__ = ("kernels_for_little",)  # a fixture that applies here, too


def escaped_anywhere() -> list[str]:
    """Texts with an escape, or two, at each place of the first blocks that a kernel looks at."""
    return [
        "x" * at + odd + "y" * 70 for odd in ('"', "\\n", "\n", '"\\"', "ü") for at in range(135)
    ]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_texts_are_whole_wherever_they_are_escaped(ascii_only: bool) -> None:
    texts = [*escaped_anywhere(), *("z" * at for at in range(135))]
    content = json.dumps(envelope(*texts), separators=(",", ":"), ensure_ascii=ascii_only).encode()

    assert framed(SUBSCRIPTION, [content]).texts == [text.encode() for text in texts]


def test_whatever_comes_before_envelopes_is_read_as_it_stands() -> None:
    content = b'{"a":1} \n' + compact(envelope("one", "two"))
    (units,) = FRAMINGS[SUBSCRIPTION]([content])

    assert framed(SUBSCRIPTION, [content]).texts == [b'{"a":1}', b"one", b"two"]
    assert {units.data[end : end + 1] for end in units.ends[:2].tolist()} == {b"\n"}


def grades(content: bytes) -> list[int]:
    """Of every document, how sure it is."""
    proof = Proof(content + PADDING, len(content), Reader())
    return [run.grade for run in proof.runs() for _ in range(run.first, run.last)]


@pytest.mark.skipif(not kernels.AVAILABLE, reason="there is no numba here")
def test_usual_envelopes_are_proven_and_unusual_ones_only_cost_themselves() -> None:
    """That a document is not proven is no loss, but it is read more slowly."""
    usual = compact(envelope('"quoted"', "\n\\", "ü", call(), "", group="/ü"))
    unusual = [
        usual.replace(b'"message"', b'"m\\u0065ssage"', 1),
        usual.replace(b"1704112496123", b"0704112496123"),
        usual.replace(b"1704112496123", b"17041124961234"),
        usual.replace(b'"timestamp":', b'"timestamp": '),
        usual.replace('"ü"'.encode(), b'"\xfc"'),
        usual.replace("/ü".encode(), b"/\xfc"),
        usual.replace(b"DATA", b"DATE"),
        usual.replace(b"web", b"w\\u0065b"),
        usual[:-1],
        usual[1:],
        usual + b"x",
        compact(envelope()),
    ]
    content = b" \n".join(each for odd in unusual for each in (usual, odd))

    assert grades(usual * 3) == [PROVEN] * 3
    assert grades(content + usual)[-1] == PROVEN
    assert grades(content).count(PROVEN) == len(unusual) - 2  # those before [1:] and after x


@pytest.mark.parametrize("available", [True, False])
@given(st.lists(st.tuples(envelopes(), st.integers(0, 400), st.integers(0, 400)), max_size=4))
def test_envelopes_cut_anywhere_are_read_by_every_gear_alike(
    available: bool, drawn: list[tuple[bytes, int, int]]
) -> None:
    usual = compact(envelope("before", 'b"ehind'))
    content = b"".join(
        usual + text[min(low, 40) if low % 3 == 0 else 0 : len(text) - (high if high % 2 else 0)]
        for text, low, high in drawn
    )
    with pytest.MonkeyPatch.context() as patch:
        slow = walked(content, patch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "AVAILABLE", available and kernels.AVAILABLE)
        found = framed(SUBSCRIPTION, [content])

    assert_accounted(content, found)
    assert found.texts == slow.texts
    assert [each[:3] for each in found.rejects] == [each[:3] for each in slow.rejects]


@pytest.mark.parametrize("available", [True, False])
def test_odd_envelopes_between_usual_ones_hold_no_bytes_but_their_own(available: bool) -> None:
    pair = compact(envelope("x" * 500)) + compact(envelope("y" * 500, novel=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "AVAILABLE", available and kernels.AVAILABLE)
        (units,) = FRAMINGS[SUBSCRIPTION]([pair * 50])

    assert len(units) == 100
    assert len(units.data) < 2 * len(pair) * 50


@pytest.mark.parametrize("gear", ["kernel", "quotes", "walked"])
@pytest.mark.parametrize("before", [b"\n", b" \r\n\t", b"\n" * 200])
def test_space_before_the_first_envelope_is_structure(
    gear: str, before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = before + compact(envelope("one", "two")) + b"\n" + compact(envelope("three"))
    if gear == "quotes":
        monkeypatch.setattr(kernels, "AVAILABLE", False)
    elif gear == "walked":
        content = content.replace(b'{"id"', b'{ "id"')

    found = framed(SUBSCRIPTION, [content])

    assert found.texts == [b"one", b"two", b"three"]
    assert_accounted(content, found)
    assert framed(SUBSCRIPTION, [before]).texts == []


@pytest.mark.parametrize("long", [{"novel": "y" * 2000}, {"subscriptionFilters": ["y" * 2000]}])
@pytest.mark.parametrize("gear", ["kernel", "quotes", "decoded", "walked"])
def test_what_is_long_is_said_by_the_first_message_of_its_envelope(
    gear: str, long: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many short messages would say it again: a small file would fill the memory."""
    odd = compact(envelope("one", "two", "three") | long)
    content = compact(envelope("before")) + odd + compact(envelope("a", "b") | {"novel": 1})
    if gear == "quotes":
        monkeypatch.setattr(kernels, "AVAILABLE", False)
    elif gear == "decoded":
        content = content.replace(b'"message"', b'"m\\u0065ssage"')
    elif gear == "walked":
        content = content.replace(b'{"id"', b'{ "id"')

    (units,) = FRAMINGS[SUBSCRIPTION]([content])

    assert units.context is not None
    extra = [each or "" for each in units.context.column("context_extra").storage.to_pylist()]
    assert ["y" * 2000 in each for each in extra] == [False, True, False, False, False, False]
    assert ["novel" in each for each in extra[4:]] == [True, True]
