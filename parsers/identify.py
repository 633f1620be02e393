"""Which format a source is, in which framing and layout, and why: by content, never by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from parsers import json_text
from parsers.claims import claims_of, suits
from parsers.contract import (
    NOTHING_ASSUMED,
    Assumed,
    Claim,
    Format,
    Layout,
    Misfit,
    Sample,
    Units,
)
from parsers.engines import columnar
from parsers.errors import TornStream
from parsers.formats import BY_NAME, FORMATS
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.framing import (
    EMPTY_ARRAYS,
    FRAMINGS,
    JOINED,
    MESSAGES,
    MIXED,
    MIXED_LINES,
    charsets,
    control,
    holds_messages,
    joined,
    named,
    openings,
    parquet,
)
from parsers.hints import hint_for
from parsers.routing import Router, decode, route_of

HEAD = 256 << 10  # bytes of a source that are looked at
MOST = 16 << 20  # the same where a first record is longer: what a caller should hand over
MOST_OF_TEXT = 2 << 20  # the same of a line, which may be no text at all
UNITS = 64  # units of it that must fit
OF_LINES = ("lines", "exported")


class Identified(NamedTuple):
    """A source that can be read: `framing` is a name of a framing.

    Where it holds messages that may each be of another format, `format` is `cloudwatch`.
    """

    format: Format
    framing: str
    layout: Layout
    reason: str
    asserted: bool = False
    assumed: Assumed = NOTHING_ASSUMED  # what the analyst says of times: zone, latest moment

    @property
    def routed(self) -> bool:
        """Whether every message goes to the format it is of: see parsers.routing."""
        return holds_messages(self.framing) and not self.asserted

    def assuming(self, assumed: Assumed) -> Identified:
        """The same with what its format, or any that a message may be of, asks for."""
        formats = FORMATS if self.routed else (self.format,)
        asked = frozenset[str]().union(*(declared.assumes for declared in formats))
        kept = {name: value for name, value in assumed._asdict().items() if name in asked}
        return self._replace(assumed=Assumed(**kept))

    @property
    def version(self) -> int:
        """Raised whenever the same bytes would give other rows."""
        formats = FORMATS if self.routed else (self.format,)
        return sum(declared.version for declared in formats)


class Unrecognised(NamedTuple):
    """A source that no format claims, with the misfit that came closest."""

    reason: str


Framed = dict[str, list[Units]]
"""Units of a whole source by the framings that were tried: none has to divide it again."""


class Look(NamedTuple):
    """What is looked at of a source, and what is known of it besides."""

    head: bytes
    whole: bool  # these are all its bytes
    key: str = ""
    assumed: Assumed = NOTHING_ASSUMED
    framed: Framed | None = None  # to be filled


class _Messages(NamedTuple):
    """A source that begins like one that holds messages, and whether any of them is known."""

    identified: Identified
    known: bool


def identify(
    head: bytes,
    *,
    whole: bool,
    key: str = "",
    end: bytes = b"",
    assumed: Assumed = NOTHING_ASSUMED,
    framed: Framed | None = None,
) -> Identified | Unrecognised:
    """Recognise a source by its first bytes (up to MOST); `whole` if these are all of them.

    Every format is asked in every framing. Two formats that claim the same source in the same
    framing make it unrecognised, naming both: the analyst settles it. Messages of CloudWatch Logs
    are recognised by their envelope; text, which may look like anything, by what is inside.

    HEAD bytes are looked at; more only where the first record does not end in them. `end` are the
    last bytes, if `head` is not all: a table says there what its columns are. `assumed` is what
    the analyst asserts of records; what is found keeps of it what its format asks for. Of a small
    source, `framed` is filled with what the framings made of it.
    """
    if parquet.begins_in(head):
        return _of_table(head if whole else end)
    if charset := charsets.charset_of(head):
        text = charsets.transcoded(head, charset)
        inner = identify(text, whole=whole, key=key, assumed=assumed)
        return _in_charset(charset, inner) if isinstance(inner, Identified) else inner
    found: Identified | Unrecognised = Unrecognised("no content")
    before: Look | None = None
    for look in _looks(Look(head, whole, key, assumed, framed)):
        if before is not None and not _within_first_record(before):
            break
        found, before = _recognised(look), look
        if isinstance(found, Identified):
            return found.assuming(assumed)
    return found


def _looks(look: Look) -> Iterator[Look]:
    """Ever more of the first bytes."""
    head = look.head
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[", b'"')
    most = MOST_OF_TEXT if text else MOST
    for size in (HEAD, 8 * HEAD, MOST):
        if size >= min(len(head), most):
            yield look._replace(head=head[:most], whole=look.whole and len(head) <= most)
            return
        yield look._replace(head=head[:size], whole=False)


def _of_table(end: bytes) -> Identified | Unrecognised:
    """The format that knows most columns of a table."""
    schema, flaw = parquet.footer_of(end)
    if schema is None:
        return Unrecognised(flaw)
    known = {declared: columnar.likeness(declared, schema) for declared in FORMATS}
    most = max(known.values())
    names = ", ".join(map(repr, schema.names[:8])) + (" …" if len(schema.names) > 8 else "")
    if not most:
        return Unrecognised(f"no format knows the columns of this Parquet file: {names}")
    best = [declared for declared, count in known.items() if count == most]
    if len(best) > 1:
        claimants = " and ".join(declared.name for declared in best)
        return Unrecognised(f"{claimants} both claim it; settle it with --as")
    reason = f"Parquet; {most} of its {len(schema.names)} columns are fields of this format"
    return Identified(best[0], parquet.NAME, tuple(schema.names), reason)


def _in_charset(charset: str, found: Identified) -> Identified:
    reason = f"{found.reason}; text in {charset.upper()}"
    return found._replace(framing=f"{charset}+{found.framing}", reason=reason)


def _within_first_record(look: Look) -> bool:
    """Whether no way of framing finds the end of a record in these bytes."""
    part = look._replace(whole=False, framed=None)
    return not any(sampled(part, framing).units for framing in framings_for(look.head))


def _recognised(look: Look) -> Identified | Unrecognised:
    if look.whole and (sentence := control.sentence_in(look.head)):
        return Identified(CLOUDWATCH, control.NAME, (), sentence.about)
    messages = _messages(look)
    if messages and (messages.known or messages.identified.framing in openings.DOCUMENTS):
        return messages.identified
    found = _by_format(look)
    if not isinstance(found, Misfit):
        return found
    if messages:
        return messages.identified
    several = _of_several(look)
    if several is None and look.whole:
        several = _of_none(look.head)
    return several or _of_lines(look, Unrecognised(found.reason))


def _by_format(look: Look) -> Identified | Unrecognised | Misfit:
    """The format that all of the first units are of, or the misfit that came closest."""
    begins = json_text.shown(look.head[:60].strip())
    closest = Misfit(f"no format knows this content, which begins {begins!r}")
    doubtful: dict[int, Identified] = {}
    for framing in framings_for(look.head):
        sample = sampled(look, framing)
        if not sample.units:
            continue
        claims, misfit = claims_of(framing, sample)
        closest = max(closest, misfit, key=lambda each: each.likeness)
        if len(claims) == 1:
            declared, claim = claims[0]
            found = Identified(declared, framing, claim.layout, claim.reason)
            if not claim.doubts:
                return found
            doubtful.setdefault(claim.doubts, found)
        elif claims:
            names = " and ".join(declared.name for declared, _ in claims)
            return Unrecognised(f"{names} both claim it; settle it with --as")
    return doubtful[min(doubtful)] if doubtful else closest


def _messages(look: Look) -> _Messages | None:
    """Read the first messages, if the source begins like one that holds some."""
    framing = openings.opening_of(look.head)
    if not framing:
        return None
    counts, named = _counted(framing, look)
    known = counts.total() > counts[CLOUDWATCH.name]
    if framing in openings.WEAK and not (known or named):
        return None
    reason = f"{openings.ABOUT[framing]}; the first messages: {_shown(counts)}"
    return _Messages(Identified(CLOUDWATCH, framing, (), reason), known)


def _of_several(look: Look) -> Identified | None:
    """Records of several formats, in envelopes or not, if most of the first are known."""
    if "enveloped" not in framings_for(look.head):
        return None
    counts, _ = _counted(MIXED, look)
    if 2 * counts[CLOUDWATCH.name] >= counts.total():
        return None
    return Identified(CLOUDWATCH, MIXED, (), f"records of several kinds: {_shown(counts)}")


def _of_lines(look: Look, otherwise: Unrecognised) -> Identified | Unrecognised:
    """Lines of several formats, or in several forms of one, if each of the first proves its own.

    Of some that do and some that do not, the first that does not is said.
    """
    sample = sampled(look, "lines")
    counts: Counter[str] = Counter()
    misfit = ""
    for number, unit in enumerate(sample.units, 1):
        if not unit.strip():
            continue
        route = route_of(unit, assumed=look.assumed)
        if route is not None and not route.opened:
            counts[route.format.name] += 1
        elif not misfit:
            misfit = f"line {number} is of none: {json_text.shown(unit[:80])!r}"
    if not counts or (misfit and len(counts) == 1):
        return otherwise
    if misfit:
        return Unrecognised(f"lines of {' and '.join(sorted(counts))}, but {misfit}")
    return Identified(CLOUDWATCH, MIXED_LINES, (), f"lines of several kinds: {_shown(counts)}")


def _of_none(head: bytes) -> Identified | None:
    """A document whose list of records is there, and empty."""
    names = {name for name, _ in json_text.members(head.strip()) or ()}
    for name, (framing, of_format) in EMPTY_ARRAYS.items():
        if name not in names:
            continue
        found = list(named(framing)([head]))
        if not any(len(units) or units.rejects or units.damage for units in found):
            return Identified(BY_NAME[of_format], framing, (), f"a document without any {name}")
    return None


def _counted(framing: str, look: Look) -> tuple[Counter[str], bool]:
    """How many of the first messages are of which format; whether their streams are known."""
    counts: Counter[str] = Counter()
    named = False
    for units in MESSAGES[framing](_pieces(look)):
        part = units.slice(0, UNITS - counts.total())
        named = named or _usual_streams(part)
        for declared, block in Router(look.assumed).blocks(part, 0):
            block.assumed = look.assumed
            for inner, decoded in decode(declared, block):
                counts[inner.name] += decoded.rows.num_rows
        if counts.total() >= UNITS:
            break
    return counts, named


def _shown(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count) or "none"


def _usual_streams(units: Units) -> bool:
    """Whether the streams of messages are called as AWS calls them."""
    names = units.context.column("log_stream").to_pylist() if units.context else []
    return bool(names) and all(name and ("/" in name or hint_for("", name)) for name in names)


def _pieces(look: Look) -> Iterator[bytes]:
    yield look.head
    if not look.whole:
        raise TornStream("the sample ends here")


def asserted(
    head: bytes,
    name: str,
    fields: Layout = (),
    *,
    whole: bool,
    key: str = "",
    end: bytes = b"",
    assumed: Assumed = NOTHING_ASSUMED,
) -> Identified:
    """The format the analyst names, in the framing under which its units make most sense."""
    if parquet.begins_in(head):
        schema, _ = parquet.footer_of(head if whole else end)
        layout = () if schema is None else tuple(schema.names)
        reason = "asserted by the analyst"
        return Identified(BY_NAME[name], parquet.NAME, layout, reason, asserted=True)
    if charset := charsets.charset_of(head):
        text = charsets.transcoded(head, charset)
        found = asserted(text, name, fields, whole=whole, key=key, assumed=assumed)
        return _in_charset(charset, found)
    looks = list(_looks(Look(head, whole, key, assumed)))
    enough = (look for look in looks if not _within_first_record(look))
    return _asserted(next(enough, looks[-1]), name, fields).assuming(assumed)


def _asserted(look: Look, name: str, fields: Layout) -> Identified:
    declared = BY_NAME[name]
    opening = openings.opening_of(look.head)
    framings = [*framings_for(look.head), *([opening] if opening else [])]
    closest, likeness = opening or (*declared.joined, framings[0])[0], 0
    claims: list[tuple[str, Claim]] = []
    for framing in framings:
        sample = sampled(look, framing)
        if not sample.units or not suits(declared, framing, sample):
            continue
        answer = declared.claim(sample)
        if isinstance(answer, Claim):
            claims.append((framing, answer))
        elif answer.likeness > likeness:
            closest, likeness = framing, answer.likeness
    if claims:
        framing, claim = min(claims, key=lambda found: found[1].doubts)
        reason = f"asserted by the analyst; {claim.reason}"
        return Identified(declared, framing, fields or claim.layout, reason, asserted=True)
    layout = fields or getattr(declared, "default", ())
    return Identified(declared, closest, layout, "asserted by the analyst", asserted=True)


def framings_for(head: bytes) -> Sequence[str]:
    """The framings worth trying: JSON begins like JSON, and a table does not."""
    opening = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    of_text = joined.begins_in(head)
    if opening not in (b"{", b"[", b'"'):
        return [*OF_LINES, *of_text]
    others = (*MESSAGES, *JOINED, parquet.NAME)
    known = (each for each in FRAMINGS if each not in others)
    return [*(each for each in known if opening == b'"' or each != "exported"), *of_text]


def sampled(look: Look, framing: str) -> Sample:
    """The first units of a source under one framing; an unfinished last unit is left out."""
    head = look.head
    if (framing in OF_LINES or framing in JOINED) and not look.whole:
        head = head[: head.rfind(b"\n") + 1]
    found: Iterable[Units] = named(framing)([head])
    if look.whole and look.framed is not None and len(head) <= HEAD:
        found = look.framed[framing] = list(found)
    texts = islice((units.text(at) for units in found for at in range(len(units))), UNITS)
    return Sample(tuple(texts), look.whole, look.key, look.assumed)
