"""Tables without the secrets of logs, whatever their types: for forms that keep types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from forensics.output.masking import is_secret_name, mask, redacted, redacted_members


def without_secrets(rows: pa.Table) -> pa.Table:
    """The rows with their secrets masked, in texts, JSON, bytes, structs and lists; same schema."""
    for index, field in enumerate(rows.schema):
        if _holds_text(field.type):
            inside: Callable[[str], str] = mask if is_secret_name(field.name) else redacted
            values = [_masked(value, inside) for value in rows.column(index).to_pylist()]
            rows = rows.set_column(index, field, _column(values, field.type))
    return rows


def _holds_text(kind: pa.DataType) -> bool:
    return not (pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind))


def _masked(value: Any, inside: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return inside(value)
    if isinstance(value, bytes):
        return inside(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [_masked(each, inside) for each in value]
    if isinstance(value, tuple):  # an entry of a map
        return next(iter(_masked(dict([value]), inside).items()))
    if isinstance(value, dict):
        return redacted_members(value, lambda each: _masked(each, inside))
    return value


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, _column(values, kind.storage_type))
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)
