"""Health check logs of Application Load Balancers: one line per check of a target."""

from __future__ import annotations

from parsers.contract import integer, real, text, time
from parsers.engines.delimited import Delimited
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import Field, field
from parsers.engines.objects import Objects, renamed
from parsers.engines.splits import ENDPOINT_OR_ARN

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"

FIELDS = (
    field(text("type", "Protocol: http, https, h2, grpc or lambda."), like="[a-z][a-z0-9]*"),
    field(time("time", "When the target was checked."), like=_TIME),
    field(real("latency", "Seconds the check took."), like=r"\d+(?:\.\d+)?|-"),
    Field(
        "target_addr",
        (
            text("target_ip", "Address of the target; NULL for a Lambda function.", "ip"),
            integer("target_port", "Port of the target."),
            text("target_lambda_arn", "Lambda function that is the target.", "arn"),
        ),
        ENDPOINT_OR_ARN,
    ),
    field(text("target_group_id", "Target group of the target.", "resource")),
    field(text("status", "PASS or FAIL.")),
    field(integer("status_code", "HTTP or gRPC status the target gave.")),
    field(text("reason_code", "Why the check failed, like TimedOut.")),
    field(text("elb", "The load balancer, as app/name/id.", "resource")),
    field(text("ip_address", "Address of the load balancer's node.", "ip")),
)

_LINES = Delimited(
    name="alb_health",
    about="Health checks of targets by Application Load Balancers.",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-health-check-logs.html",
    fields=FIELDS,
    required=8,
)

_OBJECTS = Objects(
    renamed(FIELDS, {}),
    requires=(
        frozenset({"target_addr", "status"}),
        frozenset({"target_group_id", "reason_code"}),
    ),
    absent="-",
    unique=("target_addr", "status"),
)

ALB_HEALTH = TwoForms(_LINES, _OBJECTS)
