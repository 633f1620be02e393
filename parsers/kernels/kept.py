"""Where the machine code of kernels is kept from one run to the next."""

from __future__ import annotations

import hashlib
import os
from functools import cache

_HERE = os.path.dirname(__file__)


@cache
def folder() -> str:
    """A folder that can be written, of its own for these sources and for checked kernels; or "".

    It is beside the kernels or, where nobody may write there, in the user's cache. It has the hash
    of all sources in its name since numba only looks at the file of a function, and not at those
    that it is made with.
    """
    checked = "-checked" if os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0") else ""
    for place in _places():
        wanted = os.path.join(place, _digest() + checked)
        try:
            os.makedirs(wanted, exist_ok=True)
        except OSError:
            continue
        if os.access(wanted, os.W_OK | os.X_OK):
            return wanted
    return ""


def is_empty() -> bool:
    """Whether kernels will have to be compiled, as after an installation."""
    return not any(names for _, _, names in os.walk(folder())) if folder() else True


def _places() -> list[str]:
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return [named]
    users = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    users = users or os.path.expanduser("~/.cache")
    return [os.path.join(_HERE, "__pycache__"), os.path.join(users, "awslogs-forensics")]


def _digest() -> str:
    digest = hashlib.sha256()
    for name in sorted(os.listdir(_HERE)):
        if name.endswith(".py"):
            with open(os.path.join(_HERE, name), "rb") as source:
                digest.update(source.read())
    return digest.hexdigest()[:16]
