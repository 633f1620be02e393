"""One case: a DuckDB file, opened to take evidence in or to be read, and nothing in between."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from forensics.evidence import encrypted, views
from forensics.evidence.ddl import ensure_tables
from forensics.evidence.faults import (
    CaseError,
    CaseLocked,
    CaseMissing,
    CaseTooNew,
    DiskFull,
    NotACase,
    explained,
)
from forensics.evidence.schema import SCHEMA_VERSION
from forensics.evidence.spill import OWNER_ONLY, sweep

STORAGE = "v1.4.0"
"""The newest storage that DuckDB 1.4, the long-term line, still opens."""

_RETRY_SECONDS = 0.2
_COMPATIBILITY = "storage_compatibility_version"
_HEADERS = 3 * 4096  # bytes without which a file is no database of DuckDB
_CLOSED: Mapping[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}
_QUIET = (
    "SET GLOBAL TimeZone = 'UTC'",  # not for this connection only: cursors are others
    "SET enable_progress_bar = false",  # it goes to stdout
    # A join with few rows skips what it cannot meet: 50 are too few for the rows of a page.
    "SET GLOBAL dynamic_or_filter_threshold = 2000",
)


class Case:
    """A context manager over one DuckDB file; leaving it without an error makes it durable.

    Attributes:
        path: where the file lies, absolute.
        connection: DuckDB with the case as default catalog, in UTC.
        case_id: name of the case, 16 hex digits, made with the file.
    """

    def __init__(
        self, path: Path, connection: duckdb.DuckDBPyConnection, *, umask: int | None = None
    ) -> None:
        self.path, self.connection = path, connection
        self._umask = umask
        self.case_id = _case_id(connection)

    @classmethod
    def for_ingest(
        cls,
        path: str | os.PathLike[str],
        *,
        wait: float = 0,
        memory_limit: str | None = None,
        threads: int | None = None,
        encrypt: bool = False,
    ) -> Self:
        """Open or make a case for writing, and add the tables and columns it lacks.

        While it is open, files made by this process are readable by their owner only: DuckDB
        keeps evidence in files beside the case too.

        Args:
            path: the file; its folder must exist.
            wait: seconds to wait for another process to let go of it.
            memory_limit: as DuckDB spells it, like '1GB'.
            threads: threads DuckDB may use.
            encrypt: make a new case encrypted, with the key of `encrypted.key`.

        Raises CaseLocked, NotACase, CaseTooNew, DiskFull or CaseError.
        """
        where = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
        config = {**_CLOSED, _COMPATIBILITY: STORAGE}
        config |= {"memory_limit": memory_limit} if memory_limit else {}
        config |= {"threads": threads} if threads else {}
        umask = os.umask(OWNER_ONLY)
        try:
            with explaining(where):
                connection = _connected(where, config, wait, encrypt=encrypt)
                with closing_on_error(connection):
                    sweep(where)
                    _prepare_for_writing(connection, where)
                    return cls(where, connection, umask=umask)
        except BaseException:
            os.umask(umask)
            raise

    @classmethod
    def for_reading(cls, path: str | os.PathLike[str]) -> Self:
        """Open a case to be asked: nothing but the case can be read, and nothing written.

        Raises CaseMissing, NotACase, CaseTooNew, CaseLocked or CaseError.
        """
        where = Path(os.path.abspath(path))  # noqa: PTH100
        if not where.exists():
            raise CaseMissing(f"{where}: no such case", hint="make one: ingest DUMP --db FILE")
        with explaining(where):
            if encrypted.is_encrypted(where):
                connection = encrypted.connected_reading(where, _CLOSED)
            else:
                connection = duckdb.connect(str(where), read_only=True, config=dict(_CLOSED))
            with closing_on_error(connection):
                if not _is_locked(connection):
                    _execute(connection, *_QUIET, "SET lock_configuration = true")
                _check_version(connection, where)
                return cls(where, connection)

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All that is written inside stands together, or none of it."""
        with explaining(self.path), atomic(self.connection):
            yield self.connection

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        self.connection.close()
        if self._umask is not None:
            os.umask(self._umask)
            self._umask = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None and self._umask is not None:
                # DuckDB would do this on closing, but keep silent when it fails.
                with explaining(self.path):
                    self.connection.execute("CHECKPOINT")
            self._explain(error)
        finally:
            self.close()

    def _explain(self, error: BaseException | None) -> None:
        """Raise the foreseen fault that an error comes from, be it behind a failing ROLLBACK."""
        while error is not None:
            fault = explained(error, self.path) if isinstance(error, duckdb.Error) else None
            if fault is not None:
                raise fault from error
            error = error.__cause__ or error.__context__


