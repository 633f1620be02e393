"""Time stamps: over the manifest of this case, by that authority, and checked ever after."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rfc3161_client._rust import parse_timestamp_request

from forensics.custody.manifest import manifest
from forensics.custody.stamps import StampRefused, certificates, keep, request
from forensics.custody.verify import Request, Verification, verify
from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from tests.custody.authority import Authority
from tests.ingest.conftest import flows, trail, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    write(tmp_path / "dump/a.json.gz", trail(1, 2, 3))
    write(tmp_path / "dump/b.log.gz", flows(3))
    ingest([tmp_path / "dump"], tmp_path / "case.duckdb", Options(jobs=0))
    return tmp_path / "case.duckdb"


def run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "forensics", *words],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ},
        check=False,
    )


def listed(db: Path, *, content: bool = False) -> bytes:
    with Case.for_reading(db) as case:
        return manifest(case, content=content)


def check(db: Path, authority: Authority | None = None) -> Verification:
    trusted = [authority.root, authority.certificate] if authority else []
    with Case.for_reading(db) as case:
        return verify(case, Request(authorities=trusted), lambda size: None)


def answered(db: Path, response: bytes) -> Path:
    path = db.with_name("case.tsr")
    path.write_bytes(response)
    return path


def test_a_request_carries_the_hash_and_a_fresh_nonce(db: Path) -> None:
    one, two = (parse_timestamp_request(request(b"abc")) for _ in range(2))

    assert one.message_imprint.message.hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert one.cert_req
    assert one.nonce != two.nonce
    with pytest.raises(UsageError, match="empty"):
        request(b"")


@pytest.mark.parametrize("content", [False, True])
def test_a_stamp_is_kept_and_checked_again(db: Path, authority: Authority, content: bool) -> None:
    response = answered(db, authority.answer(listed(db, content=content)))

    kept = keep(db, response, [authority.root])

    assert kept.time == datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
    assert (kept.lines, kept.signature_checked, kept.fault) == (2, True, "")
    assert check(db, authority).stamps == [kept]
    assert check(db, authority).differences == []
    without = check(db)
    assert [each.signature_checked for each in without.stamps] == [False]
    assert without.differences == []


def test_a_stamp_outlives_evidence_that_comes_later(db: Path, authority: Authority) -> None:
    whole = listed(db)
    write(db.with_name("dump") / "c.log.gz", flows(3, first=10))
    ingest([db.with_name("dump")], db, Options(jobs=0))

    kept = keep(db, answered(db, authority.answer(whole)), [authority.root])
    later = keep(db, answered(db, authority.answer(listed(db))), [authority.root])

    assert (kept.lines, later.lines) == (2, 3)
    assert check(db, authority).differences == []


def test_a_stamp_outlives_a_fragment_that_gave_way(tmp_path: Path, authority: Authority) -> None:
    db, path = tmp_path / "case.duckdb", tmp_path / "dump/torn.log.gz"
    whole = gzip.compress(flows(2000), mtime=0)
    write(path, whole[: len(whole) // 2], packed=False)
    ingest([path.parent], db, Options(jobs=0))
    before = listed(db)
    keep(db, answered(db, authority.answer(before)), [authority.root])
    path.write_bytes(whole)
    ingest([path.parent], db, Options(jobs=0))

    assert listed(db) != before
    assert check(db, authority).differences == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE source_locations SET stored_sha256 = repeat('0', 64)",
        "UPDATE source_locations SET path = path || 'x'",
        "DELETE FROM source_locations WHERE path LIKE '%a.json.gz'",
    ],
)
def test_a_ledger_that_is_not_what_was_stamped(
    db: Path, authority: Authority, statement: str
) -> None:
    keep(db, answered(db, authority.answer(listed(db))), [authority.root])
    with duckdb.connect(str(db)) as connection:
        connection.execute(statement)

    found = check(db, authority)

    assert [each.fault for each in found.stamps] == [
        "the manifest it was put on is not what the ledger gives now"
    ]
    assert any(each.startswith("time stamp in entry 3") for each in found.differences)


def test_a_stamp_that_was_changed_in_the_journal(db: Path, authority: Authority) -> None:
    keep(db, answered(db, authority.answer(listed(db))), [authority.root])
    for change in ("left(r, 400) || 'AAAA' || substr(r, 405)", "left(r, 400)", "'!'"):
        with duckdb.connect(str(db)) as connection:
            connection.execute("BEGIN")
            connection.execute(
                f"""
                UPDATE journal SET detail = json_merge_patch(detail,
                    json_object('response', (SELECT {change} FROM
                        (SELECT detail->>'$.response' AS r))))
                WHERE action = 'stamped'
                """
            )
            found = verify(Case(db, connection), Request(authorities=[authority.root]), print)
            connection.execute("ROLLBACK")
        assert found.stamps[0].fault
        assert "journal 3: changed after it was written" in found.journal


def test_what_is_no_stamp_of_this_case_is_refused(db: Path, authority: Authority) -> None:
    before = db.read_bytes()
    trusted, manifested = [authority.root], listed(db)
    for response, told in (
        (b"", "not a response of RFC 3161"),
        (b"<html>", "not a response of RFC 3161"),
        (authority.answer(manifested)[:-1], "not a response of RFC 3161"),
        (authority.answer(manifested, status=2), "the authority refused"),
        (authority.answer(manifested + b"x"), "not a stamp over a manifest of this case"),
    ):
        with pytest.raises(StampRefused, match=told):
            keep(db, answered(db, response), trusted)
    assert db.read_bytes() == before


def test_another_authority_is_refused(db: Path, authority: Authority) -> None:
    response = answered(db, authority.answer(listed(db)))
    with pytest.raises(StampRefused, match="it does not verify"):
        keep(db, response, [Authority().root])
    with pytest.raises(StampRefused, match="it cannot be verified"):
        keep(db, response, [authority.certificate])  # no root
    keep(db, response, [])

    [stamp] = check(db, Authority()).stamps

    assert stamp.fault.startswith("it does not verify: ")
    assert check(db).differences == []


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"is_for_stamps": False}, "id-kp-timeStamping|purpose"),
        ({"at": datetime(2030, 1, 1, tzinfo=UTC)}, "expired"),
    ],
    ids=["certificate for something else", "expired when it stamped"],
)
def test_a_certificate_that_may_not_stamp(db: Path, made: dict[str, Any], told: str) -> None:
    authority = Authority(**made)
    response = answered(db, authority.answer(listed(db)))

    with pytest.raises(StampRefused, match=told):
        keep(db, response, [authority.root])


def test_the_commands(db: Path, authority: Authority, tmp_path: Path) -> None:
    asked, chain = tmp_path / "case.tsq", tmp_path / "authority.pem"
    chain.write_bytes(authority.pem)
    printed = run("manifest", "--db", str(db), "--stamp-request", str(asked))
    wanted = parse_timestamp_request(asked.read_bytes())
    response = answered(db, authority.answer(printed.stdout, nonce=wanted.nonce))

    again = run("manifest", "--db", str(db), "--stamp-request", str(asked))
    kept = run("stamp", str(response), "--db", str(db), "--tsa-certificates", str(chain))
    checked = run("verify", "--db", str(db), "--tsa-certificates", str(chain))
    told = run("verify", "--db", str(db), "--json")

    assert again.returncode == 2
    assert kept.returncode == 0, kept.stderr
    line = "2024-06-01 12:00:00Z  2 lines of the manifest  journal 3  signature valid"
    assert kept.stdout.decode() == line + "\n"
    assert checked.returncode == 0, checked.stdout
    assert f"stamps\n         {line}\n" in checked.stdout.decode()
    [stamp] = json.loads(told.stdout)["stamps"]
    assert stamp["signature_checked"] is False
    assert certificates([chain]) == [authority.root, authority.certificate]
    with pytest.raises(UsageError, match="no certificates"):
        certificates([asked])
