"""A case sealed for hand-over: encrypted and whole, or it does not open."""

from forensics.custody.sealing.bundle import SealBroken
from forensics.custody.sealing.locks import WrongKey, chosen, identities, is_locked
from forensics.custody.sealing.opened import needs_passphrase, unseal
from forensics.custody.sealing.sealed import Sealed, seal

__all__ = [
    "SealBroken",
    "Sealed",
    "WrongKey",
    "chosen",
    "identities",
    "is_locked",
    "needs_passphrase",
    "seal",
    "unseal",
]
