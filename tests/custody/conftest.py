"""Keys are slow to make: one of AWS's and one of a stranger serve all tests here."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def stranger() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
