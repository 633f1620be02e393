"""Digests: what each kind of tampering is called, with and without keys."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forensics.custody.digests import Code, Kind, Verdict, Weight
from tests.custody import tampering
from tests.custody.tampering import EXTRA, LOGS, Tamper, d, five_hours
from tests.custody.trail import BUCKET, Trail, sha256

EMPTY = sha256(b'{"Records":[]}')
LABEL = "111122223333/us-east-1/t1"

Pair = tuple[str, str]
"""(subject by its short name, code)"""


@pytest.fixture(scope="module")
def trail(key: RSAPrivateKey) -> Trail:
    return five_hours(key)


def short(trail: Trail, subject: str) -> str:
    """`d1`, `a`, `x` or `HH:MM/HH:MM` for a subject; a path in the dump as `path of` it."""
    names = {path.removeprefix("dump/"): f"d{n}" for n, path in enumerate(trail.delivered)}
    names |= {stored: name for name, stored in LOGS.items()} | {EXTRA: "x"}
    for stored, name in names.items():
        if subject == f"s3://{BUCKET}/{stored}":
            return name
        if subject == f"dump/{stored}":
            return f"path of {name}"
    if subject.startswith(LABEL):
        since, until = subject.rpartition(" ")[2].split("/")
        return f"{since[11:16]}/{until[11:16]}"
    return subject


def pairs(trail: Trail, verdicts: tuple[Verdict, ...]) -> set[Pair]:
    return {(short(trail, v.subject), str(v.code)) for v in verdicts}


BASE: set[Pair] = {
    ("d0", "valid"),
    ("d0", "starting-digest"),
    ("d1", "valid"),
    ("d2", "valid"),
    ("d3", "valid"),
    ("d4", "signature-unverifiable"),
    ("a", "valid"),
    ("b", "valid"),
    ("c", "valid"),
    ("e", "valid-hash-only"),
}


def instead(gone: str, *found: Pair) -> set[Pair]:
    """BASE without all that is said of the subjects in `gone`, and with `found`."""
    return {pair for pair in BASE if pair[0] not in gone.split()} | set(found)


MATRIX: list[tuple[Tamper, set[Pair]]] = [
    (tampering.untouched, BASE),
    (tampering.newest_with_signature, instead("d4 e", ("d4", "valid"), ("e", "valid"))),
    (tampering.newest_with_foreign_signature, instead("d4", ("d4", "signature-invalid"))),
    (tampering.newest_with_short_signature, instead("d4", ("d4", "signature-invalid"))),
    (tampering.newest_with_no_hex, instead("d4", ("d4", "signature-invalid"))),
    (tampering.one_good_one_bad_signature, instead("d4 e", ("d4", "valid"), ("e", "valid"))),
    (tampering.log_altered, instead("a", ("a", "hash-mismatch"))),
    (tampering.log_deleted, instead("b", ("b", "log-missing"))),
    (tampering.log_torn, instead("b", ("b", "log-unreadable"))),
    (tampering.log_added, instead("", ("path of x", "log-extra"))),
    (tampering.log_moved, instead("", ("a", "moved"))),
    (tampering.log_renamed, instead("", ("a", "moved"), ("dump/renamed.json", "moved"))),
    (tampering.log_copied, BASE),
    (
        tampering.log_copied_and_altered,
        instead("", (f"copies/{LOGS['a'].rpartition('/')[2]}", "hash-mismatch")),
    ),
    (tampering.log_exchanged, instead("b c", ("b", "hash-mismatch"), ("c", "hash-mismatch"))),
    (tampering.log_decompressed, BASE),
    (tampering.digest_copied, BASE),
    (tampering.digest_moved, instead("", ("d1", "moved"))),
    (
        tampering.digest_altered,
        instead(
            "d2 b c",
            ("d2", "hash-mismatch"),
            ("path of b", "log-extra"),
            ("path of c", "log-extra"),
        ),
    ),
    (
        tampering.newest_altered,
        # After 14:00 no digest would list e: its minute, 13:20, is well inside d4's hour.
        instead("d4 e", ("d4", "signature-invalid"), ("path of e", "log-extra")),
    ),
    (
        tampering.digest_altered_and_successor_fitted,
        instead(
            "d2 d3 b c",
            ("d2", "signature-invalid"),
            ("d3", "hash-mismatch"),
            ("path of b", "log-extra"),
            ("c", "valid-hash-only"),
        ),
    ),
    (tampering.newest_states_wrong_hash, instead("d4", ("d4", "hash-mismatch"))),
    (tampering.newest_with_wrong_previous_signature, instead("d3", ("d3", "signature-invalid"))),
    (tampering.hash_without_leading_zeros, BASE),
    (
        tampering.one_digest_deleted,
        instead(
            "d3 d2 b c",
            ("d3", "digest-missing"),
            ("d2", "signature-unverifiable"),
            ("b", "valid-hash-only"),
            ("c", "valid-hash-only"),
        ),
    ),
    (
        tampering.two_digests_deleted,
        instead(
            "d1 d2 d3 a b c",
            ("d1", "signature-unverifiable"),
            ("11:00/13:00", "two-digests-missing"),
            ("a", "valid-hash-only"),
            ("path of b", "not-covered"),
            ("path of c", "not-covered"),
        ),
    ),
    (
        tampering.two_digests_deleted_and_bridged,
        instead(
            "d2 d3 b c",
            ("11:00/13:00", "gap"),
            ("path of b", "not-covered"),
            ("path of c", "not-covered"),
        ),
    ),
    (tampering.oldest_deleted, instead("d0", ("d0", "chain-begins-earlier"))),
    (
        tampering.newest_deleted,
        instead("d3 d4 e", ("d3", "signature-unverifiable"), ("path of e", "not-covered")),
    ),
    (
        tampering.digest_unreadable,
        instead(
            "d3 d4 e",
            ("d3", "signature-unverifiable"),
            ("path of d4", "digest-unreadable"),
            ("path of e", "not-covered"),
        ),
    ),
    (
        tampering.no_keys,
        instead(
            "d0 d1 d2 d3 a b c",
            ("d0", "starting-digest"),
            *((name, "valid-hash-only") for name in ("d0", "d1", "d2", "d3", "a", "b", "c")),
        ),
    ),
    (
        tampering.no_keys_with_signature,
        instead(
            "d0 d1 d2 d3 a b c",
            ("d0", "starting-digest"),
            *((name, "valid-hash-only") for name in ("d0", "d1", "d2", "d3", "a", "b", "c")),
        ),
    ),
    (
        tampering.no_keys_and_digest_altered,
        instead(
            "d0 d1 d2 d3 a b c",
            ("d0", "starting-digest"),
            *((name, "valid-hash-only") for name in ("d0", "d1", "d3", "a")),
            ("d2", "hash-mismatch"),
            ("path of b", "log-extra"),
            ("path of c", "log-extra"),
        ),
    ),
    (
        tampering.other_keys,
        instead(
            "d0 d1 d2 d3 a b c",
            ("d0", "starting-digest"),
            *((name, "key-not-found") for name in ("d0", "d1", "d2", "d3")),
            *((name, "valid-hash-only") for name in "abc"),
        ),
    ),
    (tampering.forged_rival, instead("", ("d1", "hash-mismatch"), ("d1", "moved"))),
    (
        tampering.previous_named_in_part,
        instead("d3", ("d3", "signature-unverifiable"), (f"s3://{BUCKET}/", "digest-missing")),
    ),
    (tampering.no_logs_and_no_digests, set()),
]


@pytest.mark.parametrize(("tamper", "expected"), MATRIX, ids=[t.__name__ for t, _ in MATRIX])
def test_what_tampering_is_called(trail: Trail, tamper: Tamper, expected: set[Pair]) -> None:
    evidence = trail.evidence.copy()

    tamper(evidence, trail)

    assert pairs(trail, evidence.check()) == expected


@pytest.mark.parametrize("tamper", [t for t, _ in MATRIX], ids=[t.__name__ for t, _ in MATRIX])
def test_the_order_of_evidence_does_not_matter(trail: Trail, tamper: Tamper) -> None:
    evidence = trail.evidence.copy()
    tamper(evidence, trail)
    shuffled = evidence.copy()
    chance = random.Random(7)
    for held in (shuffled.digests, shuffled.logs):
        items = list(held.items())
        chance.shuffle(items)
        held.clear()
        held.update(items)  # type: ignore[arg-type]
    shuffled.signatures.reverse()

    assert shuffled.check() == evidence.check()


def test_a_verdict_names_subject_cause_and_places(trail: Trail) -> None:
    evidence = trail.evidence.copy()
    tampering.log_altered(evidence, trail)

    found = [v for v in evidence.check() if v.weight is Weight.DIFFERENCE]

    listed = sha256(trail.evidence.logs[f"dump/{LOGS['a']}"] or b"")
    assert found == [
        Verdict(
            kind=Kind.LOG,
            subject=f"s3://{BUCKET}/{LOGS['a']}",
            code=Code.HASH_MISMATCH,
            reason="",
            detail=f"listed with SHA-256 {listed}, here with {EMPTY}",
            refs=(d(trail, 1), f"dump/{LOGS['a']}"),
        )
    ]


def test_every_code_has_a_weight_and_only_proof_is_sound() -> None:
    assert [code for code in Code if code.weight is Weight.SOUND] == [Code.VALID]
    assert {code.weight for code in Code} == set(Weight)


def test_reasons_tell_apart_what_is_missing_for_proof(trail: Trail) -> None:
    evidence = trail.evidence.copy()
    tampering.no_keys(evidence, trail)

    reasons = {short(trail, v.subject): v.reason for v in evidence.check() if v.reason}

    assert reasons == {
        **dict.fromkeys(("d0", "d1", "d2", "d3"), "no-public-keys"),
        "d4": "no-signature",
        **dict.fromkeys("abc", "valid-hash-only"),
        "e": "signature-unverifiable",
    }
