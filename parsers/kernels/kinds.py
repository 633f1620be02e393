"""What a declaration has to know of kernels: kinds of values, and how names are kept."""

from __future__ import annotations

NO_KIND = -1  # no value of this shape is declared
FOREIGN, TEXT, LOOSE, INTEGER, REAL, BOOLEAN, VERBATIM, ENCODED, OBJECT, LIST, TEXTS = range(11)
LANES = 64  # bytes compared at once: a name and the quote behind it
