"""Saved results of CloudTrail Lake queries: what tampering with each part is called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody.digests import DigestError, lake_verdicts, parse_result_signature
from tests.custody.trail import fingerprint, key_entry, key_list, sha256

ONE, TWO = sha256(b"one"), sha256(b"two")
HERE = {"r/result_1.csv.gz": ONE, "r/result_2.csv.gz": TWO}
SIGN = "r/result_sign.json"


@pytest.fixture
def document(key: RSAPrivateKey) -> dict[str, Any]:
    signature = key.sign(f"{ONE} {TWO}".encode(), PKCS1v15(), SHA256())
    return {
        "version": "1.0",
        "region": "us-east-1",
        "files": [
            {"fileHashValue": ONE, "fileName": "result_1.csv.gz"},
            {"fileHashValue": TWO, "fileName": "result_2.csv.gz"},
        ],
        "hashAlgorithm": "SHA-256",
        "signatureAlgorithm": "SHA256withRSA",
        "queryCompleteTime": "2024-05-01T10:00:00Z",
        "hashSignature": signature.hex(),
        "publicKeyFingerprint": fingerprint(key),
    }


FIRST, SECOND = "r/result_1.csv.gz", "r/result_2.csv.gz"
HASH_ONLY = {(FIRST, "valid-hash-only"), (SECOND, "valid-hash-only")}
WHOLE = {(SIGN, "valid"), (FIRST, "valid"), (SECOND, "valid")}
UNKNOWN = "signature-unverifiable"


@pytest.mark.parametrize(
    ("changes", "here", "expected"),
    [
        ({}, HERE, WHOLE),
        ({}, HERE | {FIRST: TWO}, (WHOLE - {(FIRST, "valid")}) | {(FIRST, "hash-mismatch")}),
        ({}, {FIRST: ONE}, {(SIGN, "valid"), (FIRST, "valid"), ("result_2.csv.gz", "log-missing")}),
        ({}, HERE | {"r/result_3.csv.gz": ONE}, WHOLE | {("r/result_3.csv.gz", "log-extra")}),
        ({"hashSignature": "00"}, HERE, {(SIGN, "signature-invalid"), *HASH_ONLY}),
        ({"hashSignature": "no hex"}, HERE, {(SIGN, "signature-invalid"), *HASH_ONLY}),
        ({"publicKeyFingerprint": "0" * 32}, HERE, {(SIGN, "key-not-found"), *HASH_ONLY}),
        ({"signatureAlgorithm": "none"}, HERE, {(SIGN, UNKNOWN), *HASH_ONLY}),
        ({"hashAlgorithm": "MD5"}, HERE, {(SIGN, UNKNOWN), (FIRST, UNKNOWN), (SECOND, UNKNOWN)}),
        (
            {"queryCompleteTime": "2025-05-01T10:00:00Z"},
            HERE,
            WHOLE | {(SIGN, "key-outside-validity")},
        ),
        (
            {"files": [{"fileHashValue": ONE, "fileName": "result_1.csv.gz"}]},
            {FIRST: ONE},
            {(SIGN, "signature-invalid"), (FIRST, "valid-hash-only")},
        ),
    ],
)
def test_what_tampering_with_a_result_is_called(
    key: RSAPrivateKey,
    document: dict[str, Any],
    changes: dict[str, Any],
    here: dict[str, str],
    expected: set[tuple[str, str]],
) -> None:
    signed = parse_result_signature(json.dumps(document | changes).encode(), SIGN)

    verdicts = lake_verdicts(signed, here, key_list(key_entry(key)))

    assert {(v.subject, str(v.code)) for v in verdicts} == expected
    assert list(verdicts) == sorted(verdicts)
    assert len(verdicts) == len(expected)


def test_without_keys_only_hashes_are_checked(document: dict[str, Any]) -> None:
    signed = parse_result_signature(json.dumps(document).encode(), SIGN)

    verdicts = lake_verdicts(signed, HERE)

    assert {(v.subject, str(v.code)) for v in verdicts} == {(SIGN, UNKNOWN), *HASH_ONLY}


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"files": None}, "member /files is null, not a list"),
        ({"files": [{}]}, "member /files/0/fileName is missing"),
        ({"hashSignature": 5}, "member /hashSignature is a number, not text"),
        (
            {"files": [{"fileHashValue": h, "fileName": "x"} for h in (ONE, TWO)]},
            "a file is listed twice",
        ),
    ],
)
def test_what_is_no_result_signature_is_refused(
    document: dict[str, Any], changes: dict[str, Any], fact: str
) -> None:
    with pytest.raises(DigestError) as caught:
        parse_result_signature(json.dumps(document | changes).encode(), SIGN)

    assert caught.value.fact == fact


@given(st.dictionaries(st.sampled_from(["files", "hashSignature", "queryCompleteTime"]), st.text()))
def test_any_text_in_a_member_is_read_or_refused(changes: dict[str, str]) -> None:
    members = {"files": [], "hashSignature": "", "publicKeyFingerprint": ""} | changes
    content = json.dumps(members).encode()
    if "files" in changes:
        with pytest.raises(DigestError):
            parse_result_signature(content, SIGN)
    else:
        signed = parse_result_signature(content, SIGN)
        assert {str(v.code) for v in lake_verdicts(signed, {})} == {UNKNOWN}
