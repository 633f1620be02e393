"""Sealed hand-over: what comes out is what went in, or nothing comes out."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from pyrage import passphrase, x25519

from forensics.custody.sealing import (
    SealBroken,
    WrongKey,
    chosen,
    identities,
    needs_passphrase,
    seal,
    unseal,
)
from forensics.custody.sealing.bundle import Chunks, Member, packed, unpack
from forensics.errors import ForensicsError, UsageError
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from tests.ingest.conftest import flows, trail, write

ROOT = Path(__file__).parents[2]
SECRET = "correct horse battery staple"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    write(folder / "dump/a.json.gz", trail(1, 2, 3))
    write(folder / "dump/b.log.gz", flows(30))
    ingest([folder / "dump"], folder / "case.duckdb", Options(jobs=0))
    assert run("info", "--db", str(folder / "case.duckdb")).returncode == 0
    return folder / "case.duckdb"


@pytest.fixture
def mine() -> x25519.Identity:
    return x25519.Identity.generate()


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forensics", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------------------ whole ways
@pytest.mark.parametrize("way", ["recipient", "passphrase"])
def test_what_was_sealed_comes_out(
    db: Path, tmp_path: Path, mine: x25519.Identity, way: str
) -> None:
    secret = SECRET if way == "passphrase" else ""
    to = [] if secret else [mine.to_public()]

    sealed = seal(db, tmp_path / "case.sealed", to=to, secret=secret)
    opened = tmp_path / "opened/again.duckdb"
    opened.parent.mkdir()
    found = unseal(sealed.path, opened, keys=[mine], secret=secret)

    assert list(found) == [
        opened,
        opened.with_name("again.duckdb.journal"),
        opened.with_name("again.duckdb.sha256"),
    ]
    assert left_in(opened.parent) == [path.name for path in found]
    assert {mode(path) for path in [*found, sealed.path]} == {0o600}
    assert opened.read_bytes() == db.read_bytes()
    journal = db.with_name("case.duckdb.journal")
    assert opened.with_name("again.duckdb.journal").read_bytes() == journal.read_bytes()
    assert f"{db.parent}/dump/a.json.gz\n" in opened.with_name("again.duckdb.sha256").read_text()
    with Case.for_reading(opened) as case:
        assert case.connection.sql("SELECT count(*) FROM vpc_flow").fetchall() == [(30,)]
    assert needs_passphrase(sealed.path) is (way == "passphrase")
    assert db.read_bytes()[:4096] not in sealed.path.read_bytes()


def test_plain_age_and_tar_open_it_too(db: Path, tmp_path: Path) -> None:
    """With nothing of this program: what `age -d -i key.age case.tar.age | tar x` does."""
    seal(db, tmp_path / "case.sealed", secret=SECRET)
    with tarfile.open(tmp_path / "case.sealed") as outer:
        outer.extractall(tmp_path / "outer", filter="data")
    key = passphrase.decrypt((tmp_path / "outer/key.age").read_bytes(), SECRET).decode()
    identity = x25519.Identity.from_str(key.splitlines()[-1])

    plain = pyrage.decrypt((tmp_path / "outer/case.tar.age").read_bytes(), [identity])

    with tarfile.open(fileobj=io.BytesIO(plain)) as inner:
        inner.extractall(tmp_path / "inner", filter="data")
    assert (tmp_path / "inner/case.duckdb").read_bytes() == db.read_bytes()
    for line in (tmp_path / "inner/SHA256SUMS").read_text().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "inner" / name).read_bytes()).hexdigest() == sha256


def test_a_case_that_a_crash_left_with_a_wal(db: Path, tmp_path: Path) -> None:
    crashed = tmp_path / "crashed.duckdb"
    script = (
        "import duckdb, os, sys\n"
        "c = duckdb.connect(sys.argv[1])\n"
        "c.execute('CREATE TABLE noted AS SELECT 42 AS n')\n"
        "os._exit(1)"
    )
    shutil.copy(db, crashed)
    subprocess.run([sys.executable, "-c", script, str(crashed)], check=False)
    assert crashed.with_name("crashed.duckdb.wal").exists()
    identity = x25519.Identity.generate()

    seal(crashed, tmp_path / "case.sealed", to=[identity.to_public()])
    unseal(tmp_path / "case.sealed", tmp_path / "again.duckdb", keys=[identity])

    with Case.for_reading(tmp_path / "again.duckdb") as case:
        assert case.connection.sql("FROM noted").fetchall() == [(42,)]


# ------------------------------------------------------------------------------ keys
def test_other_keys_do_not_open_it(db: Path, tmp_path: Path, mine: x25519.Identity) -> None:
    for_me, locked = tmp_path / "for-me", tmp_path / "locked"
    seal(db, for_me, to=[mine.to_public()])
    seal(db, locked, secret=SECRET)

    with pytest.raises(WrongKey, match="does not open with this key"):
        unseal(for_me, tmp_path / "x.duckdb", keys=[x25519.Identity.generate()])
    with pytest.raises(WrongKey):
        unseal(for_me, tmp_path / "x.duckdb")
    with pytest.raises(WrongKey):
        unseal(locked, tmp_path / "x.duckdb", secret=SECRET + " ")
    assert left_in(tmp_path) == ["for-me", "locked"]


def test_keys_are_read_as_age_and_ssh_write_them(tmp_path: Path, mine: x25519.Identity) -> None:
    written = f"# created: today\n# public key: {mine.to_public()}\n{mine}\n".encode()
    (tmp_path / "plain.txt").write_bytes(written)
    (tmp_path / "locked.age").write_bytes(passphrase.encrypt(written, SECRET))
    (tmp_path / "to.txt").write_text(f"# the court\n\n{mine.to_public()}\n")

    assert [str(each) for each in identities(tmp_path / "plain.txt")] == [str(mine)]
    assert [str(each) for each in identities(tmp_path / "locked.age", SECRET)] == [str(mine)]
    assert [str(each) for each in chosen([], [tmp_path / "to.txt"])] == [str(mine.to_public())]
    with pytest.raises(WrongKey):
        identities(tmp_path / "locked.age", "something else")


@pytest.mark.parametrize("text", ["age1nothing", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a public key"):
        chosen([text], [])


def test_a_passphrase_that_can_be_guessed_is_refused(db: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a passphrase of 5 characters"):
        seal(db, tmp_path / "case.sealed", secret="short")

    assert left_in(tmp_path) == []


# ------------------------------------------------------------------------------ tampering
def small(identity: x25519.Identity) -> bytes:
    """A sealed file of a few hundred bytes: every one of them can be tried."""
    members = [Member("case.duckdb", b"case"), Member("evidence.sha256", b"sums")]
    to = io.BytesIO()
    pyrage.encrypt_io(Chunks(packed(members)), to, [identity.to_public()])
    return to.getvalue()


def test_a_changed_byte_at_any_place_is_found(tmp_path: Path, mine: x25519.Identity) -> None:
    whole = small(mine)
    sealed = tmp_path / "case.sealed"
    sealed.write_bytes(whole)
    unseal(sealed, tmp_path / "sound.duckdb", keys=[mine])
    before = left_in(tmp_path)

    for place in range(len(whole)):
        sealed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((SealBroken, WrongKey)):
            unseal(sealed, tmp_path / "x.duckdb", keys=[mine], secret=SECRET)
    assert left_in(tmp_path) == before


def test_a_torn_or_longer_file_is_found(tmp_path: Path, mine: x25519.Identity) -> None:
    whole = small(mine)
    sealed = tmp_path / "case.sealed"
    for spoilt in [*(whole[:size] for size in range(0, len(whole), 7)), whole + b"\0"]:
        sealed.write_bytes(spoilt)
        with pytest.raises((SealBroken, WrongKey)):
            unseal(sealed, tmp_path / "x.duckdb", keys=[mine], secret=SECRET)
    assert left_in(tmp_path) == ["case.sealed"]


def places(whole: bytes) -> Iterator[int]:
    """In the outer tar: header, key, padding, second header, stream, padding, end."""
    with tarfile.open(fileobj=io.BytesIO(whole)) as outer:
        key, payload = outer.getmembers()
    yield from (0, 130, 300)
    yield key.offset_data + key.size - 1
    yield key.offset_data + key.size
    yield payload.offset + 20
    yield payload.offset_data + payload.size // 2
    yield payload.offset_data + payload.size - 1
    yield len(whole) - 1


def test_a_changed_byte_of_the_outer_form_is_found(db: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "case.sealed"
    seal(db, sealed, secret=SECRET)
    whole = sealed.read_bytes()
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places(whole)]

    for spoilt in [*changed, whole[:-1], whole + b"\0", whole[: len(whole) // 2], b""]:
        sealed.write_bytes(spoilt)
        with pytest.raises((SealBroken, WrongKey)):
            unseal(sealed, tmp_path / "x.duckdb", secret=SECRET)
        assert left_in(tmp_path) == ["case.sealed"]


@pytest.mark.parametrize(
    "names",
    [
        ["../case.duckdb"],
        ["/tmp/case.duckdb"],
        ["case.duckdb", "case.duckdb"],
        ["evidence.sha256", "case.duckdb"],
        ["note.txt"],
    ],
)
def test_a_recipient_is_not_made_to_write_other_files(names: list[str]) -> None:
    """Whoever knows a public key can seal anything for it."""
    bundle = b"".join(packed(Member(name, b"x") for name in names))
    written: list[str] = []

    def place(name: str) -> io.BytesIO:
        written.append(name)
        return io.BytesIO()

    with pytest.raises(SealBroken, match="a file that no seal puts there"):
        unpack(io.BytesIO(bundle), ["case.duckdb", "evidence.sha256"], place)
    assert set(written) <= {"case.duckdb", "evidence.sha256"}


def test_a_bundle_whose_list_of_hashes_differs() -> None:
    bundle = b"".join(packed([Member("case.duckdb", b"case")]))

    with pytest.raises(SealBroken, match="another SHA-256"):
        unpack(
            io.BytesIO(bundle.replace(b"case\0", b"caso\0")),
            ["case.duckdb"],
            lambda _: io.BytesIO(),
        )


def test_a_file_that_grows_while_it_is_sealed(tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    grown.write_bytes(b"four")
    stream = packed([Member("case.duckdb", grown)])
    next(stream)  # the header, with the size
    grown.write_bytes(b"and more")

    with pytest.raises(SealBroken, match="its size changed"):
        list(stream)


# ------------------------------------------------------------------------------ files in the way
def test_nothing_is_overwritten(db: Path, tmp_path: Path, mine: x25519.Identity) -> None:
    sealed = tmp_path / "case.sealed"
    seal(db, sealed, to=[mine.to_public()])
    (tmp_path / "x.duckdb.sha256").write_text("mine")

    with pytest.raises(UsageError, match="exists"):
        seal(db, sealed, to=[mine.to_public()])
    with pytest.raises(UsageError, match=r"x\.duckdb\.sha256: exists"):
        unseal(sealed, tmp_path / "x.duckdb", keys=[mine])
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="exists"):
        unseal(sealed, tmp_path / "link.duckdb", keys=[mine])
    assert left_in(tmp_path) == ["case.sealed", "link.duckdb", "x.duckdb.sha256"]


def test_a_folder_that_is_not_there(db: Path, tmp_path: Path, mine: x25519.Identity) -> None:
    seal(db, tmp_path / "case.sealed", to=[mine.to_public()])

    with pytest.raises(ForensicsError, match="No such file or directory"):
        seal(db, tmp_path / "no/case.sealed", to=[mine.to_public()])
    with pytest.raises(ForensicsError, match="No such file or directory"):
        unseal(tmp_path / "case.sealed", tmp_path / "no/x.duckdb", keys=[mine])
    with pytest.raises(UsageError, match="No such file or directory"):
        unseal(tmp_path / "nothing.sealed", tmp_path / "x.duckdb", keys=[mine])


# ------------------------------------------------------------------------------ the commands
def test_the_commands(db: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    sealed, again = str(tmp_path / "case.sealed"), str(tmp_path / "again.duckdb")

    made = run("seal", "--db", str(db), "--out", sealed, "--passphrase-file", str(tmp_path / "key"))
    opened = run("unseal", sealed, "--db", again, AWSLOGS_FORENSICS_PASSPHRASE=SECRET)
    wrong = run("unseal", sealed, "--db", again + "2", AWSLOGS_FORENSICS_PASSPHRASE=SECRET[1:])
    none = run("unseal", sealed, "--db", again + "2")

    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith(f"  {sealed}\n")
    assert opened.returncode == 0, opened.stderr
    assert [line[66:] for line in opened.stdout.splitlines()] == [
        again,
        again + ".journal",
        again + ".sha256",
    ]
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "does not open with this key" in wrong.stderr
    assert (none.returncode, none.stdout) == (2, "")
    assert "set AWSLOGS_FORENSICS_PASSPHRASE, name a --passphrase-file" in none.stderr
    assert SECRET not in Path(again + ".journal").read_text()
    assert run("journal", "--db", again).returncode == 0


def test_the_command_for_recipients(db: Path, tmp_path: Path, mine: x25519.Identity) -> None:
    (tmp_path / "me.key").write_text(f"{mine}\n")
    sealed, again = str(tmp_path / "case.sealed"), str(tmp_path / "again.duckdb")

    made = run("seal", "--db", str(db), "--out", sealed, "--to", str(mine.to_public()))
    keyless = run("unseal", sealed, "--db", again)
    opened = run("unseal", sealed, "--db", again, "--identity", str(tmp_path / "me.key"))

    assert made.returncode == 0, made.stderr
    assert keyless.returncode == 2
    assert "--identity FILE" in keyless.stderr
    assert opened.returncode == 0, opened.stderr
