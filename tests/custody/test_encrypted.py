"""Encrypted cases: what opens them, what does not, and that nothing of them lies there in plain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from forensics.custody.rekeying import rekey
from forensics.custody.verify import Request, verify
from forensics.errors import UsageError
from forensics.evidence import Case, encrypted
from forensics.evidence.encrypted import CryptoMissing, KeyMissing, WrongCaseKey
from forensics.evidence.faults import CaseError
from forensics.evidence.hashes import content_hashes
from forensics.ingest import Options, ingest
from tests.ingest.conftest import flows, trail, write

ROOT = Path(__file__).parents[2]
KEY, OTHER = "it's a key of the tests, long enough", "another key of the tests, as long"

needs_module = pytest.mark.skipif(
    encrypted._module() is None, reason="awslogs-forensics[encrypt] is not installed"
)


@pytest.fixture(autouse=True)
def no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (encrypted.KEY_VARIABLE, "AWSLOGS_FORENSICS_NEW_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write(folder / "dump/a.json.gz", trail(1, 2, 3))
    write(folder / "dump/b.log.gz", flows(30))
    ingest([folder / "dump"], folder / "case.duckdb", Options(jobs=0))
    return folder / "case.duckdb"


@pytest.fixture(scope="module")
def db(plain: Path) -> Path:
    """The case as DuckDB encrypts it; with its weak random numbers, which will do for a test."""
    path = plain.with_name("encrypted.duckdb")
    with duckdb.connect(":memory:") as both:
        try:
            both.execute("SET force_mbedtls_unsafe = true")
        except duckdb.CatalogException:
            pytest.skip(f"DuckDB {duckdb.__version__} writes no encrypted file at all")
        both.execute(f"ATTACH '{plain}' AS old (READ_ONLY)")
        quoted = KEY.replace("'", "''")
        both.execute(f"ATTACH '{path}' AS fresh (ENCRYPTION_KEY '{quoted}')")
        both.execute("COPY FROM DATABASE old TO fresh")
    return path


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


# ------------------------------------------------------------------------------ reading
def test_an_encrypted_case_is_read_with_its_key(plain: Path, db: Path) -> None:
    with encrypted.using(KEY), Case.for_reading(db) as case:
        held = content_hashes(case.connection)
        found = verify(case, Request(full=True), lambda size: None)
    with Case.for_reading(plain) as case:
        assert content_hashes(case.connection) == held

    assert found.differences == []
    assert encrypted.is_encrypted(db)
    assert not encrypted.is_encrypted(plain)
    assert b"eventName" in plain.read_bytes()
    assert b"eventName" not in db.read_bytes()


def test_without_its_key_it_is_not_read(db: Path) -> None:
    with pytest.raises(KeyMissing, match="no key"):
        Case.for_reading(db)
    with encrypted.using(OTHER), pytest.raises(WrongCaseKey) as raised:
        Case.for_reading(db)
    assert OTHER not in str(raised.value)
    with pytest.raises(duckdb.Error, match="without a key"):
        duckdb.connect(str(db), read_only=True)


def test_nothing_but_the_case_is_reached(db: Path, tmp_path: Path) -> None:
    with encrypted.using(KEY), Case.for_reading(db) as case:
        for query in (
            "SELECT * FROM read_csv('/etc/passwd')",
            f"COPY cloudtrail TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/other.duckdb'",
            "CREATE TABLE mine (n INTEGER)",
            "UPDATE meta SET case_id = 'x'",
            "SET enable_external_access = true",
            "SET temp_directory = '/tmp'",
            "LOAD httpfs",
        ):
            with pytest.raises(duckdb.Error):
                case.connection.execute(query)
        temporary = case.connection.execute("SELECT current_setting('temp_directory')").fetchall()
    assert temporary == [("",)]  # nothing of the case is spilled to the disk in plain
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_encrypted_case(db: Path, tmp_path: Path) -> None:
    whole = db.read_bytes()
    copy = tmp_path / "copy.duckdb"
    for spoilt in (whole[:5000], whole[:100] + bytes(100) + whole[200:]):
        copy.write_bytes(spoilt)
        with encrypted.using(KEY), pytest.raises(CaseError):
            Case.for_reading(copy)


# ------------------------------------------------------------------------------ the command line
def test_where_the_key_comes_from(db: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    query = ("sql", "--db", str(db), "--format", "csv", "SELECT count(*) AS n FROM vpc_flow")

    by_file = run(*query, "--key-file", str(tmp_path / "key"))
    by_variable = run(*query, AWSLOGS_FORENSICS_KEY=KEY)
    without = run(*query)
    wrong = run(*query, AWSLOGS_FORENSICS_KEY=OTHER)

    assert (by_file.returncode, by_file.stdout) == (0, "n\n30\n")
    assert (by_variable.returncode, by_variable.stdout) == (0, "n\n30\n")
    assert (without.returncode, without.stdout) == (1, "")
    assert "set AWSLOGS_FORENSICS_KEY, or name a --key-file" in without.stderr
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "encrypted with another key" in wrong.stderr
    journal = db.with_name("encrypted.duckdb.journal").read_text()
    assert KEY not in journal + by_file.stderr + by_variable.stderr + wrong.stderr
    assert journal.count("\n") == 4


# ------------------------------------------------------------------------------ writing
def test_writing_needs_the_module(
    db: Path, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted, "_module", lambda: None)
    with encrypted.using(KEY):
        with pytest.raises(CryptoMissing, match="writes none without OpenSSL"):
            ingest([plain.with_name("dump")], db, Options(jobs=0))
        with pytest.raises(CryptoMissing):
            Case.for_ingest(tmp_path / "new.duckdb", encrypt=True)
        with pytest.raises(CryptoMissing):
            rekey(plain, tmp_path / "new.duckdb", KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_is_not_signed_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "httpfs.duckdb_extension").write_bytes(b"\x7fELF" + bytes(1 << 16))
    monkeypatch.setenv(encrypted.MODULE_VARIABLE, str(tmp_path / "httpfs.duckdb_extension"))

    with encrypted.using(KEY), pytest.raises(CryptoMissing, match="does not load it"):
        Case.for_ingest(tmp_path / "new.duckdb", encrypt=True)

    assert not (tmp_path / "new.duckdb").exists()


def test_a_key_that_can_be_guessed_is_refused(plain: Path, tmp_path: Path) -> None:
    with encrypted.using("short"), pytest.raises(KeyMissing, match="a key of 5 characters"):
        Case.for_ingest(tmp_path / "new.duckdb", encrypt=True)
    with pytest.raises(KeyMissing, match="a key of 5 characters"):
        rekey(plain, tmp_path / "new.duckdb", "short")
    assert list(tmp_path.iterdir()) == []


def test_a_plain_case_does_not_become_encrypted_in_its_place(plain: Path) -> None:
    with encrypted.using(KEY), pytest.raises(CaseError, match="not encrypted"):
        Case.for_ingest(plain, encrypt=True)


def test_a_plain_copy_of_an_encrypted_case(plain: Path, db: Path, tmp_path: Path) -> None:
    with encrypted.using(KEY):
        head = rekey(db, tmp_path / "plain.duckdb", "")

    with Case.for_reading(tmp_path / "plain.duckdb") as case:
        copied = content_hashes(case.connection)
        assert verify(case, Request(), lambda size: None).differences == []
    with Case.for_reading(plain) as case:
        assert content_hashes(case.connection) == copied
    assert len(head) == 64
    assert (tmp_path / "plain.duckdb").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="exists"), encrypted.using(KEY):
        rekey(db, tmp_path / "plain.duckdb", "")


def test_a_copy_without_the_key_is_not_made(db: Path, tmp_path: Path) -> None:
    with encrypted.using(OTHER), pytest.raises(WrongCaseKey):
        rekey(db, tmp_path / "plain.duckdb", "")
    assert list(tmp_path.iterdir()) == []


@needs_module
def test_evidence_is_taken_into_an_encrypted_case(plain: Path, tmp_path: Path) -> None:
    made = tmp_path / "new.duckdb"
    with encrypted.using(KEY):
        Case.for_ingest(made, encrypt=True).close()
        ingest([plain.with_name("dump")], made, Options(jobs=0))
        ingest([plain.with_name("dump")], made, Options(jobs=0))
        with Case.for_reading(made) as case:
            held = content_hashes(case.connection)
            assert verify(case, Request(full=True), lambda size: None).differences == []
    with Case.for_reading(plain) as case:
        assert content_hashes(case.connection) == held
    assert made.stat().st_mode & 0o777 == 0o600
    assert b"eventName" not in made.read_bytes()


@needs_module
def test_the_key_is_changed_by_copy(plain: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.duckdb", tmp_path / "second.duckdb"
    rekey(plain, first, KEY)
    with encrypted.using(KEY):
        rekey(first, second, OTHER)

    with encrypted.using(OTHER), Case.for_reading(second) as case:
        assert verify(case, Request(full=True), lambda size: None).differences == []
    with encrypted.using(KEY), pytest.raises(WrongCaseKey):
        Case.for_reading(second)


@needs_module
def test_the_command_makes_an_encrypted_case(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    made, key = tmp_path / "new.duckdb", ("--key-file", str(tmp_path / "key"))
    dump = str(plain.with_name("dump"))

    done = run("ingest", dump, "--db", str(made), "--jobs", "0", "--encrypt", *key)
    again = run("ingest", dump, "--db", str(made), "--jobs", "0", *key)
    copied = run(
        "rekey", "--db", str(made), "--out", f"{made}2", *key, AWSLOGS_FORENSICS_NEW_KEY=OTHER
    )

    assert done.returncode == 0, done.stderr
    assert again.returncode == 0, again.stderr
    assert "skipped" in again.stdout
    assert copied.returncode == 0, copied.stderr
    assert run("info", "--db", f"{made}2", AWSLOGS_FORENSICS_KEY=OTHER).returncode == 0
    assert encrypted.is_encrypted(made)
    texts = [path.read_bytes() for path in tmp_path.iterdir() if path.name != "key"]
    assert not any(KEY.encode() in text or OTHER.encode() in text for text in texts)


def test_the_command_says_what_is_missing(plain: Path, tmp_path: Path) -> None:
    words = ("ingest", str(plain.with_name("dump")), "--db", str(tmp_path / "new.duckdb"))

    done = run(*words, "--encrypt")

    assert done.returncode == 1
    assert "an encrypted case, and no key" in done.stderr
    assert list(tmp_path.iterdir()) == []