@contextmanager
def atomic(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """BEGIN … COMMIT, or ROLLBACK when anything inside fails."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn the faults of DuckDB that are foreseen into errors with a message and a hint."""
    try:
        yield
    except duckdb.Error as error:
        fault = explained(error, path)
        if fault is None:
            raise
        raise fault from error


@contextmanager
def closing_on_error(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Close the connection when what is done with it first fails."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing to roll back means that a failing COMMIT did it already."""
    try:
        connection.execute("ROLLBACK")
    except (duckdb.TransactionException, duckdb.FatalException):
        return


def _execute(connection: duckdb.DuckDBPyConnection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement)


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether this program has the case open for reading already: DuckDB then shares it."""
    [(is_locked,)] = connection.execute("SELECT current_setting('lock_configuration')").fetchall()
    return bool(is_locked)


def _connected(
    path: Path, config: dict[str, Any], wait: float, *, encrypt: bool = False
) -> duckdb.DuckDBPyConnection:
    """A writing connection, as soon as nobody else has one."""
    deadline = time.monotonic() + wait
    is_new = not path.exists()
    while True:
        try:
            with explaining(path):
                return _opened(path, config, encrypt=encrypt)
        except CaseLocked:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        except DiskFull:
            if is_new and path.is_file() and path.stat().st_size < _HEADERS:
                path.unlink()  # what was begun is no database yet, and would be refused as none
            raise


def _opened(path: Path, config: dict[str, Any], *, encrypt: bool) -> duckdb.DuckDBPyConnection:
    """A writing connection. Raises CaseError where a case that is plain is to be encrypted."""
    if encrypted.is_encrypted(path) or (encrypt and not path.exists()):
        plain = {name: each for name, each in config.items() if name != _COMPATIBILITY}
        return encrypted.connected_writing(path, plain, STORAGE)
    if encrypt:
        raise CaseError(
            f"{path}: a case that is not encrypted", hint="make an encrypted copy of it: rekey"
        )
    return duckdb.connect(str(path), config=config)


def _prepare_for_writing(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    _execute(
        connection,
        *_QUIET,
        "SET preserve_insertion_order = false",
        "SET checkpoint_threshold = '1GB'",  # ingest checkpoints once, at its end
    )
    made = _is_empty(connection)
    if not made:
        _check_version(connection, path)
    with atomic(connection):
        ensure_tables(connection)
        if made:
            _make_meta(connection, path)
        connection.execute(
            "UPDATE meta SET schema_version = $1 WHERE schema_version <> $1 AND $2",
            [SCHEMA_VERSION, _is_older(connection)],
        )
        views.install(connection)


def _is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether nothing is in the file yet: it is new, or making it was interrupted."""
    own = "FROM duckdb_{}() WHERE NOT internal"
    for kind in ("tables", "views"):
        if connection.execute(f"SELECT 1 {own.format(kind)} LIMIT 1").fetchall():
            return False
    return True


def _make_meta(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The file system's own clock and numbering name the case: this module has no other."""
    made = path.stat()
    origin = f"{socket.gethostname()}\n{path}\n{made.st_mtime_ns}\n{made.st_ino}"
    case_id = hashlib.sha256(origin.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    created = datetime.fromtimestamp(made.st_mtime, UTC).replace(tzinfo=None)
    connection.execute("INSERT INTO meta VALUES (?, ?, ?)", [SCHEMA_VERSION, created, case_id])


def _version(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    rows = connection.execute("SELECT schema_version FROM meta").fetchall()
    major, minor = rows[0][0].split(".")
    return int(major), int(minor)


def _is_older(connection: duckdb.DuckDBPyConnection) -> bool:
    major, minor = SCHEMA_VERSION.split(".")
    return _version(connection) < (int(major), int(minor))


def _check_version(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise unless the file is a case of the same major version."""
    try:
        major, minor = _version(connection)
    except (duckdb.CatalogException, duckdb.BinderException, IndexError, ValueError) as error:
        raise NotACase(
            f"{path}: a DuckDB database, but not a case",
            hint="name a file that an ingest made, or a new file",
        ) from error
    ours = int(SCHEMA_VERSION.split(".")[0])
    if major > ours:
        raise CaseTooNew(
            f"{path}: made with tables of version {major}.{minor}, this program knows {ours}",
            hint="upgrade awslogs-forensics",
        )
    if major < ours:
        raise NotACase(
            f"{path}: made with tables of version {major}.{minor}, this program needs {ours}",
            hint="ingest the evidence into a new case",
        )


def _case_id(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute("SELECT case_id FROM meta").fetchall()
    return str(rows[0][0])
