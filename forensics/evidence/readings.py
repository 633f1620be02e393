"""How a content was read, as the ledger says it: enough to read it the same way again.

`sources.asserted` is the name of the format where that is all the analyst said of it (`--as`), and
otherwise an object: `{"as": …, "log_tz": …, "log_before": …, "access_log_format": …}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from parsers.contract import Assumed
from parsers.formats import BY_NAME
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.framing import holds_messages
from parsers.identify import Identified

MIXED = "mixed"
"""The format of a source whose messages are in the tables of several formats."""

Fingerprint = tuple[str, str, tuple[str, ...], str, int]
"""Format, framing, layout, what was assumed, parser version: as what a content was read, by what.

The format is "" where each message goes to its own: which ones there are is known only afterwards.
"""
NOT_READ: Fingerprint = ("", "", (), "", 0)


def asserted_text(found: Identified) -> str | None:
    """What `sources.asserted` says of a reading."""
    said = _assumed(found.assumed)
    if found.asserted:
        said = {"as": found.format.name} | said
    if not said:
        return None
    return found.format.name if said.keys() == {"as"} else json.dumps(said, ensure_ascii=False)


def fingerprint_of(found: Identified) -> Fingerprint:
    """What a source must have been read as to be skipped."""
    name = "" if found.routed else found.format.name
    assumed = json.dumps(_assumed(found.assumed)) if found.assumed != Assumed() else ""
    return name, found.framing, tuple(found.layout), assumed, found.version


def read_as(line: Mapping[str, Any]) -> Identified | None:
    """The reading that a line of `sources` tells of; None where nothing was read.

    Of the line: format, framing, layout, reason, asserted.
    """
    framing = line["framing"] or ""
    said = _assertions(line["asserted"])
    routed = holds_messages(framing) and "as" not in said
    declared = CLOUDWATCH if routed else BY_NAME.get(line["format"] or "")
    if declared is None or not framing:
        return None
    assumed = Assumed(
        said.get("log_tz", ""), said.get("log_before"), said.get("access_log_format", "")
    )
    layout = tuple(line["layout"] or ())
    return Identified(
        declared, framing, layout, line["reason"] or "", asserted="as" in said, assumed=assumed
    )


def _assumed(assumed: Assumed) -> dict[str, Any]:
    said = {
        "log_tz": assumed.zone,
        "log_before": assumed.before,
        "access_log_format": assumed.template,
    }
    return {name: value for name, value in said.items() if value not in ("", None)}


def _assertions(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    found: dict[str, Any] = json.loads(text) if text.startswith("{") else {"as": text}
    return found
