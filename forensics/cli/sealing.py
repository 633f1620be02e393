"""`seal`, `unseal` and `rekey`: a case that only some may read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forensics.cli.app import DEFAULT_DB, Db, app
from forensics.cli.secret import NEW_KEY, PASSPHRASE, PassphraseFile, secret
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
    passphrase_file: PassphraseFile = None,
) -> None:
    """Encrypt a case, its journal and its manifest into one file to hand over.

    Without --to a passphrase locks it: from --passphrase-file, else from the variable
    AWSLOGS_FORENSICS_PASSPHRASE, else from the terminal. age and tar open it, too.

    Example: awslogs-forensics seal --db case.duckdb --out case.sealed
    """
    from forensics.custody.sealing import chosen, seal

    recipients = chosen(to or [], to_file or [])
    phrase = "" if recipients else secret(PASSPHRASE, passphrase_file, twice=True)
    sealed = seal(db, out, to=recipients, secret=phrase)
    emit(f"{sealed.sha256}  {terminal(str(sealed.path))}\n".encode())


@app.command("unseal")
def unseal_command(
    sealed: Annotated[Path, typer.Argument(help="What `seal` made.")],
    db: Db = DEFAULT_DB,
    identity: Annotated[
        _Files, typer.Option("--identity", help="Your secret key: a file of age-keygen, or SSH.")
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open a sealed case; what is not exactly what was sealed does not open at all.

    Example: awslogs-forensics unseal case.sealed --db case.duckdb
    """
    from forensics.custody.sealing import needs_passphrase, unseal

    if needs_passphrase(sealed):
        keys, phrase = [], secret(PASSPHRASE, passphrase_file)
    else:
        keys, phrase = _keys(identity or [], passphrase_file), ""
    found = unseal(sealed, db, keys=keys, secret=phrase)
    for path, sha256 in found.items():
        emit(f"{sha256}  {terminal(str(path))}\n".encode())


@app.command("rekey")
def rekey_command(
    out: Annotated[Path, typer.Option("--out", help="The copy to make; it must not exist.")],
    db: Db = DEFAULT_DB,
    new_key_file: Annotated[
        Path | None, typer.Option("--new-key-file", help="File whose first line is the new key.")
    ] = None,
    decrypt: Annotated[
        bool, typer.Option("--decrypt", help="Make a copy that is not encrypted.")
    ] = False,
) -> None:
    """Copy a case under another key; a plain one becomes encrypted. Its journals stay as they are.

    The new key comes from --new-key-file, else from AWSLOGS_FORENSICS_NEW_KEY, else from the
    terminal. The case that is copied is not changed: delete it when the copy is safe.

    Example: awslogs-forensics rekey --db case.duckdb --out encrypted.duckdb
    """
    from forensics.custody.rekeying import rekey

    head = rekey(db, out, "" if decrypt else secret(NEW_KEY, new_key_file, twice=True))
    emit(f"{terminal(str(out))}: as {terminal(str(db))}, journal {head}\n".encode())


def _keys(files: list[Path], passphrase_file: Path | None) -> list[Any]:
    """The secret keys in the files; the passphrase is asked for where one is locked."""
    from forensics.custody.sealing import identities, is_locked
    from forensics.errors import UsageError

    if not files:
        raise UsageError("sealed for recipients", hint="name your secret key: --identity FILE")
    locked = any(is_locked(path) for path in files)
    phrase = secret(PASSPHRASE, passphrase_file) if locked else ""
    return [each for path in files for each in identities(path, phrase)]
