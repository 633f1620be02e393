"""Flow logs in Parquet, with the columns and types that AWS delivers, out of those in text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

_NUMBERS = {
    **dict.fromkeys(("version", "srcport", "dstport", "protocol"), pa.int32()),
    **dict.fromkeys(("packets", "bytes", "start", "end"), pa.int64()),
}
"""The rest is text. AWS compresses these files with gzip."""


def delivered(folder: Path, out: Path) -> list[Path]:
    """Write each file of `folder` as a Parquet file of its name, and say which."""
    return [_written(path, out / path.relative_to(folder)) for path in sorted(folder.rglob("*.gz"))]


def _written(text: Path, table: Path) -> Path:
    path = table.with_name(table.name.removesuffix(".gz") + ".parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(_table(gzip.decompress(text.read_bytes())), path, compression="gzip")
    return path


def _table(lines: bytes) -> pa.Table:
    names = lines[: lines.index(b"\n")].decode().replace("-", "_").split()
    return pa.csv.read_csv(
        pa.BufferReader(lines),
        pa.csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
        pa.csv.ParseOptions(delimiter=" "),
        pa.csv.ConvertOptions(
            column_types={name: _NUMBERS.get(name, pa.string()) for name in names},
            null_values=["-"],
            strings_can_be_null=True,
        ),
    )
