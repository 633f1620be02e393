"""Techniques of ATT&CK: the current id, its name, and the id it had before version 19."""

from __future__ import annotations

from functools import cache

from forensics.investigations import lists


@cache
def techniques() -> dict[str, tuple[str, str]]:
    """By id: its name, and its ids in version 18, '' where they are the same."""
    return {row[0]: (row[1], row[2]) for row in lists.get("attack").rows}


def named(technique: str) -> str:
    """A technique with its name, and its former id where it had another."""
    name, before = techniques().get(technique, ("", ""))
    return " ".join(filter(None, (technique, name, f"(v18: {before})" if before else "")))


def current(technique: str) -> set[str]:
    """The ids that an id stands for today: itself, and those that came of it."""
    return {technique} | {
        new for new, (_, before) in techniques().items() if technique in before.split()
    }
