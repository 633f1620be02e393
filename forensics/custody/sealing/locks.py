"""Who can open a sealed file: recipients by their public keys, or whoever knows a passphrase.

Sealed files are in the age format (age-encryption.org/v1): X25519 or SSH keys, ChaCha20-Poly1305
in authenticated chunks. age knows no long streams under a passphrase only, so a passphrase locks
a fresh key, as `age -p` locks an identity file, and that key locks the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyrage
from pyrage import passphrase, ssh, x25519

from forensics.errors import ForensicsError, UsageError

MAGIC = b"age-encryption.org/v1\n"
SHORTEST = 12  # characters of a passphrase
MOST = 1 << 20  # bytes of a key file

Recipient: TypeAlias = Any  # of pyrage, which ships no types: x25519.Recipient, ssh.Recipient
Identity: TypeAlias = Any  # likewise


class WrongKey(ForensicsError):
    """A sealed file does not open with the key given."""


def recipient(text: str) -> Recipient:
    """A public key as age or ssh-keygen prints it. Raises UsageError."""
    written = text.strip()
    kind = ssh if written.startswith("ssh-") else x25519
    try:
        return kind.Recipient.from_str(written)
    except pyrage.RecipientError as error:
        raise UsageError(
            f"{written}: not a public key ({error})",
            hint="give what age-keygen prints (age1…), or an SSH key (ssh-ed25519 …, ssh-rsa …)",
        ) from error


def recipients(path: Path) -> list[Recipient]:
    """The public keys of a file, one a line; # begins a remark. Raises UsageError."""
    lines = [line.strip() for line in _content(path).decode("utf-8", "replace").splitlines()]
    found = [recipient(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise UsageError(f"{path}: holds no public key", hint="one a line: age1… or ssh-…")
    return found


def is_locked(path: Path) -> bool:
    """Whether a file of secret keys needs a passphrase. Raises UsageError."""
    return _content(path).startswith(MAGIC)


def identities(path: Path, secret: str = "") -> list[Identity]:
    """The secret keys of a file as age-keygen or ssh-keygen write it.

    `secret` opens a file of age identities that is locked with a passphrase. Raises UsageError or
    WrongKey.
    """
    content = _content(path)
    if content.startswith(MAGIC):
        content = unlocked(content, secret)
    if b"PRIVATE KEY-----" in content:
        return [_identity(ssh.Identity.from_buffer, content, path)]
    lines = [line.strip() for line in content.splitlines()]
    found = [line for line in lines if line and not line.startswith(b"#")]
    if not found:
        raise UsageError(f"{path}: holds no secret key", hint="give a file of age-keygen, or SSH")
    return [_identity(_x25519, line, path) for line in found]


def _x25519(content: bytes) -> Identity:
    return x25519.Identity.from_str(content.decode("ascii", "replace"))


def _identity(read: Callable[[bytes], Identity], content: bytes, path: Path) -> Identity:
    try:
        return read(content)
    except pyrage.IdentityError as error:
        raise UsageError(
            f"{path}: not a secret key that can be used ({error})",
            hint="an SSH key that has a passphrase of its own must be saved without one first",
        ) from error


def new_identity() -> Identity:
    """A key made for one sealed file."""
    return x25519.Identity.generate()


def locked(identity: Identity, secret: str) -> bytes:
    """A key under a passphrase, as age keeps them. Raises UsageError for a passphrase too short."""
    if len(secret) < SHORTEST:
        raise UsageError(
            f"a passphrase of {len(secret)} characters",
            hint=f"take {SHORTEST} at least: whoever has the file can try as long as he likes",
        )
    written = f"# locks one sealed case of awslogs-forensics\n{identity}\n"
    return bytes(passphrase.encrypt(written.encode(), secret))


def unlocked(content: bytes, secret: str) -> bytes:
    """What a passphrase locks. Raises WrongKey."""
    try:
        return bytes(passphrase.decrypt(content, secret))
    except pyrage.DecryptError as error:
        raise wrong_key() from error


def wrong_key() -> WrongKey:
    """The error for a lock that a key does not fit; a changed lock looks the same."""
    return WrongKey(
        "the sealed file does not open with this key: it is another one, or the file was changed",
        hint="there is no way in without the key: ask the sender, or seal the case anew",
    )


def parsed(content: bytes) -> list[Identity]:
    """The one key that `locked` wrote."""
    return [x25519.Identity.from_str(content.decode("ascii").splitlines()[-1])]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error


def chosen(texts: Sequence[str], files: Sequence[Path]) -> list[Recipient]:
    """All recipients that options name."""
    return [*map(recipient, texts), *(each for path in files for each in recipients(path))]
