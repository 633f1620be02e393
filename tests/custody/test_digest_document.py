"""A digest document: read exactly, or refused with its place; never anything else."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody.digests import DigestError, Log, Verdict, parse_digest, validate
from forensics.custody.digests.document import hash_number
from forensics.custody.digests.names import Chain

VECTOR = (
    b'{"awsAccountId":"111122223333","digestStartTime":"2024-05-01T09:00:00Z",'
    b'"digestEndTime":"2024-05-01T10:00:00Z","digestS3Bucket":"example-bucket",'
    b'"digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/05/01/'
    b'111122223333_CloudTrail-Digest_us-east-1_t1_us-east-1_20240501T100000Z.json.gz",'
    b'"digestPublicKeyFingerprint":"00112233445566778899aabbccddeeff",'
    b'"digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,'
    b'"previousDigestS3Bucket":null,"previousDigestS3Object":null,'
    b'"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,'
    b'"previousDigestSignature":null,"logFiles":[]}'
)
VECTOR_SHA256 = "9aed66809e40447f0051c02e25bc6b935e05436566fa3ae7b2e849cd0ce4c702"
KEY = json.loads(VECTOR)["digestS3Object"]
LOG = {"s3Bucket": "b", "s3Object": "k", "hashValue": "0" * 64, "hashAlgorithm": "SHA-256"}


def changed(**members: object) -> bytes:
    return json.dumps(json.loads(VECTOR) | members).encode()


def without(name: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(VECTOR).items() if k != name}).encode()


def test_a_digest_reads_as_written() -> None:
    digest = parse_digest(VECTOR, "d.json.gz")

    assert (digest.paths, digest.sha256) == (("d.json.gz",), VECTOR_SHA256)
    assert digest.chain == Chain("111122223333", "us-east-1", "t1", "us-east-1", backfill=False)
    assert digest.start == datetime(2024, 5, 1, 9, tzinfo=UTC)
    assert digest.end == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert digest.stored.uri == f"s3://example-bucket/{KEY}"
    assert (digest.previous, digest.logs) == (None, ())


def test_what_aws_signs_is_four_lines() -> None:
    assert parse_digest(VECTOR, "d").signed.decode().split("\n") == [
        "2024-05-01T10:00:00Z",
        f"example-bucket/{KEY}",
        VECTOR_SHA256,
        "null",
    ]
    assert len(parse_digest(VECTOR, "d").signed) == 244


def test_the_signature_before_is_signed_as_written() -> None:
    content = changed(previousDigestSignature="ABcd", previousDigestS3Object="p")

    assert parse_digest(content, "d").signed.endswith(b"\nABcd")


@pytest.mark.parametrize(
    ("name", "trail", "home", "backfill"),
    [
        ("t1_us-east-1_20240501T100000Z", "t1", "us-east-1", False),
        ("my_trail-2_eu-west-1_20240501T100000Z", "my_trail-2", "eu-west-1", False),
        ("t1_us-east-1_20240501T100000Z_backfill", "t1", "us-east-1", True),
    ],
)
def test_the_key_names_the_chain(name: str, trail: str, home: str, backfill: bool) -> None:
    key = f"o-abc/AWSLogs/o-abc/1/CloudTrail-Digest/r/1_CloudTrail-Digest_us-east-1_{name}.json.gz"

    chain = parse_digest(changed(digestS3Object=key), "d").chain

    assert chain == Chain("1", "us-east-1", trail, home, backfill)


def test_the_other_name_of_the_fingerprint_is_known() -> None:
    members = json.loads(without("digestPublicKeyFingerprint")) | {"publicKeyFingerprint": "ff"}

    assert parse_digest(json.dumps(members).encode(), "d").fingerprint == "ff"


def test_a_byte_order_mark_is_read_over_but_hashed() -> None:
    digest = parse_digest(b"\xef\xbb\xbf" + VECTOR, "d")

    assert digest.stored.key == KEY
    assert digest.sha256 != VECTOR_SHA256


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "is not JSON as defined: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "the document is a list, not an object"),
        (b'"digest"', "the document is text, not an object"),
        (b"\xff\xfe{}", "is not JSON as defined: 'utf-8' codec can't decode byte 0xff"),
        (VECTOR[:-1], "is not JSON as defined: Expecting ',' delimiter"),
        (VECTOR + b"{}", "is not JSON as defined: Extra data"),
        (b"[" * 100_000, "nests too deeply"),
        (b'{"a":' * 100_000, "nests too deeply"),
        (b'{"a":NaN}', "is not JSON as defined: NaN is no JSON value"),
        (b'{"a":' + b"9" * 5000 + b"}", "is not JSON as defined: Exceeds the limit"),
        (VECTOR[:-1] + b',"logFiles":[]}', "is not JSON as defined: a member occurs twice"),
        (without("digestEndTime"), "member /digestEndTime is missing"),
        (without("digestS3Bucket"), "member /digestS3Bucket is missing"),
        (without("logFiles"), "member /logFiles is null, not a list"),
        (without("previousDigestSignature"), "member /previousDigestSignature is missing"),
        (without("digestPublicKeyFingerprint"), "member /publicKeyFingerprint is missing"),
        (changed(digestS3Object=7), "member /digestS3Object is a number, not text"),
        (changed(digestS3Object="k" * 1025), "member /digestS3Object has 1025 characters"),
        (changed(digestS3Object="k"), "member /digestS3Object is not the key of a digest"),
        (changed(digestS3Bucket="\ud800"), "member /digestS3Bucket is no Unicode text"),
        (changed(digestStartTime="yesterday"), "member /digestStartTime is not a time"),
        (changed(digestEndTime="2024-02-30T00:00:00Z"), "member /digestEndTime is not a time"),
        (changed(digestEndTime="0000-01-01T00:00:00Z"), "member /digestEndTime is not a time"),
        (changed(previousDigestSignature=[]), "member /previousDigestSignature is a list"),
        (changed(logFiles=[LOG, 3]), "member /logFiles/1 is a number, not an object"),
        (changed(logFiles=[LOG | {"s3Object": None}]), "member /logFiles/0/s3Object is missing"),
        (
            changed(logFiles=[LOG | {"hashValue": True}]),
            "member /logFiles/0/hashValue is a boolean",
        ),
    ],
)
def test_what_is_no_digest_is_refused_with_its_place(content: bytes, fact: str) -> None:
    with pytest.raises(DigestError) as caught:
        parse_digest(content, "dump/d.json.gz")

    assert caught.value.location == "dump/d.json.gz"
    assert caught.value.fact.startswith(fact)
    assert str(caught.value) == f"dump/d.json.gz: {caught.value.fact}"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0" * 63 + "a", 10),
        ("A", 10),  # leading zeros lost, other case
        ("f" * 64, 2**256 - 1),
        ("0" * 65, -1),
        ("", -1),
        ("0x0a", -1),
        ("-1", -1),
        ("1_0", -1),
        ("\uff11", -1),  # a digit to int(), but not to a hash
        (None, -1),
    ],
)
def test_hashes_compare_as_numbers(written: str | None, number: int) -> None:
    assert hash_number(written) == number


def test_an_error_keeps_its_place_between_processes() -> None:
    error = pickle.loads(pickle.dumps(DigestError("is torn", location="d", hint="look")))

    assert (error.fact, error.location, error.hint, str(error)) == (
        "is torn", "d", "look", "d: is torn\nhint: look",
    )  # fmt: skip


def test_a_document_beyond_all_digests_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forensics.custody.digests.strict_json.LARGEST", 100)

    with pytest.raises(DigestError, match="has 627 bytes, more than 100"):
        parse_digest(VECTOR, "d")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(
    st.characters(exclude_categories=())
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
hashes = st.sampled_from([VECTOR_SHA256, "0" * 64, "zz", "", "9" * 65]) | st.text()
times = st.sampled_from(
    ["0001-01-01T00:00:00Z", "2024-05-01T10:00:00Z", "2024-05-01T12:00:00Z", "9999-12-31T23:59:59Z"]
)
keys = st.sampled_from([KEY, KEY.replace("T10", "T11"), KEY.replace("Z.json", "Z_backfill.json")])
logs = st.builds(
    lambda key, digest, algorithm: (
        LOG | {"s3Object": key, "hashValue": digest, "hashAlgorithm": algorithm}
    ),
    st.sampled_from(["a/x.json.gz", "b/x.json", "\\", "/", ""]),
    hashes,
    st.sampled_from(["SHA-256", "MD5"]),
)
digests = st.fixed_dictionaries(
    {
        "digestStartTime": times,
        "digestEndTime": times,
        "digestS3Object": keys,
        "previousDigestS3Bucket": st.none() | st.just("example-bucket"),
        "previousDigestS3Object": st.none() | keys,
        "previousDigestHashValue": st.none() | hashes,
        "previousDigestSignature": st.none() | st.sampled_from(["00" * 256, "x"]),
        "logFiles": st.lists(logs, max_size=4),
    }
)


def checked(contents: list[bytes], logs: list[Log]) -> tuple[Verdict, ...]:
    read, refused = [], []
    for number, content in enumerate(contents):
        try:
            read.append(parse_digest(content, f"d{number}"))
        except DigestError as error:
            refused.append(error)
    return validate(read, logs, refused=refused)


@given(st.lists(digests, max_size=5), st.permutations(range(5)))
def test_any_chain_of_well_formed_digests_gets_sorted_verdicts(
    members: list[dict[str, Any]], order: list[int]
) -> None:
    contents = [changed(**m) for m in members]
    files = [Log(f"{folder}/x.json", sha256) for folder in "ab" for sha256 in (VECTOR_SHA256, None)]

    verdicts = checked(contents, files)

    assert list(verdicts) == sorted(set(verdicts))
    named = [(contents[i], f"d{i}") for i in order if i < len(contents)]
    again = [parse_digest(content, path) for content, path in named]
    assert validate(again, files[::-1]) == verdicts
    judged = [v for v in verdicts if v.kind == "digest" and v.code not in CIRCUMSTANCES]
    assert len(judged) <= len(set(contents))


CIRCUMSTANCES = {"starting-digest", "backfill", "moved"}


@given(st.sampled_from(sorted(json.loads(VECTOR))), values)
def test_any_value_of_a_member_is_read_or_refused(name: str, value: object) -> None:
    checked([changed(**{name: value})], [])


@given(st.dictionaries(st.sampled_from(sorted(LOG)), values))
def test_any_entry_of_a_log_is_read_or_refused(entry: dict[str, object]) -> None:
    checked([changed(logFiles=[LOG | entry])], [Log("k", "0" * 64)])


@given(st.binary(max_size=40), st.integers(0, len(VECTOR)), st.integers(0, 40))
def test_any_damage_is_read_or_refused(noise: bytes, position: int, gone: int) -> None:
    checked([VECTOR[:position] + noise + VECTOR[position + gone :]], [])
