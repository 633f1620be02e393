"""Chance with a seed: columns drawn from pools and alphabets, the same every time."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from benchmarks.generators.columns import Column, Mask, Numbers, fixed, join, pool, whole, written
from benchmarks.generators.columns import constant as const

HEX = "0123456789abcdef"
HEX_UPPER = HEX.upper()
ALPHANUMERIC = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"
BASE64 = ALPHANUMERIC + "+/"

DOCUMENTATION_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")


class Noise:
    """Draws columns of `count` lines. Equal seeds, counts and order of calls: equal columns."""

    def __init__(self, seed: Sequence[int], count: int) -> None:
        self.count = count
        self._chance = np.random.default_rng(seed)

    def of(self, count: int) -> Noise:
        """The same chance drawn for another number of lines."""
        other = Noise.__new__(Noise)
        other.count, other._chance = count, self._chance
        return other

    def below(self, limit: int) -> Numbers:
        """Whole numbers from 0 up to, not including, `limit`, all equally likely."""
        return self._chance.integers(0, limit, self.count)

    def between(self, low: int, high: int) -> Numbers:
        """Whole numbers from `low` up to, not including, `high`, all equally likely."""
        return self._chance.integers(low, high, self.count)

    def skewed(self, limit: int) -> Numbers:
        """Whole numbers below `limit`, small ones far more often, as in anything people use."""
        return (limit * self._chance.random(self.count) ** 3).astype(np.int64)

    def sizes(self, typical: int, spread: float = 1.2) -> Numbers:
        """Sizes or durations: most near `typical`, a few a hundred times that."""
        drawn = self._chance.lognormal(np.log(typical), spread, self.count)
        return np.clip(drawn, 1, 5e9).astype(np.int64)

    def chosen(self, share: float) -> Mask:
        """A mask in which exactly that share of the lines (rounded) is set."""
        mask = np.zeros(self.count, dtype=np.bool_)
        mask[: round(share * self.count)] = True
        return self._chance.permutation(mask)

    def kinds(self, weights: Sequence[float]) -> Numbers:
        """For each line the place of one of the weights."""
        edges = np.cumsum(weights) / sum(weights)
        return np.searchsorted(edges[:-1], self._chance.random(self.count), side="right")

    def pick(self, values: Sequence[str | bytes]) -> Column:
        """One of the values on each line, the first ones most often."""
        return pool(values).take(pa.array(self.skewed(len(values))))

    def same(self, value: str) -> Column:
        """The value on each line."""
        return pool([value]).take(np.zeros(self.count, np.int32))

    def word(self, width: int, alphabet: str = HEX) -> Column:
        """A word of that many characters of the alphabet."""
        letters = np.frombuffer(alphabet.encode(), dtype=np.uint8)
        return fixed(letters[self._chance.integers(0, len(letters), (self.count, width), np.uint8)])

    def guid(self) -> Column:
        """A random GUID of version 4."""
        letters = np.frombuffer(HEX.encode(), dtype=np.uint8)
        text = letters[self._chance.integers(0, 16, (self.count, 36), np.uint8)]
        text[:, [8, 13, 18, 23]] = ord("-")
        text[:, 14] = ord("4")
        return fixed(text)

    def outside_address(self) -> Column:
        """An IPv4 address of the networks reserved for documentation."""
        places = self.skewed(256 * len(DOCUMENTATION_NETWORKS))
        return written(places, lambda n: f"{DOCUMENTATION_NETWORKS[n // 256]}{n % 256}")

    def inside_address(self) -> Column:
        """A private IPv4 address, one of four thousand."""
        return written(self.skewed(4096), lambda n: f"10.0.{n // 256}.{n % 256}")

    def address6(self) -> Column:
        """An IPv6 address of the network reserved for documentation, two groups shortened."""
        groups = [self.word(4) for _ in range(3)]
        return join(const("2001:db8"), groups[0], groups[1], const(""), groups[2], between=":")

    def port(self) -> Column:
        """A port that a client was given."""
        return whole(self.between(1024, 65536))
