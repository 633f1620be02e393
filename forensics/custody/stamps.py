"""Time stamps of RFC 3161 over the manifest: asked for, kept in the journal, checked again.

A stamp shows that the hashes of the evidence were known at its time, on the word of an authority
that need not trust the examiner. It stays valid when more evidence arrives: the manifest as it
was is made again from the ledger, so what was stamped must still stand there, line by line.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from forensics.custody.clock import now
from forensics.custody.ledger_seals import is_sealed, seal_broken, sealed_ledger
from forensics.custody.manifest import manifest
from forensics.errors import EvidenceError, UsageError
from forensics.evidence import Case, JournalEntry, answer, journal_append

STAMPED = "stamped"
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_MOST = 1 << 20  # bytes of a response or of certificates


class StampRefused(EvidenceError):
    """A time stamp is none, is not over this case, or is not the authority's."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp of a case, and what checking it shows; `fault` is '' where nothing is wrong.

    `signature_checked` is False where no certificates were given to check it with.
    """

    entry: int
    time: datetime | None
    lines: int
    signature_checked: bool
    fault: str


def request(content: bytes) -> bytes:
    """What an authority is asked for a stamp over these bytes: their SHA-256 and a fresh nonce.

    Raises UsageError where there is nothing to stamp.
    """
    if not content:
        raise UsageError("the manifest is empty", hint="a case without evidence cannot be stamped")
    built = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    return bytes(built.as_bytes())


def keep(db: Path, response: Path, certificates: Sequence[x509.Certificate]) -> Stamp:
    """Put the response of an authority into the journal of a case, once it was checked.

    Raises StampRefused for what is no stamp over a manifest of this case or does not verify, and
    the errors of `Case.for_ingest`.
    """
    raw = _content(response)
    stamp = _decoded(raw, str(response))
    with Case.for_reading(db) as case:
        run, content = _stamped_run(case, stamp, str(response))
    fault = _signature_fault(stamp, certificates) if certificates else ""
    if fault:
        raise StampRefused(f"{response}: {fault}", hint="check it against --tsa-certificates")
    detail = {
        "response": base64.b64encode(raw).decode(),
        "run": run,
        "content": content,
        "time": stamp.tst_info.gen_time.isoformat(),
        "serial": str(stamp.tst_info.serial_number),
    }
    with Case.for_ingest(db) as case:
        _enter(case, stamp.tst_info.message_imprint.message.hex(), detail)
        return stamps(case, certificates)[-1]


def _enter(case: Case, imprint: str, detail: dict[str, Any]) -> None:
    """Add the entry; opening may have brought definitions up to date, so they are sealed anew."""
    with case.transaction() as connection:
        again = sealed_ledger(connection) if is_sealed(connection) else {}
        detail |= seal_broken(connection) | again
        entry = JournalEntry(None, STAMPED, imprint, json.dumps(detail))
        journal_append(connection, entry, now())


def stamps(case: Case, certificates: Sequence[x509.Certificate] = ()) -> list[Stamp]:
    """Every stamp in the journal, checked: its imprint, and with certificates all of it."""
    query = "SELECT seq, detail FROM journal WHERE action = $stamped ORDER BY seq"
    rows = answer(case.connection, query, {"stamped": STAMPED}).to_pylist()
    return [
        _checked(case, row["seq"], json.loads(row["detail"] or "null"), certificates)
        for row in rows
    ]


def certificates(paths: Sequence[Path]) -> list[x509.Certificate]:
    """The certificates of PEM files: the authority's root, and what leads to it.

    Raises UsageError.
    """
    found = []
    for path in paths:
        try:
            found += x509.load_pem_x509_certificates(_content(path))
        except ValueError as error:
            raise UsageError(
                f"{path}: holds no certificates in PEM form",
                hint="convert them: openssl x509 -inform DER -in FILE",
            ) from error
    return found


# ---------------------------------------------------------------------------- checking
def _checked(case: Case, seq: int, detail: Any, trusted: Sequence[x509.Certificate]) -> Stamp:
    try:
        response = _decoded(base64.b64decode(detail["response"]), f"entry {seq} of the journal")
        content, run = bool(detail["content"]), int(detail["run"])
    except (StampRefused, KeyError, TypeError, ValueError) as error:
        return Stamp(seq, None, 0, False, f"no stamp any more: {error!s:.200}")
    said = manifest(case, content=content, until_run=run)
    imprint = response.tst_info.message_imprint
    fault = ""
    if imprint.message != _hashed(said, imprint):
        fault = "the manifest it was put on is not what the ledger gives now"
    elif trusted:
        fault = _signature_fault(response, trusted)
    at = response.tst_info.gen_time
    return Stamp(seq, at, said.count(b"\n"), bool(trusted), fault)


def _signature_fault(response: TimeStampResponse, trusted: Sequence[x509.Certificate]) -> str:
    """'' where signature, certificates and purpose are good at the time of the stamp."""
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(trusted):  # twice is an error to the library
        is_root = certificate.issuer == certificate.subject
        add = builder.add_root_certificate if is_root else builder.add_intermediate_certificate
        builder = add(certificate)
    try:
        builder.build().verify(response, response.tst_info.message_imprint.message)
    except VerificationError as error:
        return f"it does not verify: {_plain(str(error))}"
    except ValueError as error:  # no root among them
        return f"it cannot be verified: {error}"
    return ""


def _plain(message: str) -> str:
    """The last word of OpenSSL in what may be a long list."""
    return message.rpartition('data: "')[2].partition('"')[0] if 'data: "' in message else message


def _stamped_run(case: Case, response: TimeStampResponse, where: str) -> tuple[int, bool]:
    """The last run after which the manifest was what is stamped, and whether of contents.

    Raises StampRefused where there is none.
    """
    imprint = response.tst_info.message_imprint
    rows = answer(case.connection, "SELECT run_id FROM runs ORDER BY run_id DESC").to_pylist()
    for row in rows:
        for content in (False, True):
            said = manifest(case, content=content, until_run=row["run_id"])
            if imprint.message == _hashed(said, imprint):
                return row["run_id"], content
    raise StampRefused(
        f"{where}: not a stamp over a manifest of this case",
        hint="stamp what `manifest` prints, or use `manifest --stamp-request`",
    )


def _hashed(content: bytes, imprint: Any) -> bytes:
    """The digest by the algorithm of an imprint; nothing for one that is not taken."""
    name = _HASHES.get(imprint.hash_algorithm.dotted_string)
    return hashlib.new(name, content).digest() if name else b""


def _decoded(raw: bytes, where: str) -> TimeStampResponse:
    """A response that grants a stamp. Raises StampRefused."""
    try:
        response = decode_timestamp_response(raw)
        if response.status != 0:
            said = "; ".join(response.status_string) or f"status {response.status}"
            raise StampRefused(f"{where}: the authority refused: {said}")
        response.tst_info.message_imprint  # noqa: B018 -- it is parsed only when asked for
    except ValueError as error:
        raise StampRefused(
            f"{where}: not a response of RFC 3161 ({error!s:.80})",
            hint="give what the authority answered, in DER",
        ) from error
    return response


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error


def told(found: Sequence[Stamp]) -> Iterator[str]:
    """Every stamp that is at fault, as a difference."""
    for stamp in found:
        if stamp.fault:
            yield f"time stamp in entry {stamp.entry} of the journal: {stamp.fault}"
