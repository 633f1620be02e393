"""CloudWatch Logs messages that no other format claims: whole, with what their envelope says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers import json_text
from parsers.contract import (
    TEXT,
    Block,
    Claim,
    Decoded,
    Defect,
    Format,
    Misfit,
    Sample,
    text,
)
from parsers.engines import rows
from parsers.framing.messages import context_batch
from parsers.json_scan import value_end

MESSAGE = text("message", "What the message says, its line ends inside included.")
_OVERHEAD = 26  # bytes that CloudWatch counts for an event besides its message
LIMITS = (256 << 10, 1 << 20)  # bytes of an event: before and since April 2025
_EXACT = frozenset(limit - less for limit in LIMITS for less in (0, _OVERHEAD))
_NEARLY = LIMITS[0] - 1024  # agents cut at sizes of their own, a little below


class CloudWatch(Format):
    """Every unit is a row; nothing of it is interpreted."""

    name = "cloudwatch"
    about = "Messages of CloudWatch log groups that are of none of the other formats."
    reference = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html"
    version = 2
    columns = (MESSAGE,)
    shape = "text"

    @property
    def time_column(self) -> str:
        """What CloudWatch says: the message has no time of its own."""
        return "log_time"

    def claim(self, sample: Sample) -> Claim | Misfit:
        """Nothing proves a text to be a message: envelopes do, see parsers.routing."""
        del sample
        return Misfit("any text could be a message")

    def by_members(self, sample: Sample) -> bool:
        """Always: nothing is asked of it."""
        del sample
        return True

    def plain(self, block: Block) -> Decoded:
        """Message by message."""
        block = _with_context(block)
        values = [{MESSAGE.name: json_text.shown(unit)} for unit in block.texts()]
        batch = rows.from_values(self, block, range(len(block)), values)
        return Decoded(batch, rows.NOTHING, _defects(block))

    def decode(self, block: Block) -> Decoded:
        """All messages at once, unless one of them is no UTF-8."""
        if not json_text.is_utf8(block.data):
            return self.plain(block)
        block = _with_context(block)
        texts = pa.array(block.texts(), pa.binary()).cast(TEXT)
        whole = np.arange(len(block), dtype=np.int64)
        batch = rows.batch(self, block, whole, {MESSAGE.name: texts})
        return Decoded(batch, rows.NOTHING, _defects(block))


def _with_context(block: Block) -> Block:
    """The same block; messages without an envelope get a context that says nothing."""
    if block.context is None:
        everything = np.arange(len(block), dtype=np.int64)
        block = block.take(everything)
        block.context = context_batch({}, len(block))
    return block


def _defects(block: Block) -> list[Defect]:
    found: list[Defect] = []
    if not json_text.is_utf8(block.data):
        for index, unit in enumerate(block.texts()):
            if not json_text.is_utf8(unit):
                detail = r"bytes shown as \xNN"
                found.append(block.defect(index, MESSAGE.name, "not-utf8", detail, unit))
    for index in np.flatnonzero(block.ends - block.starts >= _NEARLY).tolist():
        unit = block.unit(index)
        if is_cut(unit):
            detail = f"{len(unit)} bytes: the message was cut at CloudWatch's size limit"
            found.append(block.defect(index, MESSAGE.name, "cut-at-limit", detail, unit))
    return found


def is_cut(message: bytes) -> bool:
    """Whether a message ends where CloudWatch's limit is, or is long JSON that breaks off."""
    if len(message) in _EXACT:
        return True
    opens = message.lstrip()[:1] in (b"{", b"[")
    return len(message) >= _NEARLY and opens and value_end(message.lstrip(), 0) < 0


CLOUDWATCH = CloudWatch()
