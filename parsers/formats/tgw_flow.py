"""Transit Gateway flow logs: one line per flow, attachment, direction and aggregation window."""

from __future__ import annotations

import re

from parsers.contract import Column, Layout, integer, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.headers import listed_names
from parsers.engines.layouts import Field


def _field(column: Column) -> Field:
    """AWS writes field names with hyphens, the table has them with underscores."""
    return Field(column.name.replace("_", "-"), (column,))


FIELDS = tuple(
    _field(column)
    for column in (
        integer("version", "Version of the record: 6."),
        text("resource_type", "Kind of gateway: TransitGateway."),
        text("account_id", "Owner of the transit gateway.", "account"),
        text("tgw_id", "Transit gateway the flow went through.", "resource"),
        text("tgw_attachment_id", "Attachment the flow was seen at.", "resource"),
        text("tgw_src_vpc_account_id", "Account of the VPC the traffic came from.", "account"),
        text("tgw_dst_vpc_account_id", "Account of the VPC the traffic went to.", "account"),
        text("tgw_src_vpc_id", "VPC the traffic came from.", "vpc"),
        text("tgw_dst_vpc_id", "VPC the traffic went to.", "vpc"),
        text("tgw_src_subnet_id", "Subnet the traffic came from.", "resource"),
        text("tgw_dst_subnet_id", "Subnet the traffic went to.", "resource"),
        text("tgw_src_eni", "The gateway's interface on the side of the source.", "eni"),
        text("tgw_dst_eni", "The gateway's interface on the side of the destination.", "eni"),
        text("tgw_src_az_id", "Availability zone on the side of the source."),
        text("tgw_dst_az_id", "Availability zone on the side of the destination."),
        text("tgw_pair_attachment_id", "Attachment on the other side of the gateway.", "resource"),
        text("srcaddr", "Source address of the packets.", "ip"),
        text("dstaddr", "Destination address of the packets.", "ip"),
        integer("srcport", "Source port; 0 for ICMP."),
        integer("dstport", "Destination port; 0 for ICMP."),
        integer("protocol", "IANA protocol number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6."),
        integer("packets", "Packets in the window."),
        integer("bytes", "Bytes in the window."),
        time("start", "First packet of the window, up to 60 s late.", "epoch_s"),
        time("end", "Last packet of the window, up to 60 s late.", "epoch_s"),
        text("log_status", "OK, NODATA (no traffic) or SKIPDATA (records were lost)."),
        text("type", "IPv4 or IPv6."),
        integer("packets_lost_no_route", "Packets lost because no route was known."),
        integer("packets_lost_blackhole", "Packets lost to a blackhole route."),
        integer("packets_lost_mtu_exceeded", "Packets lost because they were too large."),
        integer("packets_lost_ttl_expired", "Packets lost because they had travelled too long."),
        integer("tcp_flags", "TCP flags of the window, or-ed: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK."),
        text("region", "Region of the transit gateway."),
        text("flow_direction", "ingress or egress, as the transit gateway sees it."),
        text("pkt_src_aws_service", "AWS service srcaddr belongs to."),
        text("pkt_dst_aws_service", "AWS service dstaddr belongs to."),
    )
)
DEFAULT: Layout = tuple(field.name for field in FIELDS)
_NAMES = frozenset(DEFAULT)
_OF_TRANSIT_GATEWAYS = re.compile(r"tgw-|packets-lost-|resource-type$")
_DEFAULT_LINE = re.compile(
    r"\d{1,2} +TransitGateway +(?:\d{12}|unknown|-) +tgw-[0-9a-z]+(?: +\S+){12}"
    r"(?: +\S+){2}(?: +(?:\d+|-)){5} +\d{9,10} +\d{9,10} +(?:OK|NODATA|SKIPDATA)(?: +\S+){10}"
)


def header(line: bytes, _: Layout) -> Layout | None:
    """The layout a header line declares: at least one name that only transit gateways have."""
    names = listed_names(line, _NAMES)
    return names if names and any(map(_OF_TRANSIT_GATEWAYS.match, names)) else None


def _fits_default(line: str) -> str:
    """A headerless line is read only where it proves the default layout."""
    if _DEFAULT_LINE.fullmatch(line):
        return ""
    return f"no header, and not the default layout (name the layout with --fields): {line[:80]!r}"


TGW_FLOW = Delimited(
    name="tgw_flow",
    about="IP traffic through transit gateways, as counts per flow and window; best effort.",
    reference="https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html",
    fields=FIELDS,
    line_fits=_fits_default,
    runs=True,
    header=header,
    header_bytes=b"abcdefghijklmnopqrstuvwxyz",
    default=DEFAULT,
)
