"""A synthetic trail: hourly digests signed with a key of its own, and the logs they list."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from forensics.custody.digests import (
    DigestError,
    Log,
    PublicKeys,
    Signature,
    Verdict,
    load_public_keys,
    parse_digest,
    validate,
)

ACCOUNT = "111122223333"
REGION = "us-east-1"
BUCKET = "example-bucket"
START = datetime(2024, 5, 1, 9, tzinfo=UTC)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def log_key(minutes: int, letter: str, folder: str = "CloudTrail") -> str:
    time = at(minutes)
    day = f"AWSLogs/{ACCOUNT}/{folder}/{REGION}/{time:%Y/%m/%d}"
    return f"{day}/{ACCOUNT}_{folder}_{REGION}_{time:%Y%m%dT%H%M}Z_{letter * 16}.json.gz"


def digest_key(end: datetime, trail: str = "t1", suffix: str = "") -> str:
    name = f"{ACCOUNT}_CloudTrail-Digest_{REGION}_{trail}_{REGION}_{end:%Y%m%dT%H%M%SZ}{suffix}"
    return f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/{name}.json.gz"


def der(key: RSAPrivateKey, form: PublicFormat = PublicFormat.PKCS1) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, form)


def fingerprint(key: RSAPrivateKey) -> str:
    return hashlib.md5(der(key)).hexdigest()


def key_entry(key: RSAPrivateKey, form: PublicFormat = PublicFormat.PKCS1) -> dict[str, Any]:
    value = der(key, form)
    return {
        "Value": base64.b64encode(value).decode(),
        "ValidityStartTime": "2024-04-20T00:00:00+00:00",
        "ValidityEndTime": "2024-05-20T00:00:00+00:00",
        "Fingerprint": hashlib.md5(value).hexdigest(),
    }


def key_list(*entries: Mapping[str, Any]) -> PublicKeys:
    return load_public_keys(json.dumps({"PublicKeyList": entries}).encode(), "keys.json")


def sign(key: RSAPrivateKey, document: Mapping[str, Any], content: bytes) -> str:
    """The signature of a digest, by the signing string as AWS documents it."""
    before = document["previousDigestSignature"]
    signed = (
        f"{document['digestEndTime']}\n"
        f"{document['digestS3Bucket']}/{document['digestS3Object']}\n"
        f"{sha256(content)}\n"
        f"{'null' if before is None else before}"
    )
    return key.sign(signed.encode(), PKCS1v15(), SHA256()).hex()


@dataclass
class Evidence:
    """What was acquired: content by path; a path here is the key under a dump's root."""

    digests: dict[str, bytes] = field(default_factory=dict)
    logs: dict[str, bytes | None] = field(default_factory=dict)
    signatures: list[Signature] = field(default_factory=list)
    keys: PublicKeys | None = None

    def copy(self) -> Evidence:
        return Evidence(dict(self.digests), dict(self.logs), list(self.signatures), self.keys)

    def check(self) -> tuple[Verdict, ...]:
        digests, refused = [], []
        for path, content in self.digests.items():
            try:
                digests.append(parse_digest(content, path))
            except DigestError as error:
                refused.append(error)
        logs = [Log(path, c if c is None else sha256(c)) for path, c in self.logs.items()]
        return validate(digests, logs, keys=self.keys, signatures=self.signatures, refused=refused)

    def edit(self, path: str, **members: object) -> None:
        """Change members of a digest without signing it anew."""
        self.digests[path] = json.dumps(json.loads(self.digests[path]) | members).encode()


class Trail:
    """Delivers digests, each naming the one before it."""

    def __init__(self, key: RSAPrivateKey, name: str = "t1", suffix: str = "") -> None:
        self.key = key
        self.name = name
        self.suffix = suffix
        self.evidence = Evidence(keys=key_list(key_entry(key)))
        self.delivered: list[str] = []
        self.signatures: dict[str, str] = {}
        self._last: dict[str, Any] | None = None

    def digest(self, start: float, logs: Iterable[str] = (), minutes: float = 60) -> str:
        """Deliver a digest from `start` (minutes after 09:00) on, and its logs; its path."""
        for log in logs:
            self.evidence.logs.setdefault(f"dump/{log}", f'{{"Records":["{log}"]}}'.encode())
        end = at(start + minutes)
        document = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"{at(start):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": BUCKET,
            "digestS3Object": digest_key(end, self.name, self.suffix),
            "digestPublicKeyFingerprint": fingerprint(self.key),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            **self._previous(),
            "logFiles": [self._listed(log) for log in logs],
        }
        return self._deliver(document)

    def stop(self) -> None:
        """The next digest names none before it."""
        self._last = None

    def _deliver(self, document: dict[str, Any]) -> str:
        content = json.dumps(document).encode()
        path = f"dump/{document['digestS3Object']}"
        self.evidence.digests[path] = content
        self.signatures[path] = sign(self.key, document, content)
        self._last = document | {"path": path}
        self.delivered.append(path)
        return path

    def _previous(self) -> dict[str, Any]:
        last = self._last
        return {
            "previousDigestS3Bucket": last and last["digestS3Bucket"],
            "previousDigestS3Object": last and last["digestS3Object"],
            "previousDigestHashValue": last and sha256(self.evidence.digests[last["path"]]),
            "previousDigestHashAlgorithm": last and "SHA-256",
            "previousDigestSignature": last and self.signatures[last["path"]],
        }

    def _listed(self, key: str) -> dict[str, Any]:
        content = self.evidence.logs[f"dump/{key}"]
        assert content is not None
        return {
            "s3Bucket": BUCKET,
            "s3Object": key,
            "hashValue": sha256(content),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": "2024-05-01T10:42:27Z",
            "oldestEventTime": "2024-05-01T10:31:02Z",
        }

    def sidecar(self, path: str) -> Signature:
        return Signature(f"{path}.head.json", path, self.signatures[path])
