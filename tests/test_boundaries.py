"""The walls of the house: what a package may load, where a clock, chance and printing may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for package in ("parsers", "forensics") for p in (ROOT / package).rglob("*.py"))

CLOCK = "forensics/custody/clock.py"
WRITERS = ("forensics/cli", "forensics/output")  # a module or a package of that name
NOT_REPRODUCIBLE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "time.time_ns", "time.localtime",
    "uuid.uuid1", "uuid.uuid4", "os.urandom", "numpy.random",
}  # fmt: skip
NOT_REPRODUCIBLE_MODULES = {"random", "secrets"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr, aliases: dict[str, str] | None = None) -> str:
    """`datetime.now` for `datetime.now`, `datetime.datetime.now` and, with aliases, `dt.now`."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name | ast.Attribute):
        return ""
    owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
    return f"{(aliases or {}).get(owner, owner)}.{node.attr}"


def aliases_in(tree: ast.AST) -> dict[str, str]:
    """Local name -> the name it stands for, for every `import ... as ...`."""
    return {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }


def imported(node: ast.AST) -> Iterator[str]:
    """The modules and the `module.name` pairs that a statement brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unrepeatable(source: str) -> list[str]:
    """Uses of a clock or of chance, as `line: what`, calls and imports alike."""
    found = set()
    tree = ast.parse(source)
    aliases = aliases_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node, aliases) in NOT_REPRODUCIBLE:
            found.add((node.lineno, dotted(node, aliases)))
        for module in imported(node):
            if module in NOT_REPRODUCIBLE or module.split(".")[0] in NOT_REPRODUCIBLE_MODULES:
                found.add((node.lineno, module))  # type: ignore[attr-defined]
    return [f"{line}: {what}" for line, what in sorted(found)]


def printing(source: str) -> list[str]:
    """Uses of `print` and of the standard streams, as `line: what`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id == "print":
            found.add((node.lineno, "print"))
        if isinstance(node, ast.Attribute) and dotted(node) in ("sys.stdout", "sys.__stdout__"):
            found.add((node.lineno, dotted(node)))
    return [f"{line}: {what}" for line, what in sorted(found)]


def may_write(path: str) -> bool:
    return any(path == f"{writer}.py" or path.startswith(f"{writer}/") for writer in WRITERS)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_clock_and_no_chance_outside_the_clock(path: Path) -> None:
    allowed = name(path) == CLOCK

    assert allowed or unrepeatable(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_command_line_and_output_print(path: Path) -> None:
    assert may_write(name(path)) or printing(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from datetime import datetime\nx = datetime.now(UTC)", ["2: datetime.now"]),
        ("import datetime\nx = datetime.datetime.now()", ["2: datetime.now"]),
        ("clock = datetime.now", ["1: datetime.now"]),
        ("import time\ntime.time()", ["2: time.time"]),
        ("from time import time", ["1: time.time"]),
        ("from uuid import uuid4", ["1: uuid.uuid4"]),
        ("import uuid\nuuid.uuid4()", ["2: uuid.uuid4"]),
        ("import random", ["1: random"]),
        ("import numpy as np\nnp.random.default_rng()", ["2: numpy.random"]),
        ("from datetime import datetime as dt\ndt.now()", ["2: datetime.now"]),
        ("import time as t\nt.time()", ["2: time.time"]),
        ("import time\ntime.monotonic()", []),
        ('"""datetime.now() is forbidden."""', []),
    ],
)
def test_the_scan_for_clocks_sees(source: str, found: list[str]) -> None:
    assert unrepeatable(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("print(1)", ["1: print"]),
        ("list(map(print, x))", ["1: print"]),
        ("import sys\nsys.stdout.write(x)", ["2: sys.stdout"]),
        ("fingerprint(x)", []),
        ("import sys\nsys.stderr.write(x)", []),
    ],
)
def test_the_scan_for_printing_sees(source: str, found: list[str]) -> None:
    assert printing(source) == found


def test_the_scans_read_both_packages() -> None:
    read = {name(path) for path in SOURCES}

    assert {"parsers/__init__.py", "forensics/__init__.py", "forensics/cli/app.py"} <= read


def loaded_by(statement: str) -> set[str]:
    """The modules in memory after `statement` ran in a fresh interpreter."""
    program = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{statement}\nprint(*sys.modules)"
    command = [sys.executable, "-I", "-c", program]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_parsers_load_no_case() -> None:
    loaded = loaded_by(
        "import parsers, pkgutil\nfor m in pkgutil.walk_packages(parsers.__path__, 'parsers.'):"
        " __import__(m.name)"
    )

    assert not loaded & {"duckdb", "typer", "forensics", "tqdm", "cryptography"}
    assert "parsers" in loaded


def test_forensics_itself_loads_nothing() -> None:
    loaded = loaded_by("import forensics")

    assert not loaded & {"duckdb", "typer", "pyarrow", "msgspec", "numpy", "parsers"}


def test_help_loads_no_database() -> None:
    loaded = loaded_by("import forensics.cli")

    assert not loaded & {"duckdb", "pyarrow", "numpy", "cryptography"}
