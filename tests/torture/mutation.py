"""Breaks bytes the way an attacker or a bad disk would: seeded, so that every input comes again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from parsers.json_scan import extent
from tests.noise import ODD_TOKENS, ODD_VALUES

MOST = 4  # wounds of one input
HURTING = [
    *(b'"', b"'", b"\\", b"\\\\", b'\\"', b"\x00", b"\r", b"\n", b"\r\n", b"\n\n", b"\x1a"),
    *(b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"),
    *(b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\x1b[2J", b"\x85", b"\\ud800", b"\\udc00\\ud800"),
    *(b"\\u0000", b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 25, b"1" * 5000, b"0." + b"1" * 99),
    *(b"{", b"}", b"[", b"]", b"{}", b"[]", b",", b":", b"]}", b"},{", b'{"Records":[', b"null"),
    *(b"[" * 300, b"[" * 20_000, b'{"a":' * 300, b'{"a":' * 5_000, b"{" * 2_000, b"]" * 2_000),
    *(b'"' * 999, b"\\" * 999, b" " * 5_000, b"\t" * 999, b"\n" * 999, b"A" * 70_000, b'a"b ' * 99),
    *(b"%00", b"%s%n", b"../../etc/passwd", b"=1+1", b"'; DROP TABLE sources; --", b"${jndi:x}"),
    *(b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:60Z", b"2024-05-01T24:00:00+99:99", b"<!--"),
    *(b"-1", b"-", b'"-"', b"#", b"#Fields: a b", b"version ", b"1969-12-31", b"\xd9\xa3", b"\xff"),
]  # fmt: skip
_KEY = re.compile(rb'"(?:[^"\\]|\\.){0,60}"\s*:\s*')
_DIGITS = re.compile(rb"\d+")
_OCTETS = bytes(range(256))


class Mutator:
    """Wounds inputs; what is spliced in comes from `others`."""

    def __init__(self, chance: Random, others: Sequence[bytes]) -> None:
        self.chance = chance
        self.others = others

    def __call__(self, whole: bytes) -> bytes:
        """The bytes with one to MOST wounds."""
        for _ in range(self.chance.randint(1, MOST)):
            whole = self.chance.choice(_WOUNDS)(self, whole)
        return whole

    # ------------------------------------------------------------------ of bytes
    def _span(self, whole: bytes, longest: int = 200) -> tuple[int, int]:
        low = self.chance.randint(0, len(whole))
        return low, min(len(whole), low + self.chance.randint(1, longest))

    def flip(self, whole: bytes) -> bytes:
        at = self.chance.randint(0, len(whole))
        turned = bytes(octet ^ 1 << self.chance.randrange(8) for octet in whole[at : at + 1])
        return whole[:at] + turned + whole[at + 1 :]

    def overwrite(self, whole: bytes) -> bytes:
        low, high = self._span(whole, 8)
        return whole[:low] + bytes(self.chance.choices(_OCTETS, k=high - low)) + whole[high:]

    def drop(self, whole: bytes) -> bytes:
        low, high = self._span(whole)
        return whole[:low] + whole[high:]

    def double(self, whole: bytes) -> bytes:
        low, high = self._span(whole)
        return whole[:high] + whole[low:high] * self.chance.randint(1, 3) + whole[high:]

    def truncate(self, whole: bytes) -> bytes:
        at = self.chance.randint(0, len(whole))
        return whole[:at] if self.chance.random() < 0.8 else whole[at:]

    def splice(self, whole: bytes) -> bytes:
        other = self.chance.choice(self.others)
        low, high = self._span(other, 2_000)
        at = self.chance.randint(0, len(whole))
        return whole[:at] + other[low:high] + whole[at:]

    def insert(self, whole: bytes) -> bytes:
        at = self.chance.randint(0, len(whole))
        return whole[:at] + self.chance.choice(HURTING) + whole[at:]

    # ------------------------------------------------------------------ of lines, fields, members
    def line(self, whole: bytes) -> bytes:
        """Lines doubled, dropped, exchanged, or ended in another way."""
        lines = whole.splitlines(keepends=True) or [b""]
        one, other = (self.chance.randrange(len(lines)) for _ in range(2))
        kind = self.chance.randrange(5)
        if kind == 0:
            lines[one], lines[other] = lines[other], lines[one]
        elif kind == 1:
            lines.insert(one, lines[other])
        elif kind == 2:
            del lines[one]
        elif kind == 3:
            lines[one] = lines[one].rstrip(b"\n") + b"\r\n"
        else:
            return b"\r\n".join(whole.split(b"\n"))
        return b"".join(lines)

    def field(self, whole: bytes) -> bytes:
        """One field of a line as something odd."""
        mark = self.chance.choice([b" ", b"\t", b",", b"\n"])
        fields = whole.split(mark)
        at = self.chance.randrange(len(fields))
        odd = self.chance.choice(ODD_TOKENS)
        fields[at : at + 1] = self.chance.choice(
            [[odd], [odd, fields[at]], [], [fields[at]] * 2, [b'"' + fields[at] + b'"']]
        )
        return mark.join(fields)

    def number(self, whole: bytes) -> bytes:
        """One number as another: too large, negative, none."""
        found = list(_DIGITS.finditer(whole))
        if not found:
            return whole
        low, high = self.chance.choice(found).span()
        odd = self.chance.choice(
            [b"0", b"-1", b"99999999999", b"1e9", b"1.5", b"9" * 40, b"", b"x"]
        )
        return whole[:low] + odd + whole[high:]

    def member(self, whole: bytes) -> bytes:
        """One member of an object: another value, doubled, or beside one nobody knows."""
        found = list(_KEY.finditer(whole))
        if not found:
            return whole
        key = self.chance.choice(found)
        odd = self.chance.choice(ODD_VALUES)
        kind = self.chance.randrange(3)
        if kind == 0:
            return whole[: key.start()] + key[0] + odd + b"," + whole[key.start() :]
        if kind == 1:
            return whole[: key.start()] + b'"new/~":' + odd + b"," + whole[key.start() :]
        end = extent(whole, key.end()).end
        return whole[: key.end()] + odd + whole[end:] if end > 0 else whole


_WOUNDS: tuple[Callable[[Mutator, bytes], bytes], ...] = (
    *(Mutator.flip, Mutator.overwrite, Mutator.drop, Mutator.double, Mutator.truncate),
    *(Mutator.splice, Mutator.insert, Mutator.insert, Mutator.line, Mutator.field, Mutator.field),
    *(Mutator.number, Mutator.member, Mutator.member, Mutator.member),
)
