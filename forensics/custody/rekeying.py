"""Copies a case under another key, or from plain to encrypted and back; the copy is compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb

from forensics.custody.ledger_seals import ledger_faults
from forensics.custody.readers import journal_path
from forensics.custody.sealing.sealed import must_not_exist, new_file, told
from forensics.errors import EvidenceError
from forensics.evidence import Case, encrypted, journal_head
from forensics.evidence.case import STORAGE, explaining
from forensics.evidence.ddl import literal
from forensics.evidence.hashes import content_hashes
from forensics.evidence.spill import OWNER_ONLY

_ALONE: dict[str, Any] = {
    "temp_directory": "",  # what is spilled would lie there unencrypted
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "preserve_insertion_order": False,
}


class CopyDiffers(EvidenceError):
    """A copy of a case does not hold what the case holds; it was removed."""


def rekey(db: Path, out: Path, new_key: str) -> str:
    """Copy a case, and the journal of its readers, under a new key or '' for none; its head.

    The case itself stays as it is: delete it once the copy is where it should be. Raises
    UsageError where `out` exists, KeyMissing, CryptoMissing, CopyDiffers, those of
    `Case.for_reading`, and ForensicsError for what the operating system refuses.
    """
    for path in (out, journal_path(out)):
        must_not_exist(path)
    if new_key:
        encrypted.check_new(new_key)
    with Case.for_reading(db) as case:
        before = _state(case)
        readers = journal_path(db).read_bytes() if journal_path(db).exists() else b""
    try:
        _copy(db, out, new_key)
        _compare(out, new_key, before)
        if readers:
            with new_file(journal_path(out)) as file:
                file.write(readers)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return str(before["head"][1])


def _state(case: Case) -> dict[str, Any]:
    """All that must be the same in a copy."""
    connection = case.connection
    return {
        "hashes": content_hashes(connection),
        "head": journal_head(connection),
        "faults": ledger_faults(connection),
    }


def _compare(out: Path, new_key: str, before: dict[str, Any]) -> None:
    with encrypted.using(new_key), Case.for_reading(out) as case:
        if _state(case) != before:
            raise CopyDiffers(f"{out}: it would not hold what the case holds", hint="run `verify`")


def _copy(db: Path, out: Path, new_key: str) -> None:
    key = encrypted.key() if encrypted.is_encrypted(db) else ""
    umask = os.umask(OWNER_ONLY)
    try:
        with told(out), explaining(out), duckdb.connect(":memory:", config=_ALONE) as both:
            if new_key:
                encrypted.load_module(both)
            both.execute("SET enable_progress_bar = false")
            encrypted.attach(both, Path(os.path.abspath(db)), "old", key, "READ_ONLY")  # noqa: PTH100
            version = f"STORAGE_VERSION {literal(STORAGE)}"
            encrypted.attach(both, Path(os.path.abspath(out)), "fresh", new_key, version)  # noqa: PTH100
            both.execute("COPY FROM DATABASE old TO fresh")
            both.execute("CHECKPOINT fresh")
    finally:
        os.umask(umask)
