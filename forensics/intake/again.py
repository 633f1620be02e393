"""Evidence that a ledger names, found again where it lay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from forensics.errors import UsageError
from forensics.intake.archives import expand, open_location
from forensics.intake.content import read
from forensics.intake.limits import Limits
from forensics.intake.location import Archive, Location, NotEvidence
from forensics.intake.walk import discover


def found_again(path: str) -> Iterator[Location]:
    """The evidence that a path of the ledger names, if it is still there."""
    try:
        for item in discover([path.split("!/", maxsplit=1)[0]], Limits()):
            if isinstance(item, Location) and item.path == path:
                yield item
            elif isinstance(item, Archive) and path.startswith(item.location.path):
                members = (member for member in expand(item, Limits()))
                yield from (
                    member[0]
                    for member in members
                    if not isinstance(member, NotEvidence) and member[0].path == path
                )
    except UsageError:  # discover says so where there is nothing any more
        return


def begins_with(location: Location, size: int, sha256: str) -> bool:
    """Whether the first `size` bytes of a content have this hash."""
    hashed = hashlib.sha256()
    with open_location(location) as stored:
        for chunk in read(location, stored, Limits()):
            hashed.update(chunk[:size])
            size -= min(size, len(chunk))
            if not size:
                break
    return not size and hashed.hexdigest() == sha256
