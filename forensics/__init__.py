"""Cases: evidence taken in, questions asked, answers handed out.

Importing this package costs nothing; every command imports what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from forensics.api import CaseReader

__all__ = ["open"]
__version__ = "0.1.0"


def open(path: str | os.PathLike[str]) -> CaseReader:
    """Open a case to be asked: `.sql(query, params)` gives Arrow, `.relation(query)` DuckDB's own.

    Raises forensics.errors.ForensicsError where there is no case, or another program writes it.
    """
    from forensics.api import CaseReader  # noqa: PLC0415 -- `import forensics` loads no database

    return CaseReader(path)
