"""A time stamping authority of our own, thrown away after the test: RFC 3161 in plain DER."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
SHA_256, RSA = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1"
CONTENT_TYPE, DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
POLICY = "1.3.6.1.4.1.99999.1"
SEQUENCE, SET, OCTETS, INTEGER, OID, TIME = 0x30, 0x31, 0x04, 0x02, 0x06, 0x18
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def der(tag: int, *parts: bytes) -> bytes:
    """One element of DER."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def number(value: int) -> bytes:
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        body += bytes(reversed(septets))
    return der(OID, bytes(body))


def algorithm(dotted: str) -> bytes:
    return der(SEQUENCE, oid(dotted), b"\x05\x00")


def attribute(dotted: str, value: bytes) -> bytes:
    return der(SEQUENCE, oid(dotted), der(SET, value))


@dataclass
class Authority:
    """A root, and a certificate for time stamps that it signed."""

    at: datetime = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
    is_for_stamps: bool = True
    root_key: RSAPrivateKey = field(init=False)
    key: RSAPrivateKey = field(init=False)
    root: x509.Certificate = field(init=False)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.root_key = rsa.generate_private_key(65537, 2048)
        self.key = rsa.generate_private_key(65537, 2048)
        self.root = self._certificate("Example Root", self.root_key, None)
        self.certificate = self._certificate("Example TSA", self.key, self.root)

    def _certificate(
        self, name: str, key: RSAPrivateKey, issuer: x509.Certificate | None
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(BEGIN + timedelta(days=365))
            .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        )
        if issuer:
            usage = ExtendedKeyUsageOID
            kind = usage.TIME_STAMPING if self.is_for_stamps else usage.CODE_SIGNING
            built = built.add_extension(x509.ExtendedKeyUsage([kind]), critical=True)
        return built.sign(self.root_key, SHA256())

    @property
    def pem(self) -> bytes:
        """What an analyst gets from the authority: its root and its certificate."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.root, self.certificate))

    def answer(self, content: bytes, *, nonce: int | None = None, status: int = 0) -> bytes:
        """The response to a request for a stamp over this content."""
        token = der(SEQUENCE, oid(SIGNED_DATA), der(0xA0, self._signed_data(content, nonce)))
        return der(SEQUENCE, der(SEQUENCE, number(status)), token if status < 2 else b"")

    def _signed_data(self, content: bytes, nonce: int | None) -> bytes:
        info = self._info(hashlib.sha256(content).digest(), nonce)
        return der(
            SEQUENCE,
            number(3),
            der(SET, algorithm(SHA_256)),
            der(SEQUENCE, oid(TST_INFO), der(0xA0, der(OCTETS, info))),
            der(0xA0, self.certificate.public_bytes(Encoding.DER)),
            der(SET, self._signer(info)),
        )

    def _info(self, imprint: bytes, nonce: int | None) -> bytes:
        return der(
            SEQUENCE,
            number(1),
            oid(POLICY),
            der(SEQUENCE, algorithm(SHA_256), der(OCTETS, imprint)),
            number(4711),
            der(TIME, f"{self.at:%Y%m%d%H%M%SZ}".encode()),
            b"" if nonce is None else number(nonce),
        )

    def _signer(self, info: bytes) -> bytes:
        own = hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()
        attributes = b"".join(
            sorted(
                [
                    attribute(CONTENT_TYPE, oid(TST_INFO)),
                    attribute(DIGEST, der(OCTETS, hashlib.sha256(info).digest())),
                    attribute(
                        SIGNING_CERTIFICATE,
                        der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, der(OCTETS, own)))),
                    ),
                ]
            )
        )
        signature = self.key.sign(der(SET, attributes), padding.PKCS1v15(), SHA256())
        issuer = self.certificate.issuer.public_bytes()
        return der(
            SEQUENCE,
            number(1),
            der(SEQUENCE, issuer, number(self.certificate.serial_number)),
            algorithm(SHA_256),
            der(0xA0, attributes),
            algorithm(RSA),
            der(OCTETS, signature),
        )
