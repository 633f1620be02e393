"""API Gateway execution logs: one message for each step of a request."""

from __future__ import annotations

from parsers import clocks
from parsers.contract import Assumed, Column, integer, text, time
from parsers.engines.pattern_forms import Form
from parsers.engines.patterns import BASIS, Patterns

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HEADER = r"(?:(?=.*?[{{ ]{0}=(?P<{1}>[^,}}]*))|)"


def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """`Sat Feb 15 22:31:02 UTC 2025`, as test invocations write it."""
    del seen, assumed
    return clocks.local(said.replace(" UTC ", " ", 1)), clocks.STATED


STEPS = (
    Form("start", r"Starting execution for request: (?P<started_request>\S+)", begins="Starting e"),
    Form("extended_id", r"Extended Request Id: (?P<extended_request_id>\S+)", begins="Extended"),
    Form("request", r"HTTP Method: (?P<http_method>[A-Z]+), Resource Path: (?P<path>.*+)",
         begins="HTTP Method"),
    Form("request_headers",
         r"Method request headers: " + _HEADER.format("X-Forwarded-For", "forwarded_for")
         + _HEADER.format("User-Agent", "user_agent") + _HEADER.format("Host", "domain_name")
         + r"(?P<content>.*+)", begins="Method request headers"),
    Form("request_path", r"Method request path: (?P<content>.*+)", begins="Method request path"),
    Form("request_query", r"Method request query string: (?P<content>.*+)",
         begins="Method request query"),
    Form("body", r"(?:Method|Endpoint) (?:request|response) body (?:before|after) transformations: "
         r"(?P<content>.*+)", begins=("Method re", "Endpoint re")),
    Form("usage_plan", r"Verifying Usage Plan for request: \S+\. API Key: (?P<api_key>\S*)"
         r" API Stage: (?P<api_stage>\S+)", begins="Verifying"),
    Form("throttled", r"Key throttle limit exceeded for .*+", begins="Key throttle"),
    Form("authorizer", r"Starting authorizer: (?P<authorizer>\S+) for request: \S+",
         begins="Starting authorizer"),
    Form("authorizer_policy", r"Using valid authorizer policy for principal: (?P<principal>.*+)",
         begins="Using valid"),
    Form("unauthorized", r"Unauthorized request: \S+", begins="Unauthorized"),
    Form("endpoint", r"(?:Endpoint request URI: |Sending request to )(?P<endpoint>.*+)",
         begins=("Endpoint request URI", "Sending request")),
    Form("endpoint_response", r"Received response\. (?:Status: (?P<endpoint_status>\d+), )?"
         r"Integration latency: (?P<integration_latency>\d+) ms", begins="Received response"),
    Form("endpoint_id", r"AWS Integration Endpoint RequestId : (?P<endpoint_request_id>\S+)",
         begins="AWS Integration"),
    Form("trace", r"X-ray Tracing ID : (?P<xray_trace_id>\S+)", begins="X-ray"),
    Form("completed", r"Method completed with status: (?P<status_code>\d+)",
         begins="Method completed"),
    Form("failed", r"(?:Execution failed|Lambda execution failed|Endpoint request timed out"
         r"|Request body does not match)(?P<reason>.*+)"),
)  # fmt: skip
_MESSAGE = r"(?P<message>.*+)"
FORMS = (
    Form("step", rf"\((?P<request_id>{_UUID})\) {_MESSAGE}", begins="(",
         within="message", forms=STEPS),
    Form("step", rf"\((?P<request_id>[A-Za-z0-9_-]{{14,16}}=)\) {_MESSAGE}", begins="(",
         within="message", forms=STEPS),
    Form("step", r"(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d UTC \d{4}) : "
         + _MESSAGE, clock=_moment, within="message", forms=STEPS),
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    text("kind", "The step: start, request, endpoint, completed, failed …; step for any other."),
    time("time", "When CloudWatch says it was written; test invocations say it themselves."),
    BASIS,
    text("request_id", "Id of the request: joins its steps.", "request_id"),
    text("message", "What the step says; keys are masked by API Gateway, bodies cut."),
    text("started_request", "Request that a test invocation starts.", "request_id"),
    text("extended_request_id", "Id that API Gateway gives the request.", "request_id"),
    text("http_method", "Method of the request."),
    text("path", "Path of the request.", "url"),
    text("forwarded_for", "First address of X-Forwarded-For: the client can claim it.", "ip"),
    text("user_agent", "What the client calls itself.", "user_agent"),
    text("domain_name", "Name the API was called by.", "host"),
    text("content", "Headers, parameters or body, as the step shows them."),
    text("api_key", "API key, masked but for its last characters."),
    text("api_stage", "API and stage of the usage plan.", "resource"),
    text("authorizer", "Authorizer that was asked.", "resource"),
    text("principal", "Principal, as the authorizer names it.", "principal"),
    text("endpoint", "Where the request was sent on.", "url"),
    integer("endpoint_status", "Status the endpoint answered with."),
    integer("integration_latency", "Milliseconds the endpoint took."),
    text("endpoint_request_id", "Id the endpoint gave the request.", "request_id"),
    text("xray_trace_id", "Trace the request is part of."),
    integer("status_code", "Status of the answer."),
    text("reason", "What failed."),
)

APIGW_EXECUTION = Patterns(
    name="apigw_execution",
    about="Steps of requests to REST and WebSocket APIs of API Gateway, with headers and bodies.",
    reference="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
    columns=COLUMNS,
    forms=FORMS,
    otherwise=Form("other", _MESSAGE),
    share=0.5,
    joined=("apigw-execution-records",),
)
