"""Public keys: every form in which one is exported, and what is not taken for one."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody.digests import DigestError, PublicKeys, load_public_keys, merged
from tests.custody.trail import Trail, der, fingerprint, key_entry, key_list

SPKI = PublicFormat.SubjectPublicKeyInfo


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def pem(key: RSAPrivateKey, form: PublicFormat) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, form)


def loads(content: object) -> PublicKeys:
    return load_public_keys(json.dumps(content).encode(), "keys.json")


@pytest.mark.parametrize("form", [PublicFormat.PKCS1, SPKI])
def test_a_key_is_found_by_the_fingerprint_of_either_encoding(
    key: RSAPrivateKey, form: PublicFormat
) -> None:
    entry = key_entry(key, form)
    forms = [
        loads({"PublicKeyList": [entry]}),
        loads({"publicKeyList": [entry]}),
        loads([entry]),
        loads({"PublicKeyList": [{"Value": entry["Value"]}]}),
        load_public_keys(der(key, form)),
        load_public_keys(pem(key, form)),
        load_public_keys(b"exported by hand\r\n" + pem(key, form).replace(b"\n", b"\r\n")),
    ]

    for keys in forms:
        assert keys.unusable == ()
        for name in (md5(der(key)), md5(der(key, SPKI)), md5(der(key)).upper()):
            assert [k.rsa for k in keys.find(name)] == [key.public_key()]


def test_the_fingerprint_is_the_md5_of_the_bytes_as_delivered(key: RSAPrivateKey) -> None:
    with_parameters = der(key, SPKI)

    assert key_entry(key, SPKI)["Fingerprint"] == md5(with_parameters)
    assert loads([key_entry(key, SPKI)]).find("0" * 32) == []


def test_lists_of_several_regions_serve_as_one(key: RSAPrivateKey, stranger: RSAPrivateKey) -> None:
    keys = merged([loads([key_entry(key), {"Value": "?"}]), loads([key_entry(stranger)])])

    assert [k.rsa for k in keys.find(fingerprint(key))] == [key.public_key()]
    assert [k.rsa for k in keys.find(fingerprint(stranger))] == [stranger.public_key()]
    assert keys.unusable == (("keys.json#/PublicKeyList/1", "the key is not base64"),)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def weak() -> str:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return encoded(der(small))


def curve() -> str:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return encoded(public.public_bytes(Encoding.DER, SPKI))


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        ("MIIB*", "the key is not base64"),
        ("", "the key is no public key in DER"),
        (encoded(b"\x30\x82"), "the key is no public key in DER"),
        (weak(), "the key has 1024 bits, not 2048 to 8192"),
        (curve(), "the key is no RSA key"),
        (None, "member /PublicKeyList/0/Value is missing"),
        (7, "member /PublicKeyList/0/Value is a number, not text"),
    ],
    ids=["base64", "empty", "torn", "weak", "curve", "missing", "number"],
)
def test_an_unusable_entry_is_named_and_harms_no_other(
    key: RSAPrivateKey, value: object, fact: str
) -> None:
    keys = loads([{"Value": value}, key_entry(key)])

    assert keys.unusable == (("keys.json#/PublicKeyList/0", fact),)
    assert len(keys.find(fingerprint(key))) == 1


def test_a_wrong_fingerprint_makes_an_entry_unusable(
    key: RSAPrivateKey, stranger: RSAPrivateKey
) -> None:
    """A stranger's key under the name of AWS's would verify what the stranger signed."""
    trail = Trail(stranger)
    path = trail.digest(0)
    trail.digest(60)
    for name, content in trail.evidence.digests.items():
        mine, aws = fingerprint(stranger).encode(), fingerprint(key).encode()
        trail.evidence.digests[name] = content.replace(mine, aws)
    trail.evidence.keys = key_list(key_entry(stranger) | {"Fingerprint": fingerprint(key)})

    codes = {(v.subject, str(v.code)) for v in trail.evidence.check()}

    assert ("keys.json#/PublicKeyList/0", "key-unusable") in codes
    assert "valid" not in {code for _, code in codes}
    assert trail.evidence.keys.find(fingerprint(key)) == []
    assert path in trail.evidence.digests


def test_a_signature_by_another_key_is_invalid(key: RSAPrivateKey, stranger: RSAPrivateKey) -> None:
    trail = Trail(key)
    path = trail.digest(0)
    trail.key = stranger  # names AWS's key below, but signs with its own
    forged = trail.digest(60)
    trail.evidence.edit(forged, digestPublicKeyFingerprint=fingerprint(key))
    trail.evidence.signatures = [trail.sidecar(forged)]

    codes = {v.refs: str(v.code) for v in trail.evidence.check() if v.kind == "digest"}

    assert codes == {(path,): "valid", (forged,): "signature-invalid"}


@pytest.mark.parametrize(
    "content", [b"", b"keys", b"{}", b'{"PublicKeyList":{}}', b"7", b"\x30\x00"]
)
def test_what_is_no_list_of_keys_is_refused(content: bytes) -> None:
    with pytest.raises(DigestError, match=r"^keys\.json: "):
        load_public_keys(content, "keys.json")


@given(st.binary(max_size=64))
def test_any_bytes_are_keys_or_refused(content: bytes) -> None:
    entry = {"Value": base64.b64encode(b"\x30" + content).decode()}
    assert loads([entry]).by_fingerprint == {}
    for start in (b"", b"\x30", b"{", b"-----BEGIN PUBLIC KEY-----"):
        with suppress(DigestError):
            assert load_public_keys(start + content, "k").by_fingerprint == {}


@given(st.data())
def test_any_damage_to_a_key_is_read_or_unusable(key: RSAPrivateKey, data: st.DataObject) -> None:
    value = bytearray(der(key, SPKI))
    position = data.draw(st.integers(0, len(value) - 1))
    value[position] = data.draw(st.integers(0, 255))
    keys = loads([{"Value": encoded(bytes(value))}])

    for found in keys.find(md5(bytes(value))):
        flaw = found.flaw("00" * (found.rsa.key_size // 8), b"")
        assert flaw == "it was not made by this key over these bytes"
