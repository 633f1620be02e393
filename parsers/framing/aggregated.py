"""Several records of a Kinesis stream in one, as the producer library packs them (protobuf)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST = 16  # bytes of MD5 after the message
_RECORDS = _DATA = 3  # numbers of fields: the records of the message, the data of a record
_VARINT, _BYTES = 0, 2  # kinds of fields


def unpacked(content: bytes) -> list[bytes] | None:
    """The data of every record; the content itself where it is not packed; None if it is broken."""
    if not content.startswith(MAGIC):
        return [content]
    message = content[len(MAGIC) : -_DIGEST]
    if not content.endswith(hashlib.md5(message, usedforsecurity=False).digest()):
        return None
    try:
        records = [record for number, record in _fields(message) if number == _RECORDS]
        return [data for record in records for number, data in _fields(record) if number == _DATA]
    except ValueError:
        return None


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of the fields that hold bytes.

    Raises:
        ValueError: this is no message of such fields and of numbers.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == _BYTES:
            if at + value > len(message):
                raise ValueError("a field ends after its message")
            yield tag >> 3, message[at : at + value]
            at += value
        elif tag & 7 != _VARINT:
            raise ValueError("a field of an unknown kind")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        octet = message[at]
        value |= (octet & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if octet < 0x80:
            return value, at
    raise ValueError("a number has no end")
