"""Cases that DuckDB itself encrypts (AES-256-GCM): their key, and how they are opened.

DuckDB reads them as it is. To write them it wants OpenSSL, which comes with its extension httpfs
and not with its wheel: the extension's signed file is loaded from a place that the analyst names,
or from the package duckdb-extension-httpfs. DuckDB checks the signature; nothing turns that off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from forensics.evidence.ddl import literal
from forensics.evidence.faults import CaseError, explained

KEY_VARIABLE = "AWSLOGS_FORENSICS_KEY"
MODULE_VARIABLE = "AWSLOGS_FORENSICS_CRYPTO"
SHORTEST = 24  # characters of a key: DuckDB makes it into a cipher key without any delay
_PACKAGE = "duckdb_extension_httpfs"
_ALIAS = "evidence_case"  # the name of the case as a catalog of DuckDB
_MAGIC, _FLAGS = slice(8, 12), 20  # places in a file of DuckDB
_given: ContextVar[str] = ContextVar("key of an encrypted case", default="")


class KeyMissing(CaseError):
    """The case is encrypted and no key was given."""


class WrongCaseKey(CaseError):
    """The case is encrypted with another key."""


class CryptoMissing(CaseError):
    """DuckDB lacks the module with which it writes encrypted files."""


@contextmanager
def using(key: str) -> Iterator[None]:
    """Whatever case is opened meanwhile is opened with this key, not that of the environment."""
    token = _given.set(key)
    try:
        yield
    finally:
        _given.reset(token)


def key() -> str:
    """The key that is to be used; '' without any."""
    return _given.get() or os.environ.get(KEY_VARIABLE, "")


def is_encrypted(path: Path) -> bool:
    """Whether a file is an encrypted database of DuckDB."""
    begin = _begin(path)
    return len(begin) > _FLAGS and begin[_MAGIC] == b"DUCK" and bool(begin[_FLAGS] & 1)


def is_database(path: Path) -> bool:
    """Whether a file begins like a database of DuckDB."""
    return _begin(path)[_MAGIC] == b"DUCK"


def _begin(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_FLAGS + 1)


def connected_reading(path: Path, config: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """An encrypted case as default catalog, for reading; nothing is spilled to the disk.

    Raises KeyMissing, WrongCaseKey or CaseError.
    """
    return _connected(path, {**config, "temp_directory": ""}, "READ_ONLY")


def connected_writing(
    path: Path, config: Mapping[str, Any], storage: str
) -> duckdb.DuckDBPyConnection:
    """An encrypted case as default catalog, for writing; what is spilled is encrypted too.

    Raises KeyMissing, WrongCaseKey, CryptoMissing or CaseError.
    """
    beside = {"temp_directory": f"{path}.tmp", "temp_file_encryption": True}
    version = f"STORAGE_VERSION {literal(storage)}"
    return _connected(path, {**config, **beside}, version, with_module=True)


def _connected(
    path: Path, config: Mapping[str, Any], option: str, *, with_module: bool = False
) -> duckdb.DuckDBPyConnection:
    secret = _checked_key(path, is_new=not path.exists())
    before = {name: value for name, value in config.items() if name != "enable_external_access"}
    connection = duckdb.connect(":memory:", config=before)
    try:
        if with_module:
            load_module(connection)
        attach(connection, path, _ALIAS, secret, option)
        connection.execute(f"USE {_ALIAS}")
        connection.execute("SET enable_external_access = false")
    except BaseException:
        connection.close()
        raise
    return connection


def attach(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, secret: str, option: str
) -> None:
    """Open a case under a name, with a key or '' for a plain one. Raises CaseError."""
    options = [option] if not secret else [f"ENCRYPTION_KEY {literal(secret)}", option]
    try:
        listed = ", ".join(options)
        connection.execute(f"ATTACH {literal(str(path))} AS {name} ({listed})")
    except duckdb.Error as error:
        # `from None`: what DuckDB says may quote the statement, and with it the key.
        raise _fault(error, path, secret) from None


def _fault(error: duckdb.Error, path: Path, secret: str) -> CaseError:
    message = str(error).replace(secret or "\0", "***")
    if "Wrong encryption key" in message:
        return WrongCaseKey(
            f"{path}: encrypted with another key, or by a newer DuckDB",
            hint="there is no way in without the key; DuckDB 1.4 reads none of later versions",
        )
    fault = explained(error, path)
    return fault or CaseError(f"{path}: {message.splitlines()[0]}", hint="check the file")


def _checked_key(path: Path, *, is_new: bool) -> str:
    found = key()
    if not found:
        raise KeyMissing(
            f"{path}: an encrypted case, and no key",
            hint=f"set {KEY_VARIABLE}, or name a --key-file",
        )
    if is_new:
        check_new(found)
    return found


def check_new(secret: str) -> None:
    """Raise KeyMissing for a key that is too short to encrypt a case with."""
    if len(secret) < SHORTEST:
        raise KeyMissing(
            f"a key of {len(secret)} characters",
            hint=f"take {SHORTEST} at least, random ones: openssl rand -base64 32",
        )


def load_module(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the module for writing encrypted files. Raises CryptoMissing."""
    path = _module()
    if path is None:
        raise CryptoMissing(
            f"DuckDB {duckdb.__version__} reads encrypted cases, and writes none without OpenSSL",
            hint=f"name its signed httpfs.duckdb_extension in {MODULE_VARIABLE}, or install this"
            " program with its extra `encrypt`: pip install '.[encrypt]'",
        )
    try:
        connection.execute(f"LOAD {literal(str(path))}")
    except duckdb.Error as error:
        raise CryptoMissing(
            f"{path}: DuckDB {duckdb.__version__} does not load it: {str(error).splitlines()[0]}",
            hint="it must be signed, and made for this very version and platform",
        ) from error


def _module() -> Path | None:
    """The file of the extension: the one that is named, or that of the package."""
    named = os.environ.get(MODULE_VARIABLE)
    if named:
        return Path(os.path.abspath(named))  # noqa: PTH100
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        name = f"extensions/v{duckdb.__version__}/httpfs.duckdb_extension"
        path = Path(folder) / name
        if path.is_file():
            return path
    return None
