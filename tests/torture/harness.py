"""Runs an ingest of its own process group, and hurts it at a moment or at a point of its code."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forensics.evidence import Case
from forensics.evidence.sums import check_sums
from forensics.ingest import Options, ingest
from tests.ingest.conftest import flows, hashes, trail, write

ROOT = Path(__file__).parents[2]

# In the interpreter that is to be hurt: the first process that comes to the nth call of a function
# dies there, or removes a file and goes on. A flag file sees to it that this happens once. Little
# is held there until its hash is known: what is larger is read in two passes.
_HOOK = """
import importlib, os, sys

def _arm():
    role, module, name, count, act, flag = os.environ["TORTURE"].split("|")
    is_worker = "multiprocessing" in " ".join(sys.orig_argv)
    if not is_worker:
        importlib.import_module("forensics.ingest.run").MOST_HELD = 1 << 20
    if (role == "worker") != is_worker or os.path.exists(flag):
        return
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    function, left = getattr(owner, last), [int(count)]
    def hurting(*args, **named):
        left[0] -= 1
        if not left[0]:
            try:
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return function(*args, **named)
            if act == "kill":
                os.kill(os.getpid(), 9)
            os.unlink(act)
        return function(*args, **named)
    setattr(owner, last, hurting)

if "TORTURE" in os.environ:
    _arm()
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A call in the code: `role` is main or worker."""

    role: str
    module: str
    name: str
    count: int = 1


@dataclass(slots=True)
class Bench:
    """A dump, the case an undisturbed run makes of it, and a folder to work in."""

    folder: Path
    dump: Path
    expected: dict[str, str]

    def hurt(
        self,
        db: Path,
        *,
        jobs: int = 2,
        after: float | None = None,
        point: Point | None = None,
        act: str = "kill",
        limits: Callable[[], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Ingest into `db`; killed `after` seconds, or hurt at `point`, or under `limits`."""
        words = [sys.executable, "-m", "forensics", "ingest", str(self.dump), "--db", str(db)]
        process = subprocess.Popen(
            [*words, "--jobs", str(jobs)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self._environment(db, point, act),
            start_new_session=True,
            preexec_fn=limits,  # noqa: PLW1509 -- no threads here
        )
        try:
            _, said = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, said = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, "", said)

    def _environment(self, db: Path, point: Point | None, act: str) -> dict[str, str]:
        environment = {**os.environ, "PYTHONPATH": f"{self.folder / 'hook'}{os.pathsep}{ROOT}"}
        if point:
            flag = f"{db}.hurt"
            parts = (point.role, point.module, point.name, str(point.count), act, flag)
            environment["TORTURE"] = "|".join(parts)
        return environment

    def again(self, db: Path) -> None:
        """Run undisturbed on what is left; the case must be the one of an undisturbed run."""
        ingest([self.dump], db, Options(jobs=0))
        self.compare(db)

    def compare(self, db: Path) -> None:
        """The case holds what it would hold had nothing happened, and adds up."""
        found = hashes(db)
        assert {name for name in found if found[name] != self.expected[name]} == set()
        with Case.for_reading(db) as case:
            assert check_sums(case.connection) == []


def bench(folder: Path, rows: int) -> Bench:
    """Small and large sources, an archive, a torn file, what nobody knows, and what is ignored."""
    dump = folder / "dump"
    for part in range(12):
        write(dump / f"trail/{part:02d}.json.gz", trail(*range(part * 20, part * 20 + 20)))
    write(dump / "flow/big.log.gz", flows(rows))
    torn = write(dump / "flow/torn.log.gz", flows(3000, first=10**6))
    torn.write_bytes(torn.read_bytes()[:-1000])
    write(dump / "copy/00.json", trail(*range(20)), packed=False)
    write(dump / "notes.txt", b"call the customer\n", packed=False)
    write(dump / ".DS_Store", b"\0\0\0\1Bud1", packed=False)
    with tarfile.open(dump / "packed.tar.gz", "w:gz") as archive:
        for part in range(4):
            member = write(folder / f"member{part}", flows(500, first=2 * 10**6 + part * 500))
            archive.add(member, f"inside/{part}.log.gz")
    (folder / "hook").mkdir()
    (folder / "hook/sitecustomize.py").write_text(_HOOK)
    ingest([dump], folder / "undisturbed.duckdb", Options(jobs=0))
    return Bench(folder, dump, hashes(folder / "undisturbed.duckdb"))


def file_size(limit: int) -> Callable[[], None]:
    """No file may grow beyond `limit` bytes: a full disk, for the one who writes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def address_space(limit: int) -> Callable[[], None]:
    """No process may take more than `limit` bytes of addresses."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
