"""The commands in the order in which a case is worked, under a heading each."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SECTIONS: dict[str, tuple[str, ...]] = {
    "Take evidence in": ("ingest", "identify", "formats"),
    "See what there is": ("info", "sources", "rejects", "defects", "coverage"),
    "Begin an investigation": ("hunt", "find", "who", "timeline", "when"),
    "Follow a trail": ("what", "around", "chain", "session", "asset", "show"),
    "Ask more": ("queries", "explain", "query", "stats", "sql"),
    "Prove the case": ("verify", "journal", "manifest", "stamp"),
    "Hand it over": ("seal", "unseal", "rekey"),
}
_ORDER = {name: at for at, name in enumerate(sum(SECTIONS.values(), ()))}


class Sections(TyperGroup):
    """A group whose help lists commands by section; those of no section come last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the sections."""
        return sorted(super().list_commands(ctx), key=lambda name: _ORDER.get(name, len(_ORDER)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a heading and its commands, section by section."""
        left = self.list_commands(ctx)
        for heading, names in {**SECTIONS, "More": tuple(left)}.items():
            shown = [name for name in left if name in names]
            left = [name for name in left if name not in shown]
            if shown:
                with formatter.section(heading):
                    formatter.write_dl([(name, self._about(name, formatter)) for name in shown])

    def _about(self, name: str, formatter: Any) -> str:
        return str(self.commands[name].get_short_help_str(formatter.width - 6 - 12))
