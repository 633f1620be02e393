"""Lambda function logs: what the platform says of each invocation, and what the function wrote."""

from __future__ import annotations

import re

from parsers import clocks, scalars
from parsers.contract import Assumed, Column, integer, json, real, text, time
from parsers.engines.pattern_forms import Form, Members
from parsers.engines.patterns import BASIS, Patterns

_ID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_REQUEST = rf"(?P<request_id>{_ID})"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.:]\d{3}Z"
_XRAY = (
    r"XRAY TraceId: (?P<xray_trace_id>\S+)\s++SegmentId: (?P<xray_segment_id>\S+)"
    r"(?:\s++Sampled: (?P<xray_sampled>true|false))?"
)
_OUTCOME = (
    r"(?:\s++Status: (?P<invocation_status>\S+))?"
    r"(?:\s++Error Type: (?P<error_type>[^\t\r\n]+))?"
)


def _figure(name: str, column: str, unit: str = "ms") -> str:
    return rf"(?:\s++{name}: (?P<{column}>[\d.]+) {unit})?"


_REPORT = (
    rf"REPORT RequestId: {_REQUEST}"
    + _figure("Duration", "duration_ms")
    + _figure("Billed Duration", "billed_duration_ms")
    + _figure("Memory Size", "memory_size_mb", "MB")
    + _figure("Max Memory Used", "max_memory_used_mb", "MB")
    + _figure("Init Duration", "init_duration_ms")
    + _figure("Restore Duration", "restore_duration_ms")
    + _figure("Billed Restore Duration", "billed_restore_duration_ms")
    + rf"{_OUTCOME}(?:\s++{_XRAY})?(?:\s++(?P<message>\S.*+)?)?"
)
_VERSION = r" Runtime Version: (?P<runtime_version>\S+)"
_RUNTIME = rf"{_VERSION}\s++Runtime Version ARN: (?P<runtime_version_arn>\S+)\s*+"
_ERRORS = Form(
    "",
    r"(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection) *+\t(?P<error>\{.*+)",
    begins=("Invoke", "Uncaught", "Unhandled"),
)
_COLON_MILLISECONDS = re.compile(r"(:\d\d):(\d{3}Z)$")


@clocks.read_by(clocks.written("Z"))
def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """ISO 8601, also with a colon before the milliseconds, or a number of milliseconds."""
    del seen, assumed
    if said.isdigit():
        return scalars.epoch_milliseconds(said), clocks.STATED
    return scalars.iso(_COLON_MILLISECONDS.sub(r"\1.\2", said)), clocks.STATED


_LOCAL = clocks.zoneless(clocks.local)

