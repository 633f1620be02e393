"""CloudTrail's public keys as an analyst exported them, and the one use made of them.

A fingerprint (MD5 of the key's DER bytes) names a key and proves nothing: trust in a key comes
from how it was acquired.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from forensics.custody.digests.strict_json import DigestError, Members, decode, moment

FEWEST_BITS = 2048
MOST_BITS = 8192  # AWS uses 2048; larger ones only cost time
ROTATION = timedelta(hours=2)  # around a rotation a key signs a little outside its validity
_PEM = re.compile(rb"-----BEGIN (?:RSA )?PUBLIC KEY-----(.*?)-----END", re.DOTALL)
_LISTS = ("PublicKeyList", "publicKeyList")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One RSA key; `fingerprints` of both its encodings, validity as far as it was stated."""

    fingerprints: tuple[str, ...]
    rsa: RSAPublicKey
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def flaw(self, written: str, signed: bytes) -> str:
        """Why a signature, in hex, does not prove that this key signed `signed`; "" if it does."""
        try:
            signature = bytes.fromhex(written)
        except ValueError:
            return "it is not hexadecimal"
        size = self.rsa.key_size // 8
        if len(signature) != size:
            return f"it has {len(signature)} bytes, signatures of this key have {size}"
        try:
            self.rsa.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            return "it was not made by this key over these bytes"
        return ""

    def outside_validity(self, time: datetime) -> bool:
        """Whether `time` lies outside the key's validity by more than a rotation takes."""
        # Differences, as a time near the edge of the calendar cannot be moved.
        early = self.valid_from is not None and self.valid_from - time > ROTATION
        late = self.valid_to is not None and time - self.valid_to > ROTATION
        return early or late


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Keys by fingerprint; `unusable` holds (place, sentence) of entries that are no such key."""

    by_fingerprint: dict[str, list[PublicKey]] = field(default_factory=dict)
    unusable: tuple[tuple[str, str], ...] = ()

    def find(self, fingerprint: str) -> list[PublicKey]:
        """The keys that `fingerprint` may mean: one, but for forgeries and wider validity."""
        return self.by_fingerprint.get(fingerprint.lower(), [])


def merged(lists: Iterable[PublicKeys]) -> PublicKeys:
    """Several lists as one: `list-public-keys` answers for one region at a time."""
    together: dict[str, list[PublicKey]] = {}
    unusable: list[tuple[str, str]] = []
    for keys in lists:
        unusable += keys.unusable
        for fingerprint, found in keys.by_fingerprint.items():
            together.setdefault(fingerprint, []).extend(found)
    return PublicKeys(together, tuple(unusable))


def load_public_keys(content: bytes, path: str = "public keys") -> PublicKeys:
    """Read the JSON of `aws cloudtrail list-public-keys`, or a bare key (PEM, DER).

    An entry that is no RSA key of at least 2048 bits, or whose stated fingerprint is not that
    of its bytes, is put in `unusable`. Raises DigestError where the whole is no list of keys.
    """
    if content[:1] == b"\x30":
        return _indexed([_bare(content, path)], [])
    pem = _PEM.findall(content)
    if pem:
        return _indexed([_bare(_base64(block, path), path) for block in pem], [])
    return _from_list(decode(content, path), path)


def _from_list(document: object, path: str) -> PublicKeys:
    if isinstance(document, list):
        document = {_LISTS[0]: document}
    members = Members.of(document, path)
    name = next((name for name in _LISTS if name in members.values), _LISTS[0])
    keys: list[PublicKey] = []
    unusable: list[tuple[str, str]] = []
    for entry in members.objects(name):
        try:
            keys.append(_entry(entry))
        except DigestError as error:
            unusable.append((f"{path}#{entry.place}", error.fact))
    return _indexed(keys, unusable)


def _entry(entry: Members) -> PublicKey:
    location = f"{entry.path}#{entry.place}"
    key = _bare(_base64(entry.text("Value", longest=1 << 16).encode(), location), location)
    stated = entry.text_or_none("Fingerprint")
    if stated is not None and stated.lower() not in key.fingerprints:
        fact = f"the fingerprint stated, {stated}, is not that of the key"
        raise DigestError(fact, location=location)
    start, end = (moment(entry.values.get(f"Validity{edge}Time")) for edge in ("Start", "End"))
    return PublicKey(key.fingerprints, key.rsa, start, end)


def _base64(text: bytes, location: str) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError:
        raise DigestError("the key is not base64", location=location) from None


def _bare(der: bytes, location: str) -> PublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DigestError("the key is no public key in DER", location=location) from None
    if not isinstance(key, RSAPublicKey):
        raise DigestError("the key is no RSA key", location=location)
    if not FEWEST_BITS <= key.key_size <= MOST_BITS:
        fact = f"the key has {key.key_size} bits, not {FEWEST_BITS} to {MOST_BITS}"
        raise DigestError(fact, location=location)
    return PublicKey(_fingerprints(key, der), key)


def _fingerprints(key: RSAPublicKey, der: bytes) -> tuple[str, ...]:
    encodings = (PublicFormat.PKCS1, PublicFormat.SubjectPublicKeyInfo)
    forms = {der, *(key.public_bytes(Encoding.DER, form) for form in encodings)}
    return tuple(sorted(hashlib.md5(f, usedforsecurity=False).hexdigest() for f in forms))


def _indexed(keys: Iterable[PublicKey], unusable: list[tuple[str, str]]) -> PublicKeys:
    found: dict[str, list[PublicKey]] = {}
    for key in keys:
        for fingerprint in key.fingerprints:
            found.setdefault(fingerprint, []).append(key)
    return PublicKeys(found, tuple(unusable))
