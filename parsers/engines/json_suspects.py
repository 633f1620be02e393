"""Which JSON units only the plain reader may judge: fast decoders would pass over their flaw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from parsers import json_text
from parsers.contract import Block
from parsers.engines.json_shapes import UNREADABLE
from parsers.engines.rows import Flaw


class Suspects:
    """Units with odd bytes, too deep, blank, or with one of the members `unique` twice."""

    def __init__(self, unique: Iterable[str]) -> None:
        self.unique = tuple(unique)
        self._tokens = [f'"{member}"'.encode() for member in self.unique]

    def among(self, block: Block, units: Sequence[bytes]) -> set[int]:
        """Their positions among these units of the block."""
        repeating = {index for index, unit in enumerate(units) if self.repeats(unit)}
        return repeating | self.odd(block, dict(enumerate(units)))

    def odd(self, block: Block, units: Mapping[int, bytes]) -> set[int]:
        """Which of these units of the block have odd bytes, are too deep, or blank."""
        odd: set[int] = set()
        if not json_text.is_utf8(block.data):
            odd |= {index for index, unit in units.items() if not json_text.is_utf8(unit)}
        limit = json_text.DEEPEST
        odd |= {
            index
            for index, unit in units.items()
            if not unit or (len(unit) > 2 * limit and not json_text.depth_within(unit))
        }
        return odd

    def repeats(self, unit: bytes) -> bool:
        """Whether a unique member may occur twice: named twice anywhere, or with escapes."""
        named = any(unit.count(token) > 1 for token in self._tokens)
        return (named or b"\\u00" in unit) and self.doubled(unit)

    def doubled(self, unit: bytes) -> bool:
        """Whether a unique member may occur twice."""
        try:
            once = json_text.raw_members(unit)
        except UNREADABLE:
            return True
        if json_text.is_compact(unit, [(key, bytes(value)) for key, value in once.items()]):
            return False
        counts = Counter(key for key, _ in json_text.members(unit) or ())
        return any(counts[key] > 1 for key in self.unique)

    def flaws(self, found: Sequence[tuple[str, bytes]]) -> Iterator[Flaw]:
        """The members that occur twice among those of a unit, with the values that do not count."""
        counts = Counter(key for key, _ in found)
        for key in self.unique:
            if counts[key] > 1:
                earlier = [value for name, value in found if name == key][:-1]
                detail = f"{counts[key]} times; the last stands in the row"
                yield key, "duplicate-member", detail, b"\n".join(earlier)
