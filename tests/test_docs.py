"""Documents that cannot drift: tables from registry and fixtures, commands from the program."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forensics import __version__
from forensics.cli import app
from parsers.formats import FORMATS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
FIXTURES = ROOT / "fixtures"
COMMANDS = sorted(
    command.name or (command.callback.__name__ if command.callback else "")
    for command in app.registered_commands
)


def shapes() -> dict[str, set[str]]:
    """Format → the framings that a fixture proves it in."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in FIXTURES.glob("*/*/expected.jsonl"):
        first = json.loads(path.read_text("utf-8").splitlines()[0])
        if first.get("framing"):
            found[path.parts[-3]].add(first["framing"])
    return found


def formats_table() -> str:
    """The README's table of formats and the shapes they are read in."""
    proven = shapes()
    lines = ["| table | what it is | read from |", "|---|---|---|"]
    for declared in FORMATS:
        listed = ", ".join(sorted(proven[declared.name]))
        lines.append(f"| `{declared.name}` | {declared.about} | {listed} |")
    return "\n".join(lines)


def section(text: str, name: str) -> re.Match[str]:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    assert found, f"README.md has no section {name}"
    return found


def test_the_table_of_formats_is_what_the_fixtures_prove(update: bool) -> None:
    text = README.read_text("utf-8")
    found = section(text, "formats")
    if update:
        text = text[: found.start(1)] + formats_table() + text[found.end(1) :]
        README.write_text(text, "utf-8")

    assert section(README.read_text("utf-8"), "formats").group(1) == formats_table()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_teaches_by_example(name: str) -> None:
    assert f"`{name}" in README.read_text("utf-8")

    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"})

    assert shown.exit_code == 0
    assert f"Example: awslogs-forensics {name}" in shown.output


@pytest.mark.parametrize("page", ["README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    missing = [
        target for target in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / target).exists()
    ]
    assert missing == []


def test_the_changelog_knows_the_version() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
