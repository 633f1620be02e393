"""`verify`: every difference is found, and nothing but differences."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from forensics.custody import verify as module
from forensics.custody.hashlist import Hashed, compare, line, parse
from forensics.custody.trails import Keyring
from forensics.custody.verify import Request, Verification, verify
from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from parsers.formats import BY_NAME
from tests.custody.trail import Trail, fingerprint, key_entry, log_key
from tests.ingest.conftest import flows, trail, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    folder = tmp_path / "dump"
    write(folder / "trail/a.json.gz", trail(1, 2, 3))
    write(folder / "trail/copy.json", trail(1, 2, 3), packed=False)
    write(folder / "flow/b.log.gz", flows(50))
    whole = gzip.compress(flows(2000, first=9000), mtime=0)
    write(folder / "flow/torn.log.gz", whole[: len(whole) // 2], packed=False)
    write(folder / "notes.txt", b"call the customer\n", packed=False)
    write(folder / "empty.log", b"", packed=False)
    write(folder / ".DS_Store", b"\0\0\0\1Bud1", packed=False)
    write(folder / "od\udcffd!/na\\x41me\n.json.gz", trail(7))
    packed = folder / "packed.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        member = write(tmp_path / "member.log", flows(30, first=700), packed=False)
        archive.add(member, "inside/member.log")
    return folder


@pytest.fixture
def case(dump: Path, tmp_path: Path) -> Path:
    ingest([dump], tmp_path / "case.duckdb", Options(jobs=0))
    return tmp_path / "case.duckdb"


def check(case: Path, **request: Any) -> Verification:
    with Case.for_reading(case) as opened:
        return verify(opened, Request(**request), lambda size: None)


def spoil(case: Path, statement: str) -> None:
    with duckdb.connect(str(case)) as connection:
        assert connection.execute(statement).fetchall() != [(0,)]


def test_nothing_has_changed(case: Path) -> None:
    found = check(case, full=True)

    assert found.differences == []
    assert dict(found.sources) == {"valid": 7, "total": 7}
    assert dict(found.places) == {"valid": 8, "total": 8, "moved": 0}
    assert (found.rows_read, found.rows_skipped) == (5, 0)
    assert found.digests == ()


def test_a_changed_file(case: Path, dump: Path) -> None:
    write(dump / "flow/b.log.gz", flows(51))

    found = check(case)

    assert dict(found.sources) == {"valid": 6, "changed": 1, "total": 7}
    [told] = found.differences
    assert told.startswith(f"{dump}/flow/b.log.gz: changed: SHA-256 as stored was ")


def test_a_file_packed_anew(case: Path, dump: Path) -> None:
    (dump / "flow/b.log.gz").write_bytes(gzip.compress(flows(50), compresslevel=1, mtime=7))

    [told] = check(case).differences

    assert "changed, though it decompresses to the same: SHA-256 as stored was" in told


def test_a_changed_member_of_an_archive(case: Path, dump: Path, tmp_path: Path) -> None:
    with tarfile.open(dump / "packed.tar.gz", "w:gz") as archive:
        member = write(tmp_path / "member.log", flows(30, first=701), packed=False)
        archive.add(member, "inside/member.log")

    [told] = check(case).differences

    assert told.startswith(f"{dump}/packed.tar.gz!/inside/member.log: changed")


def test_a_missing_copy_leaves_the_source_valid(case: Path, dump: Path) -> None:
    (dump / "trail/copy.json").unlink()

    found = check(case)

    assert found.differences == [f"{dump}/trail/copy.json: not found"]
    assert found.sources["valid"] == 7
    assert found.places["missing"] == 1


def test_moved_evidence_is_found_by_its_hash(case: Path, dump: Path, tmp_path: Path) -> None:
    shutil.move(dump, tmp_path / "elsewhere")
    (tmp_path / "elsewhere/empty.log").unlink()

    lost = check(case)
    found = check(case, roots=[str(tmp_path / "elsewhere")], full=True)

    assert dict(lost.places) == {"missing": 8, "total": 8, "moved": 0}
    assert found.differences == [f"{dump}/empty.log: not found"]
    assert found.places["moved"] == 7
    assert f"{dump}/flow/b.log.gz: now at {tmp_path}/elsewhere/flow/b.log.gz" in found.moved
    assert found.rows_read == 5


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE stored.vpc_flow SET srcaddr = '192.0.2.11' WHERE record_no = 3",
            "their values are not those of its content",
        ),
        (
            "UPDATE stored.cloudtrail SET requestParameters = '{\"number\": 9}'",
            "their values are not those of its content",
        ),
        (
            "UPDATE rejects SET detail = 'nothing'",
            "their values are not those of its content",
        ),
        ("DELETE FROM stored.vpc_flow WHERE record_no = 3", "the case holds"),
        ("UPDATE sources SET unit_bytes = 0, structure_bytes = bytes", "unit bytes: 0 in"),
    ],
)
def test_rows_that_were_changed(case: Path, statement: str, told: str) -> None:
    spoil(case, statement)

    found = check(case, full=True)

    assert found.rows
    assert all(told in each for each in found.rows)
    assert found.changed == found.missing == []


def test_deleted_rows_do_not_add_up_in_the_ledger(case: Path) -> None:
    spoil(case, "DELETE FROM stored.vpc_flow WHERE record_no = 3")

    assert any("rows expected" in each for each in check(case).ledger)


def test_rows_of_another_version_are_not_compared(case: Path) -> None:
    spoil(case, "UPDATE sources SET parser_version = 0 WHERE format = 'vpc_flow'")

    found = check(case, full=True)

    assert (found.rows_read, found.rows_skipped) == (2, 3)
    assert found.rows == []


def test_big_contents_are_read_twice(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 1000)
    monkeypatch.setattr("forensics.custody.reparse.BLOCK", 1000)
    monkeypatch.setattr("forensics.custody.reparse.BATCH", 1000)

    found = check(case, full=True)

    assert found.differences == []
    assert found.rows_read == 5


def test_a_changed_journal(case: Path) -> None:
    spoil(case, "UPDATE journal SET action = 'nothing' WHERE seq = 1")

    assert check(case).journal == ["journal 1: changed after it was written"]


def test_every_format_in_every_shape_is_read_again_as_it_was(tmp_path: Path) -> None:
    folders = [each for each in (ROOT / "fixtures").iterdir() if each.name in BY_NAME]
    ingest(folders, tmp_path / "all.duckdb", Options(jobs=0))

    with Case.for_reading(tmp_path / "all.duckdb") as opened:
        found = verify(opened, Request(full=True), lambda size: None)
        query = "SELECT DISTINCT format FROM sources WHERE rows > 0"
        formats = {name for (name,) in opened.connection.execute(query).fetchall()}

    assert found.rows == found.ledger == found.changed == found.missing == []
    assert found.rows_skipped == 0
    assert set(BY_NAME) - formats <= {"cloudfront_realtime"}  # its files do not say what they are


# ------------------------------------------------------------------------------ hash lists
def sums(folder: Path) -> list[Hashed]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Hashed(str(p), hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]


def test_hashes_of_acquisition(case: Path, dump: Path) -> None:
    acquired = sums(dump)
    assert check(case, listed=acquired).differences == []

    (dump / "notes.txt").write_bytes(b"call nobody\n")
    write(dump / "later.json.gz", trail(99))
    ingest([dump], case, Options(jobs=0))
    [gone, *rest] = acquired
    (Path(gone.path)).unlink()
    found = check(case, listed=[gone, *rest])

    assert found.acquisition is not None
    assert found.acquisition.listed == 9
    assert found.acquisition.valid == 7
    assert found.acquisition.changed == [str(dump / "notes.txt")]
    assert found.acquisition.missing == [gone.path]
    assert found.acquisition.unlisted == [str(dump / "later.json.gz")]


def test_lists_are_read_in_three_forms() -> None:
    one, two = "a" * 64, "B" * 64
    gnu = f"{one}  a name.log\n{two} *b\n\\{one}  back\\\\slash\\nline\n# note\n".encode()
    assert parse(gnu, "l") == [
        Hashed("a name.log", one),
        Hashed("b", two.lower()),
        Hashed("back\\slash\nline", one),
    ]
    assert parse(f"SHA256 (a (1).log) = {one}\n".encode(), "l") == [Hashed("a (1).log", one)]
    deep = f"%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## x\n5,{'c' * 32},{one},/a,b.log\n"
    assert parse(deep.encode(), "l") == [Hashed("/a,b.log", one)]
    for wrong in (b"", b"d41d8cd98f00b204e9800998ecf8427e  md5\n"):
        with pytest.raises(UsageError):
            parse(wrong, "l")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_lines_are_those_of_sha256sum(tmp_path: Path) -> None:
    names = ["plain.log", "back\\slash", "new\nline", "tab\tand space", "cr\rname"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    written = subprocess.run(
        ["sha256sum", "--", *names], cwd=tmp_path, capture_output=True, check=True
    ).stdout

    ours = "".join(
        line(name, hashlib.sha256(name.encode()).hexdigest()) + "\n" for name in names
    ).encode()

    assert {each.path for each in parse(written, "l")} == set(names)
    assert parse(ours, "l") == parse(written, "l")


def test_a_changed_file_is_matched_by_its_folders() -> None:
    listed = [Hashed("/x/a/same.log", "1" * 64), Hashed("/x/b/same.log", "2" * 64)]
    found = compare(listed, {"/y/b/same.log": "3" * 64, "/y/a/same.log": "1" * 64})

    assert (found.valid, found.changed, found.missing, found.unlisted) == (
        1,
        ["/x/b/same.log"],
        [],
        [],
    )


# ------------------------------------------------------------------------------ digests
@pytest.fixture
def trailed(tmp_path: Path, key: RSAPrivateKey) -> Path:
    """Three hourly digests, their logs, and the signature of the newest beside it."""
    made = Trail(key)
    for hour in range(3):
        made.digest(hour * 60, [log_key(hour * 60 + 10, "ABC"[hour])])
    for path, content in {**made.evidence.digests, **made.evidence.logs}.items():
        assert content is not None
        write(tmp_path / path, content)
    newest = made.delivered[-1]
    sidecar = {"Metadata": {"signature": made.signatures[newest]}}
    write(tmp_path / f"{newest}.head.json", json.dumps(sidecar).encode(), packed=False)
    listed = json.dumps({"PublicKeyList": [key_entry(key)]}).encode()
    write(tmp_path / "keys.json", listed, packed=False)
    ingest([tmp_path / "dump"], tmp_path / "case.duckdb", Options(jobs=0))
    return tmp_path


def codes(found: Verification) -> list[tuple[str, str]]:
    return [(str(each.kind), str(each.code)) for each in found.digests]


def test_digests_prove_the_logs(trailed: Path) -> None:
    keyring = Keyring.load([trailed / "keys.json"], [])

    found = check(trailed / "case.duckdb", keyring=keyring)

    assert found.differences == []
    assert [each for each in codes(found) if each[1] == "valid"] == [
        *[("digest", "valid")] * 3,
        *[("log", "valid")] * 3,
    ]
    assert ("digest", "valid-hash-only") in codes(check(trailed / "case.duckdb"))


def test_a_log_that_was_changed_before_it_was_read(trailed: Path) -> None:
    [first, *_] = sorted((trailed / "dump").rglob("*_CloudTrail_*.json.gz"))
    write(first, b'{"Records":[]}')
    (trailed / "case.duckdb").unlink()
    ingest([trailed / "dump"], trailed / "case.duckdb", Options(jobs=0))

    found = check(trailed / "case.duckdb")

    assert found.changed == []
    [told] = found.differences
    assert "hash-mismatch" in told


@pytest.mark.parametrize(
    ("pattern", "code"),
    [("*_CloudTrail_*1010Z*", "log-missing"), ("*-Digest_*T110000Z.json.gz", "digest-missing")],
)
def test_what_is_gone_is_told_by_digests_too(trailed: Path, pattern: str, code: str) -> None:
    [gone] = (trailed / "dump").rglob(pattern)
    gone.unlink()

    found = check(trailed / "case.duckdb")

    assert found.missing == [f"{gone}: not found"]
    assert code in {each.code for each in found.digests}


def test_a_digest_that_does_not_read(trailed: Path) -> None:
    [first, *_] = sorted((trailed / "dump").rglob("*-Digest_*T*Z.json.gz"))
    write(first, b'{"awsAccountId"')

    assert ("digest", "digest-unreadable") in codes(check(trailed / "case.duckdb"))


# ------------------------------------------------------------------------------ Lake results
@pytest.fixture
def saved(tmp_path: Path, key: RSAPrivateKey) -> Path:
    """Two saved results of a CloudTrail Lake query, and what AWS signed of them."""
    folder = tmp_path / "dump/CloudTrail-Lake/Query/2024/05/01/0a1b2c3d"
    hashes = []
    for number in (1, 2):
        content = f"eventName,n\nListUsers,{number}\n".encode()
        result = write(folder / f"result_{number}.csv.gz", content)
        hashes.append(hashlib.sha256(result.read_bytes()).hexdigest())
    signature = key.sign(" ".join(hashes).encode(), PKCS1v15(), SHA256())
    signed = {
        "version": "1.0",
        "region": "us-east-1",
        "files": [
            {"fileHashValue": sha256, "fileName": f"result_{number}.csv.gz"}
            for number, sha256 in enumerate(hashes, 1)
        ],
        "hashAlgorithm": "SHA-256",
        "signatureAlgorithm": "SHA256withRSA",
        "queryCompleteTime": "2024-05-01T10:00:00Z",
        "hashSignature": signature.hex(),
        "publicKeyFingerprint": fingerprint(key),
    }
    write(folder / "result_sign.json", json.dumps(signed).encode(), packed=False)
    listed = json.dumps({"PublicKeyList": [key_entry(key)]}).encode()
    write(tmp_path / "keys.json", listed, packed=False)
    return folder


def verified(saved: Path, tmp_path: Path, *, keys: bool = True) -> Verification:
    db = tmp_path / "case.duckdb"
    ingest([tmp_path / "dump"], db, Options(jobs=0))
    return check(db, keyring=Keyring.load([tmp_path / "keys.json"] if keys else [], []))


def test_signed_results_of_a_query(saved: Path, tmp_path: Path) -> None:
    found = verified(saved, tmp_path)

    assert found.differences == []
    assert codes(found) == [("lake", "valid")] * 3


def test_signed_results_without_a_key(saved: Path, tmp_path: Path) -> None:
    found = verified(saved, tmp_path, keys=False)

    assert found.differences == []
    assert {code for _, code in codes(found)} == {"signature-unverifiable", "valid-hash-only"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("result_2.csv.gz", None, "log-missing"),
        ("result_2.csv.gz", b"eventName,n\n", "hash-mismatch"),
        ("result_3.csv.gz", b"eventName,n\n", "log-extra"),
        ("result_sign.json", b"{}", "digest-unreadable"),
    ],
)
def test_results_that_were_tampered_with(
    saved: Path, tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    if content is None:
        (saved / name).unlink()
    else:
        write(saved / name, content, packed=name.endswith(".gz"))

    found = verified(saved, tmp_path)

    [told] = found.differences
    assert f": {code}: " in told


# ------------------------------------------------------------------------------ the command
def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forensics", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_command(trailed: Path) -> None:
    db = str(trailed / "case.duckdb")
    sound = run("verify", "--db", db, "--public-keys", str(trailed / "keys.json"))
    assert sound.returncode == 0, sound.stderr
    assert sound.stdout.splitlines() == [
        "sources  7/7 valid, 0 changed, 0 missing, at 7/7 valid, 0 changed, 0 missing places",
        "rows     3/3 sources read again give the rows of the case",
        "ledger   both sums come out for every source; as the last run sealed it",
        "journal  the chain is whole",
        "digests",
        "         digest    starting-digest                1  notice",
        "         digest    valid                          3  sound",
        "         log       valid                          3  sound",
        "result   no difference",
    ]
    [gone] = (trailed / "dump").rglob("*_CloudTrail_*1010Z*")
    gone.unlink()

    spoilt = run("verify", "--db", db, "--json")

    assert spoilt.returncode == 3
    said = json.loads(spoilt.stdout)
    assert said["sound"] is False
    assert said["sources"] == {"total": 7, "valid": 6, "changed": 0, "missing": 1}
    assert len(said["differences"]) == 2
