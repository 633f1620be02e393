"""Signatures acquired beside digests: every shape of sidecar, and whose signature it is."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody.digests import DigestError, Signature, parse_signatures
from tests.custody.trail import Trail

NAME = "111122223333_CloudTrail-Digest_us-east-1_t1_us-east-1_20240501T100000Z.json.gz"
MADE = "2025-05-20T00:00:00.000Z"
MADE_TIME = datetime(2025, 5, 20, tzinfo=UTC)
METADATA = {"signature": "ab12", "signature-algorithm": "SHA256withRSA"}
HEADERS = {f"x-amz-meta-{name}": value for name, value in METADATA.items()}


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "content",
    [
        as_json({"Metadata": METADATA}),
        as_json({"ContentLength": 5, "Metadata": METADATA, "ResponseMetadata": {}}),
        as_json({"Metadata": {}, "ResponseMetadata": {"HTTPHeaders": HEADERS}}),
        as_json({"Metadata": HEADERS}),
        as_json({"metadata": {"mtime": "1", **METADATA}}),
        as_json(METADATA),
        b"\xef\xbb\xbf\r\n" + as_json({"Metadata": METADATA}),
        b"HTTP/1.1 200 OK\r\nx-amz-meta-signature: ab12\r\nContent-Length: 5\r\n\r\n",
        b"< HTTP/1.1 200 OK\n< X-Amz-Meta-Signature:ab12  \n<\n",
        b"x-amz-meta-signature: ab12",
        b"signature: ab12\n\xff: \xfe\n",
    ],
)
@pytest.mark.parametrize("suffix", ["", ".head.json", ".metadata.json", ".headers.txt"])
def test_a_sidecar_is_named_after_its_digest(content: bytes, suffix: str) -> None:
    path = f"dump/2024/{NAME}{suffix}"

    assert parse_signatures(content, path) == (Signature(path, f"dump/2024/{NAME}", "ab12"),)


def test_the_time_a_backfill_was_made_is_kept() -> None:
    metadata = METADATA | {"backfill-generation-timestamp": MADE}
    raw = f"x-amz-meta-signature: ab12\nx-amz-meta-backfill-generation-timestamp: {MADE}\n"

    for content in (as_json({"Metadata": metadata}), raw.encode()):
        (found,) = parse_signatures(content, f"{NAME}.head.json")
        assert found == Signature(f"{NAME}.head.json", NAME, "ab12", MADE_TIME)


def test_a_listing_names_each_object() -> None:
    listing = [
        {"Path": "a/one.json.gz", "Metadata": METADATA},
        {"Path": "a/log.json.gz", "Metadata": {"mtime": "1"}},
        {"Key": "a/two.json.gz", "Metadata": METADATA | {"signature": "cd"}},
        {"Path": "a/three.json.gz", "Metadata": None},
        {"Path": "a/four.json.gz", "Metadata": {"signature": None}},
    ]

    assert parse_signatures(as_json(listing), "rclone.json") == (
        Signature("rclone.json", "a/one.json.gz", "ab12"),
        Signature("rclone.json", "a/two.json.gz", "cd"),
    )


@pytest.mark.parametrize(
    ("content", "path", "fact"),
    [
        (b"", NAME, "holds no signature of a digest"),
        (b"ab12", NAME, "holds no signature of a digest"),
        (b"{}", NAME, "holds no signature of a digest"),
        (b"[]", NAME, "holds no signature of a digest"),
        (b"[3]", NAME, "member /0 is a number, not an object"),
        (b"{", NAME, "is not JSON as defined"),
        (as_json({"Metadata": METADATA}), "head.json", "neither its name nor its content says"),
        (b"signature: ab12", "headers.txt", "neither its name nor its content says"),
    ],
)
def test_what_holds_no_signature_is_refused(content: bytes, path: str, fact: str) -> None:
    with pytest.raises(DigestError) as caught:
        parse_signatures(content, path)

    assert caught.value.fact.startswith(fact)
    assert caught.value.location == path


@given(st.sampled_from([b"", b"{", b"[", b'{"Metadata":', b"signature:"]), st.binary(max_size=50))
def test_any_bytes_are_signatures_or_refused(start: bytes, content: bytes) -> None:
    with suppress(DigestError):
        assert parse_signatures(start + content, NAME)


def newest(trail: Trail) -> str:
    (verdict,) = (
        v
        for v in trail.evidence.check()
        if v.kind == "digest" and trail.delivered[-1] in v.refs and v.code != "moved"
    )
    return str(verdict.code)


@pytest.mark.parametrize(
    "of",
    [
        "{path}",
        "{key}",
        "{name}",
        "elsewhere/{name}",
        "elsewhere/{bare}",
        "C:\\case\\{name}",
    ],
)
def test_a_signature_finds_its_digest(key: RSAPrivateKey, of: str) -> None:
    trail = Trail(key)
    trail.digest(0)
    path = trail.digest(60)
    assert newest(trail) == "signature-unverifiable"
    name = path.rpartition("/")[2]
    of = of.format(
        path=path, key=path.removeprefix("dump/"), name=name, bare=name.removesuffix(".gz")
    )

    trail.evidence.signatures = [Signature("s.json", of, trail.signatures[path])]

    assert newest(trail) == "valid"


def test_a_signature_that_lies_beside_another_digest_accuses_none(key: RSAPrivateKey) -> None:
    """Two copies of equal name and different content: each sidecar speaks for its neighbour."""
    trail = Trail(key)
    path = trail.digest(0)
    rival = f"other/{path.rpartition('/')[2]}"
    trail.evidence.digests[rival] = trail.evidence.digests[path] + b"\n"
    trail.evidence.signatures = [Signature("s", path, trail.signatures[path])]

    found = {v.refs: str(v.code) for v in trail.evidence.check() if "valid" in v.code}
    unproven = {v.refs for v in trail.evidence.check() if v.code == "signature-unverifiable"}

    assert found == {(path,): "valid"}
    assert unproven == {(rival,)}


def test_signatures_of_absent_digests_are_counted(key: RSAPrivateKey) -> None:
    trail = Trail(key)
    path = trail.digest(0)
    other = path.replace("T10", "T11")
    trail.evidence.signatures = [
        Signature("rclone.json", path, trail.signatures[path]),
        Signature("rclone.json", other, "00"),
        Signature("rclone.json", f"{other}x", "00"),
    ]

    (unused,) = (v for v in trail.evidence.check() if v.kind == "signature")

    assert (unused.subject, str(unused.code)) == ("rclone.json", "signature-unused")
    assert unused.detail == "2 of its signatures belong to no digest here"
