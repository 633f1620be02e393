"""Which format a source is, in which framing and layout, and why: by content, never by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parsers import json_text
from parsers.contract import Claim, Format, Layout, Misfit, Sample
from parsers.formats import BY_NAME, FORMATS
from parsers.framing import FRAMINGS

HEAD = 256 << 10  # bytes of a source that are looked at
UNITS = 64  # units of it that must fit


class Identified(NamedTuple):
    """A source that can be read: `framing` is a key of FRAMINGS."""

    format: Format
    framing: str
    layout: Layout
    reason: str
    asserted: bool = False


class Unrecognised(NamedTuple):
    """A source that no format claims, with the misfit that came closest."""

    reason: str


def identify(head: bytes, *, whole: bool, key: str = "") -> Identified | Unrecognised:
    """Recognise a source by its first bytes (up to HEAD); `whole` if these are all of them.

    Every format is asked in every framing. Two formats that claim the same source in the same
    framing make it unrecognised, naming both: the analyst settles it.
    """
    begins = json_text.shown(head[:60].strip())
    closest = Misfit(f"no format knows this content, which begins {begins!r}")
    for framing in framings_for(head):
        sample = sampled(head, framing, whole=whole, key=key)
        if not sample.units:
            continue
        claims: list[tuple[Format, Claim]] = []
        for declared in FORMATS:
            answer = declared.claim(sample)
            if isinstance(answer, Claim):
                claims.append((declared, answer))
            elif answer.likeness > closest.likeness:
                closest = Misfit(
                    f"closest is {declared.name}, but {answer.reason}", answer.likeness
                )
        if len(claims) == 1:
            declared, claim = claims[0]
            return Identified(declared, framing, claim.layout, claim.reason)
        if claims:
            names = " and ".join(declared.name for declared, _ in claims)
            return Unrecognised(f"{names} both claim it; settle it with --as")
    return Unrecognised(closest.reason)


def asserted(
    head: bytes, name: str, fields: Layout = (), *, whole: bool, key: str = ""
) -> Identified:
    """The format the analyst names, in the framing under which its units make most sense."""
    declared = BY_NAME[name]
    closest, likeness = next(iter(framings_for(head))), 0
    for framing in framings_for(head):
        answer = declared.claim(sampled(head, framing, whole=whole, key=key))
        if isinstance(answer, Claim):
            reason = f"asserted by the analyst; {answer.reason}"
            return Identified(declared, framing, fields or answer.layout, reason, asserted=True)
        if answer.likeness > likeness:
            closest, likeness = framing, answer.likeness
    layout = fields or getattr(declared, "default", ())
    return Identified(declared, closest, layout, "asserted by the analyst", asserted=True)


def framings_for(head: bytes) -> Sequence[str]:
    """The framings worth trying: only what begins like JSON can be JSON."""
    opening = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return list(FRAMINGS) if opening in (b"{", b"[", b'"') else ["lines"]


def sampled(head: bytes, framing: str, *, whole: bool, key: str) -> Sample:
    """The first units of a source under one framing; an unfinished last unit is left out."""
    texts: list[bytes] = []
    if framing == "lines" and not whole:
        head = head[: head.rfind(b"\n") + 1]
    for text in _units(head, framing):
        texts.append(text)
        if len(texts) == UNITS:
            break
    return Sample(tuple(texts), whole, key)


def _units(head: bytes, framing: str) -> Iterator[bytes]:
    for units in FRAMINGS[framing]([head]):
        for low, high in zip(units.starts.tolist(), units.ends.tolist(), strict=True):
            yield units.data[low:high]
