"""Where evidence contradicts itself: which of two digests, or of two copies, is believed."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forensics.custody.digests import Signature
from forensics.custody.digests.names import in_place
from tests.custody.tampering import LOGS, five_hours
from tests.custody.trail import BUCKET, Evidence, Trail, log_key, sha256, sign

A = f"dump/{LOGS['a']}"


@pytest.fixture
def trail(key: RSAPrivateKey) -> Trail:
    return five_hours(key)


def said(evidence: Evidence, path: str) -> set[tuple[str, str]]:
    """(code, reason) of what is said of the digest or log that lies at `path`."""
    uri = f"s3://{BUCKET}/{path.removeprefix('dump/')}"
    return {(str(v.code), v.reason) for v in evidence.check() if v.subject in (uri, path)}


def detail(evidence: Evidence, path: str, code: str) -> str:
    (found,) = (v.detail for v in evidence.check() if v.code == code and path in v.refs)
    return found


def listing(trail: Trail, digest: str, **changes: object) -> list[dict[str, object]]:
    """The logs of a digest, the first of them changed."""
    logs = json.loads(trail.evidence.digests[digest])["logFiles"]
    return [logs[0] | changes, *logs[1:]]


def test_a_forged_successor_accuses_in_vain_where_another_agrees(trail: Trail) -> None:
    evidence = trail.evidence
    evidence.keys = None
    evidence.digests["rival.json"] = evidence.digests[trail.delivered[3]]
    evidence.edit("rival.json", previousDigestHashValue="0" * 64)

    assert said(evidence, trail.delivered[2]) == {("valid-hash-only", "no-public-keys")}


def test_a_proven_successor_is_believed_against_another_signed_version(trail: Trail) -> None:
    path = trail.delivered[0]
    trail.evidence.edit(path, newestEventTime="2024-05-01T09:30:00Z")
    content = trail.evidence.digests[path]
    signature = sign(trail.key, json.loads(content), content)
    trail.evidence.signatures = [Signature("s", path, signature)]

    assert said(trail.evidence, path) == {
        ("hash-mismatch", "successor"),
        ("starting-digest", ""),
    }


def test_a_proven_digest_is_believed_against_an_unproven_successor(trail: Trail) -> None:
    newest = trail.delivered[4]
    trail.evidence.edit(newest, previousDigestHashValue="0" * 64)

    assert said(trail.evidence, trail.delivered[3]) == {("valid", "")}
    assert said(trail.evidence, newest) == {("hash-mismatch", "predecessor")}


def test_an_accusation_says_what_the_accuser_is_worth(trail: Trail) -> None:
    second, third = trail.delivered[1:3]
    trail.evidence.edit(second, logFiles=[])
    plain = detail(trail.evidence, second, "hash-mismatch")
    assert plain.startswith(f"it has SHA-256 {sha256(trail.evidence.digests[second])}, but {third}")
    assert f"the signature in {third} does not hold" in plain
    assert f"{third} itself is" not in plain

    trail.evidence.edit(third, logFiles=[], previousDigestSignature=None)
    doubtful = detail(trail.evidence, second, "hash-mismatch")
    assert doubtful.endswith(f"; {third} itself is signature-invalid")
    assert "does not hold" not in doubtful


def test_an_unknown_signature_algorithm_is_not_checked(trail: Trail) -> None:
    newest = trail.delivered[4]
    trail.evidence.edit(newest, digestSignatureAlgorithm="SHA512withRSA")
    trail.evidence.signatures = [trail.sidecar(newest)]

    assert said(trail.evidence, newest) == {("signature-unverifiable", "algorithm")}


@pytest.mark.parametrize("with_keys", [True, False])
def test_a_hash_by_an_unknown_algorithm_neither_links_nor_accuses(
    trail: Trail, with_keys: bool
) -> None:
    newest = trail.delivered[4]
    trail.evidence.edit(
        newest, previousDigestHashAlgorithm="SHA-512", previousDigestHashValue="0" * 128
    )
    if not with_keys:
        trail.evidence.keys = None

    linked = {("valid", "")} if with_keys else {("signature-unverifiable", "no-public-keys")}
    assert said(trail.evidence, trail.delivered[3]) == linked
    assert said(trail.evidence, newest) == {("signature-unverifiable", "no-signature")}


def test_many_bad_signatures_make_a_short_sentence(trail: Trail) -> None:
    newest = trail.delivered[4]
    values = [*(f"{number:02x}" for number in range(7)), "00", "00"]
    trail.evidence.signatures = [
        Signature(f"s{number}", newest, value) for number, value in enumerate(values)
    ]

    parts = detail(trail.evidence, newest, "signature-invalid").split("; ")

    assert len(parts) == 5
    assert parts[-1] == "3 more signatures do not hold"
    flaw = "it has 1 bytes, signatures of this key have 256"
    assert all(part.endswith(f"does not hold: {flaw}") for part in parts[:4])


@pytest.mark.parametrize("with_keys", [True, False])
def test_the_list_of_a_disproved_digest_does_not_clear_a_log(trail: Trail, with_keys: bool) -> None:
    evidence = trail.evidence
    evidence.logs[A] = b'{"Records":["planted"]}'
    evidence.digests["rival.json"] = evidence.digests[trail.delivered[1]]
    planted = listing(trail, trail.delivered[1], hashValue=sha256(evidence.logs[A] or b""))
    evidence.edit("rival.json", logFiles=planted)
    if not with_keys:
        evidence.keys = None

    assert said(evidence, A) == {("hash-mismatch", "")}


def test_a_log_that_only_a_disproved_digest_lists_is_not_proven(trail: Trail) -> None:
    extra = log_key(80, "x")
    trail.evidence.logs[f"dump/{extra}"] = b"{}"
    second = trail.delivered[1]
    added = listing(trail, second, s3Object=extra, hashValue=sha256(b"{}"))[:1]
    trail.evidence.edit(second, logFiles=listing(trail, second) + added)

    assert said(trail.evidence, f"dump/{extra}") == {("valid-hash-only", "hash-mismatch")}
    assert said(trail.evidence, A) == {("valid-hash-only", "hash-mismatch")}


@pytest.mark.parametrize("here", [True, False])
def test_a_log_listed_with_an_unknown_hash_is_not_judged(trail: Trail, here: bool) -> None:
    second = trail.delivered[1]
    trail.evidence.edit(second, logFiles=listing(trail, second, hashAlgorithm="SHA-512"))
    if not here:
        del trail.evidence.logs[A]

    code = ("signature-unverifiable", "algorithm") if here else ("log-missing", "")
    assert said(trail.evidence, A) == {code}


def test_an_unreadable_log_is_not_taken_for_one_with_an_unknown_hash(trail: Trail) -> None:
    second = trail.delivered[1]
    trail.evidence.edit(second, logFiles=listing(trail, second, hashAlgorithm="SHA-512"))
    extra = f"dump/{log_key(80, 'x')}"
    trail.evidence.logs[extra] = None

    assert said(trail.evidence, extra) == {("log-extra", "")}


def test_one_file_does_not_stand_for_two_of_its_name(trail: Trail) -> None:
    second = trail.delivered[1]
    other = f"elsewhere/{LOGS['a'].rpartition('/')[2]}"
    twin = listing(trail, second, s3Object=other, hashValue="1" * 64)[:1]
    trail.evidence.edit(second, logFiles=listing(trail, second) + twin)

    assert said(trail.evidence, A) == {("valid-hash-only", "hash-mismatch")}
    assert said(trail.evidence, other) == {("log-missing", "")}


KEY = "prefix/AWSLogs/1/CloudTrail/r/2024/05/01/f.json.gz"


@pytest.mark.parametrize(
    ("key", "path", "expected"),
    [
        (KEY, f"dump/{KEY}", True),
        (KEY, f"dump/{KEY.removesuffix('.gz')}", True),
        (KEY, "dump.zip!/" + KEY.removeprefix("prefix/"), True),
        (KEY, "dump\\2024\\05\\01\\f.json.gz", True),
        (KEY, "dump/2024/05/01/f.json.gz", True),
        (KEY, "dump/05/01/f.json.gz", False),
        (KEY, "f.json.gz", False),
        (KEY, "dump/2024/05/02/f.json.gz", False),
        (KEY, KEY.replace("/1/", "/2/"), False),
        (KEY, f"AWSLogs/2/{KEY}", True),
        ("k/f.json", "AWSLogs/k/f.json", True),
        ("k/f.json", "xk/f.json", False),
    ],
)
def test_a_copy_lies_in_place_as_far_as_its_path_tells(key: str, path: str, expected: bool) -> None:
    assert in_place(key, ["elsewhere.json", path]) is expected
