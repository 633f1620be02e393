"""Turns paths into locations of evidence, and a location into bounded, hashed bytes.

Knows containers, compressions and disks; knows nothing of log formats.
"""

from forensics.intake.again import begins_with, found_again
from forensics.intake.archives import expand, open_location
from forensics.intake.content import Content, read
from forensics.intake.damage import BrokenStream, OverLimit, Unopened
from forensics.intake.keys import KeyFacts, key_facts
from forensics.intake.limits import DEFAULT_LIMITS, Limits
from forensics.intake.location import Archive, Location, NotEvidence
from forensics.intake.walk import discover

__all__ = [
    "DEFAULT_LIMITS",
    "Archive",
    "BrokenStream",
    "Content",
    "KeyFacts",
    "Limits",
    "Location",
    "NotEvidence",
    "OverLimit",
    "Unopened",
    "begins_with",
    "discover",
    "expand",
    "found_again",
    "key_facts",
    "open_location",
    "read",
]
