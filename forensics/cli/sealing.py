"""`seal` and `unseal`: a case on its way to somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forensics.cli.app import DEFAULT_DB, Db, app
from forensics.cli.secret import KeyFile, secret
from forensics.output.safe import terminal
from forensics.output.streams import emit

_Files = list[Path] | None


@app.command("seal")
def seal_command(
    out: Annotated[Path, typer.Option("--out", help="The file to make; it must not exist.")],
    db: Db = DEFAULT_DB,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Public key of who may open it: age1…, ssh-ed25519 …"),
    ] = None,
    to_file: Annotated[
        _Files, typer.Option("--to-file", help="File of such public keys, one a line.")
    ] = None,
    key_file: KeyFile = None,
) -> None:
    """Encrypt a case, its journal and its manifest into one file to hand over.

    Without --to a passphrase locks it: from --key-file, else from the variable
    AWSLOGS_FORENSICS_KEY, else from the terminal. Without this program, age and tar open it.

    Example: awslogs-forensics seal --db case.duckdb --out case.sealed
    """
    from forensics.custody.sealing import chosen, seal

    recipients = chosen(to or [], to_file or [])
    phrase = "" if recipients else secret(key_file, "Passphrase for the sealed case", twice=True)
    sealed = seal(db, out, to=recipients, secret=phrase)
    emit(f"{sealed.sha256}  {terminal(str(sealed.path))}\n".encode())


@app.command("unseal")
def unseal_command(
    sealed: Annotated[Path, typer.Argument(help="What `seal` made.")],
    db: Db = DEFAULT_DB,
    identity: Annotated[
        _Files, typer.Option("--identity", help="Your secret key: a file of age-keygen, or SSH.")
    ] = None,
    key_file: KeyFile = None,
) -> None:
    """Open a sealed case; what is not exactly what was sealed does not open at all.

    Example: awslogs-forensics unseal case.sealed --db case.duckdb
    """
    from forensics.custody.sealing import needs_passphrase, unseal

    if needs_passphrase(sealed):
        keys, phrase = [], secret(key_file, "Passphrase of the sealed case")
    else:
        keys, phrase = _keys(identity or [], key_file), ""
    found = unseal(sealed, db, keys=keys, secret=phrase)
    for path, sha256 in found.items():
        emit(f"{sha256}  {terminal(str(path))}\n".encode())


def _keys(files: list[Path], key_file: Path | None) -> list[Any]:
    """The secret keys in the files; the passphrase is asked for where one is locked."""
    from forensics.custody.sealing import identities, is_locked
    from forensics.errors import UsageError

    if not files:
        raise UsageError("sealed for recipients", hint="name your secret key: --identity FILE")
    locked = any(is_locked(path) for path in files)
    phrase = secret(key_file, "Passphrase of the secret key") if locked else ""
    return [each for path in files for each in identities(path, phrase)]
