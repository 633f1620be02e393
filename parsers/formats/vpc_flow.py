"""VPC flow logs: one line per flow, network interface, direction and aggregation window."""

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
        integer("version", "Highest version among the fields recorded."),
        text("account_id", "Owner of the interface; 'unknown' for those AWS made.", "account"),
        text("interface_id", "Network interface the flow was seen at.", "eni"),
        text("srcaddr", "Source address; the interface's own for what it sends.", "ip"),
        text("dstaddr", "Destination address; the interface's own for what it receives.", "ip"),
        integer("srcport", "Source port; 0 for ICMP."),
        integer("dstport", "Destination port; 0 for ICMP."),
        integer("protocol", "IANA protocol number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6."),
        integer("packets", "Packets in the window."),
        integer("bytes", "Bytes in the window."),
        time("start", "First packet of the window, up to 60 s late.", "epoch_s"),
        time("end", "Last packet of the window, up to 60 s late.", "epoch_s"),
        text("action", "ACCEPT or REJECT."),
        text("log_status", "OK, NODATA (no traffic) or SKIPDATA (records were lost)."),
        text("vpc_id", "VPC of the interface.", "vpc"),
        text("subnet_id", "Subnet of the interface.", "resource"),
        text("instance_id", "Instance the interface is attached to.", "instance"),
        integer("tcp_flags", "TCP flags of the window, or-ed: 1 FIN, 2 SYN, 4 RST, 18 SYN-ACK."),
        text("type", "IPv4, IPv6 or EFA."),
        text("pkt_srcaddr", "Source address in the packet itself.", "ip"),
        text("pkt_dstaddr", "Destination address in the packet itself.", "ip"),
        text("region", "Region of the interface."),
        text("az_id", "Availability zone of the interface."),
        text("sublocation_type", "wavelength, outpost or localzone."),
        text("sublocation_id", "Id of the sublocation."),
        text("pkt_src_aws_service", "AWS service pkt_srcaddr belongs to."),
        text("pkt_dst_aws_service", "AWS service pkt_dstaddr belongs to."),
        text("flow_direction", "ingress or egress, as the interface sees it."),
        integer("traffic_path", "Way that egress traffic takes: 1 to 8."),
        text("ecs_cluster_arn", "ECS cluster of the task.", "arn"),
        text("ecs_cluster_name", "Name of the ECS cluster."),
        text("ecs_container_instance_arn", "Container instance of the task.", "arn"),
        text("ecs_container_instance_id", "Id of the container instance.", "resource"),
        text("ecs_container_id", "Runtime id of the first container.", "resource"),
        text("ecs_second_container_id", "Runtime id of the second container.", "resource"),
        text("ecs_service_name", "ECS service of the task."),
        text("ecs_task_definition_arn", "Definition of the task.", "arn"),
        text("ecs_task_arn", "ECS task the interface belongs to.", "arn"),
        text("ecs_task_id", "Id of the task.", "resource"),
        text("reject_reason", "BPA (block public access) or EC (encryption controls)."),
        text("resource_id", "Regional NAT gateway the flow went through.", "resource"),
        integer("encryption_status", "0 none, 1 Nitro, 2 application layer, 3 both."),
        text("instance_tag", "Value of a chosen tag of the instance, percent-encoded."),
        text("instance_tag_2", "Value of a second chosen tag of the instance."),
        text("interface_tag", "Value of a chosen tag of the interface."),
        text("interface_tag_2", "Value of a second chosen tag of the interface."),
        text("asg_tag", "Value of a chosen tag of the Auto Scaling group."),
        text("asg_tag_2", "Value of a second chosen tag of the Auto Scaling group."),
        text("interface_type", "Kind of interface, like nat_gateway or vpc_endpoint."),
        text("next_hop_interface_id", "Next interface on the way.", "eni"),
        text("next_hop_subnet_id", "Subnet of the next interface.", "resource"),
        text("next_hop_az_id", "Availability zone of the next interface."),
        text("next_hop_vpc_id", "VPC of the next interface.", "vpc"),
        text("next_hop_interface_type", "Kind of the next interface."),
    )
)
NAMES = frozenset(field.name for field in FIELDS)
DEFAULT: Layout = tuple(field.name for field in FIELDS[:14])
_OF_TRANSIT_GATEWAYS = re.compile(r"tgw-|packets-lost-|resource-type$")
_DEFAULT_LINE = re.compile(
    r"\d{1,2} +(?:\d{12}|unknown) +(?:eni-[0-9a-f]+|-) +\S+ +\S+ +(?:\d+|-) +(?:\d+|-) +(?:\d+|-)"
    r" +(?:\d+|-) +(?:\d+|-) +\d{9,10} +\d{9,10} +(?:ACCEPT|REJECT|-) +(?:OK|NODATA|SKIPDATA)"
)


def header(line: bytes, _: Layout) -> Layout | None:
    """The layout a header line declares; transit gateways have names of their own."""
    names = listed_names(line, NAMES)
    return None if names is None or any(map(_OF_TRANSIT_GATEWAYS.match, names)) else names


def _fits_default(line: str) -> str:
    """A headerless line is read only where it proves the default layout."""
    if _DEFAULT_LINE.fullmatch(line):
        return ""
    return f"no header, and not the default layout (name the layout with --fields): {line[:80]!r}"


VPC_FLOW = Delimited(
    name="vpc_flow",
    about="IP traffic of network interfaces, as counts per flow and window; best effort.",
    reference="https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
    fields=FIELDS,
    line_fits=_fits_default,
    runs=True,
    header=header,
    header_bytes=b"abcdefghijklmnopqrstuvwxyz",
    default=DEFAULT,
)
