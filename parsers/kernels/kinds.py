"""What kinds of JSON value a declared member has; see `kernels.objects`."""

from __future__ import annotations

NO_KIND = -1  # no value of this shape is declared
FOREIGN, TEXT, LOOSE, INTEGER, REAL, BOOLEAN, VERBATIM, ENCODED, OBJECT, LIST, TEXTS = range(11)