FORMS = (
    Form("start", rf"START RequestId: {_REQUEST}\s++Version: (?P<function_version>\S+)\s*+",
         begins="START "),
    Form("end", rf"END RequestId: {_REQUEST}\s*+", begins="END "),
    Form("report", _REPORT, begins="REPORT "),
    Form("init_start", f"INIT_START{_RUNTIME}", begins="INIT_START "),
    Form("restore_start", f"RESTORE_START{_RUNTIME}", begins="RESTORE_START "),
    Form(
        "init_report",
        r"INIT_REPORT Init Duration: (?P<init_duration_ms>[\d.]+) ms"
        rf"(?:\s++Phase: (?P<phase>\S+))?{_OUTCOME}\s*+",
        begins="INIT_REPORT ",
    ),
    Form(
        "restore_report",
        rf"RESTORE_REPORT Restore Duration: (?P<restore_duration_ms>[\d.]+) ms{_OUTCOME}\s*+",
        begins="RESTORE_REPORT ",
    ),
    Form("xray", rf"{_XRAY}\s*+", begins="XRAY "),
    Form(
        "extension",
        r"EXTENSION\tName: (?P<extension_name>[^\t]+)\tState: (?P<extension_state>[^\t]+)"
        r"\tEvents: (?P<subscriptions>[^\t\r\n]+)\s*+",
        begins="EXTENSION\t",
    ),
    Form(
        "subscription",
        r"(?:TELEMETRY|LOGS)\tName: (?P<extension_name>[^\t]+)\tState: (?P<extension_state>[^\t]+)"
        r"\tTypes: (?P<subscriptions>[^\t\r\n]+)\s*+",
        begins=("TELEMETRY\t", "LOGS\t"),
    ),
    Form(
        "timeout",
        rf"(?P<time>{_ISO}) {_REQUEST} (?P<message>Task timed out after [\d.]+ seconds)\s*+",
        clock=_moment,
    ),
    Form(
        "crash",
        rf"RequestId: {_REQUEST} (?P<message>(?:Error: |Process exited ).*+)",
        begins="RequestId: ",
    ),
    Form(
        "application",
        rf"\[(?P<level>[A-Z]+)\]\t(?P<time>{_ISO})\t(?:{_REQUEST})?\t(?P<message>.*+)",
        clock=_moment, begins="[",
    ),
    Form(
        "application",
        rf"(?P<time>{_ISO})\t(?:undefined|{_REQUEST})\t"
        r"(?:(?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL|trce|dbug|info|warn|fail|crit)\t)?"
        r"(?P<message>.*+)",
        clock=_moment, within="message", forms=(_ERRORS,),
    ),
    Form(
        "exception",
        r"\[(?P<level>ERROR)\] (?P<error_type>[A-Za-z_][\w.]*+)(?:: (?P<message>.*+))?",
        begins="[ERROR] ", anchor=False,
    ),
    Form(
        "written",
        r"[A-Z], \[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+) #\d+\] ++(?P<level>[A-Z]+) "
        rf"(?:{_REQUEST} )?-- [^:]*+: (?P<message>.*+)",
        clock=_LOCAL, anchor=False,
    ),
    Form(
        "written",
        rf"(?P<time>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?) {_REQUEST} (?P<level>[A-Z]+) ++"
        r"(?P<location>\S+) - (?P<message>.*+)",
        clock=_LOCAL, anchor=False,
    ),
    Form(
        "written",
        r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<message>.*+)",
        clock=_LOCAL, anchor=False,
    ),
)  # fmt: skip
_TELEMETRY = {
    "time": "time",
    "type": "type",
    "level": "level",
    "record": "message",
    "record/requestId": "request_id",
    "record/AWSRequestId": "request_id",
    "record/functionName": "function_name",
    "record/version": "function_version",
    "record/functionVersion": "function_version",
    "record/runtimeVersion": "runtime_version",
    "record/runtimeVersionArn": "runtime_version_arn",
    "record/initializationType": "initialization_type",
    "record/phase": "phase",
    "record/status": "invocation_status",
    "record/errorType": "error_type",
    "record/metrics/durationMs": "duration_ms",
    "record/metrics/billedDurationMs": "billed_duration_ms",
    "record/metrics/memorySizeMB": "memory_size_mb",
    "record/metrics/maxMemoryUsedMB": "max_memory_used_mb",
    "record/metrics/initDurationMs": "init_duration_ms",
    "record/metrics/restoreDurationMs": "restore_duration_ms",
    "record/metrics/billedRestoreDurationMs": "billed_restore_duration_ms",
    "record/tracing/value": "tracing",
    "record/spans": "spans",
    "record/name": "extension_name",
    "record/state": "extension_state",
    "record/events": "subscriptions",
    "record/types": "subscriptions",
    "record/reason": "drop_reason",
    "record/droppedRecords": "dropped_records",
    "record/droppedBytes": "dropped_bytes",
    "record/level": "level",
    "record/message": "message",
}
_APPLICATION = {
    "timestamp": "time",
    "level": "level",
    "log_level": "level",
    "message": "message",
    "requestId": "request_id",
    "AWSRequestId": "request_id",
    "function_request_id": "request_id",
    "function_name": "function_name",
    "function_version": "function_version",
    "logger": "logger",
    "location": "location",
    "errorType": "error_type",
    "errorMessage": "error_message",
    "stackTrace": "stack_trace",
    "tenantId": "tenant_id",
    "traceId": "tracing",
    "xray_trace_id": "xray_trace_id",
}
MEMBERS = (
    Members(
        "telemetry",
        _TELEMETRY,
        [("time", "type", "record")],
        clock=_moment,
        like={"type": r"platform\.\w+|function|extension"},
    ),
    Members(
        "application",
        _APPLICATION,
        [
            ("timestamp", "level", "message", "requestId"),
            ("timestamp", "level", "message", "AWSRequestId"),
            ("log_level", "errorMessage", "errorType", "requestId"),
            ("timestamp", "level", "message", "function_request_id"),
        ],
        clock=_moment,
    ),
    Members(
        "written",
        _APPLICATION,
        [("timestamp", "level", "message"), ("level", "message", "requestId")],
        clock=_moment,
        anchor=False,
    ),
)
COLUMNS: tuple[Column, ...] = (
    text("kind", "What the line is: start, end, report, timeout, application, other ….",),
    time("time", "When it was written, as the line says, else as CloudWatch holds."),
    BASIS,
    text("request_id", "Id of the invocation: links all its lines; a retry has the same.",
         "request_id"),
    text("level", "Level of an application line, as its runtime spells it."),
    text("message", "What the function wrote, tracebacks whole; for platform lines, the rest."),
    text("type", "Type of a telemetry event: platform.report, function, extension …."),
    text("invocation_status", "success, failure, error or timeout; absent where none is said."),
    text("error_type", "Class of an error: Runtime.ExitError, ValueError …."),
    text("error_message", "What the error says."),
    json("error", "An error as Node.js writes it: errorType, errorMessage, stack."),
    json("stack_trace", "Where the error was raised."),
    text("function_name", "Name of the function."),
    text("function_version", "Version of the function, $LATEST where none is published."),
    text("runtime_version", "Runtime and its version, at a cold start."),
    text("runtime_version_arn", "The same as an ARN.", "arn"),
    text("initialization_type", "on-demand, provisioned-concurrency, snap-start …."),
    text("phase", "Phase of the environment: init, invoke, snap-start."),
    real("duration_ms", "Milliseconds the invocation took."),
    real("billed_duration_ms", "Milliseconds it was billed for."),
    integer("memory_size_mb", "Megabytes the function may use."),
    integer("max_memory_used_mb", "Megabytes it used at most."),
    real("init_duration_ms", "Milliseconds a cold start took."),
    real("restore_duration_ms", "Milliseconds it took to restore a snapshot."),
    real("billed_restore_duration_ms", "Milliseconds of it that were billed."),
    text("xray_trace_id", "Trace the invocation is part of."),
    text("xray_segment_id", "Its segment of the trace."),
    text("xray_sampled", "Whether the trace was kept: true or false."),
    text("tracing", "Trace header or trace id, as telemetry and .NET give it."),
    json("spans", "Parts of the invocation with their durations."),
    text("extension_name", "Extension that registered or subscribed."),
    text("extension_state", "Its state: Ready, Subscribed …."),
    text("subscriptions", "Events or types of logs it asked for."),
    text("drop_reason", "Why records were lost: a gap in the evidence."),
    integer("dropped_records", "How many records were lost."),
    integer("dropped_bytes", "How many bytes were lost."),
    text("logger", "Name of the logger."),
    text("location", "Place in the code."),
    text("tenant_id", "Tenant of the invocation, for functions isolated by tenant."),
)  # fmt: skip

LAMBDA_LOG = Patterns(
    name="lambda_log",
    about="Logs of Lambda functions: invocations as the platform reports them, and their output.",
    reference="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    columns=COLUMNS,
    forms=FORMS,
    members=MEMBERS,
    otherwise=Form("other", r"(?P<message>.*+)"),
    share=0.2,
    joined=("lambda-records",),
)
