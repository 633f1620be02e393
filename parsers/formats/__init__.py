"""The registry: every log format this tool reads, one line each, in the order of `formats`."""

from __future__ import annotations

from parsers.contract import Format
from parsers.formats.cloudtrail import CLOUDTRAIL
from parsers.formats.vpc_flow import VPC_FLOW

FORMATS: tuple[Format, ...] = (CLOUDTRAIL, VPC_FLOW)
BY_NAME: dict[str, Format] = {declared.name: declared for declared in FORMATS}
