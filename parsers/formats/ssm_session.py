"""Sessions of Session Manager, and output of Run Command: what was typed, and what was shown.

A transcript is what a terminal showed: what was typed is known only where the shell echoed it
after a prompt. Any program can print what looks like a prompt, so `confidence` says what speaks
for it: high where the shell marked the prompt, medium where it only looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from parsers import clocks, scalars
from parsers.contract import Assumed, Column, integer, json, text, time
from parsers.engines.pattern_forms import KIND, Form, Members
from parsers.engines.patterns import BASIS, Patterns

_TITLE = r"(?:\x1b\]0;[^\x07]*+\x07)"
_PROMPT = (
    r"(?P<prompt>(?:\([^()\n]{1,40}\) )?(?:(?:sh|bash)-\d+\.\d+[$#]"
    r"|\[[\w.+-]+@[\w.-]+ [^\]\n]{0,200}\][$#]"
    r"|[\w.+-]+@[\w.-]+:[^$#\n]{0,200}[$#]|PS [A-Z]:\\[^>\n]{0,200}>))"
)
_ENDS = ("$", "#", ">")  # of prompts
_LINE = re.compile(
    rf"(?P<marked>\x1b\[\?2004h)?{_TITLE}*(?:\x1b\[[0-9;]*m)*{_PROMPT} ?(?P<command>[^\n]*)"
)
_CLEAN = r"(?P<command>[^\x00-\x1f\x7f]+)"
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])")
_DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[+-]\d\d:?\d\d)?"
_WORDS = r"[A-Z][a-z]{2} \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [AP]M \w+"
_HELD = (
    r'(?: \[COMMAND="(?P<wrapper>[^"\n]*(?:ssm|SSM)[/\\](?P<instance_id>m?i-[0-9a-f]+)'
    r'[/\\]session[/\\]orchestration[/\\](?P<session_id>[^/\\"\n]+)[/\\][^"\n]*)"[^\n]*+)?'
)
_MOST = 4096  # bytes of a typed line that are redrawn


def shown(typed: str) -> str:
    """A typed line as the terminal showed it at its end: backspaces and returns obeyed."""
    line: list[str] = []
    at = 0
    for character in _ESCAPE.sub("", typed[:_MOST]):
        if character == "\b":
            at = max(0, at - 1)
        elif character == "\r":
            continue
        elif character >= " " or character == "\t":
            line[at : at + 1] = [character]
            at += 1
    return "".join(line[:at])


def _typed(lines: list[str]) -> dict[str, str]:
    """What was typed in these lines, one command a line."""
    found = [match for match in map(_LINE.match, lines) if match]
    commands = (shown(match["command"]) for match in found)
    typed = "\n".join(filter(None, commands))
    if not typed:
        return {}
    marked = all(match["marked"] for match in found)
    return {"command": typed, "confidence": "high" if marked else "medium"}


def _of_text(texts: Mapping[str, str]) -> dict[str, str]:
    return _typed(re.split(r"\r*\n", texts.get("message", "")))


def _of_batch(texts: Mapping[str, str]) -> dict[str, str]:
    try:
        return _typed(msgspec.json.decode(texts.get("session_data", "[]"), type=list[str]))
    except (msgspec.DecodeError, UnicodeError):
        return {}


def _moment(said: str, seen: int | None, assumed: Assumed) -> clocks.Told:
    """A time of the host, with its zone or without; words and twelve hours are not read."""
    if re.fullmatch(_WORDS, said):
        raise ValueError("written in words, in the host's language")
    if said.endswith("Z"):
        return scalars.iso(said), clocks.STATED
    return clocks.iso_or_local(said, seen, assumed)


FORMS = (
    Form("header", rf"Script started on (?P<time>{_DATE}|{_WORDS}){_HELD}\r*+", clock=_moment,
         begins="Script started on "),
    Form("footer", rf"Script done on (?P<time>{_DATE}|{_WORDS})"
         r'(?: \[COMMAND_EXIT_CODE="(?P<wrapper_exit_code>\d+)"\])?\r*+', clock=_moment,
         begins="Script done on ", anchor=False),
    Form("transcript", rf"(?:Script started on {_DATE}{_HELD}"
         r"\r*\n)(?P<message>.*+)", begins="Script started on ", finish=_of_text),
    Form("header", r"(?P<message>\*{22}\r?\n?(?:Windows )?PowerShell transcript start.*+)",
         begins="*", finish=_of_text),
    Form("header", r"(?P<message>(?:Windows )?PowerShell transcript (?:start|end))\r*+",
         begins=("Windows PowerShell", "PowerShell transcript")),
    Form("header", r"Start time: (?P<time>\d{14})\r*+", clock=_moment,
         begins="Start time: ", anchor=False),
    Form("footer", r"End time: (?P<time>\d{14})\r*+", clock=_moment,
         begins="End time: ", anchor=False),
    Form("header", r"Username: (?P<run_as_user>.*?)\r*+", begins="Username: ", anchor=False),
    Form("command", rf"(?=(?P<message>.*+))\x1b\[\?2004h{_PROMPT} ?{_CLEAN}\r*+", anchor=False,
         begins="\x1b[?2004h", says={"confidence": "high"}),
    Form("command", rf"(?=(?P<message>.*+)){_PROMPT} ?{_CLEAN}\r*+", anchor=False,
         holds=_ENDS, says={"confidence": "medium"}),
    Form("command", rf"(?=(?P<message>[^\n]*+)\Z)(?:\x1b\[\?2004h)?{_TITLE}*(?:\x1b\[[0-9;]*m)*"
         rf"{_PROMPT} ?[^\n]*+", anchor=False, holds=_ENDS, finish=_of_text),
    Form("output", r"(?P<message>[^\n]*+)", anchor=False),
)  # fmt: skip
MEMBERS = (
    Members(
        "batch",
        {
            "eventTime": "time",
            "awsRegion": "region",
            "target/id": "instance_id",
            "userIdentity/arn": "user_arn",
            "runAsUser": "run_as_user",
            "sessionId": "session_id",
            "sessionData": "session_data",
            "eventVersion": "event_version",
        },
        [("sessionData", "sessionId", "target")],
        clock=_moment,
        finish=_of_batch,
    ),
)
COLUMNS: tuple[Column, ...] = (
    text(KIND, "command, output, header, footer, transcript (several lines), batch (streamed)."),
    time("time", "Of a batch when it was sent; of a header when the transcript was made: its end."),
    BASIS,
    text("session_id", "Id of the session: principal and a random part.", "session"),
    text("instance_id", "Managed node.", "instance"),
    text("user_arn", "Who owns the session.", "arn"),
    text("run_as_user", "Account of the operating system.", "user"),
    text("region", "Region of the session."),
    text("command", "What was typed, as shown at last; several commands on a line each."),
    text("confidence", "high: the shell marked its prompt; medium: it looks like a prompt."),
    text("prompt", "The prompt before it: # is root."),
    text("message", "What the terminal showed, escapes kept."),
    json("session_data", "Lines of a batch."),
    text("wrapper", "Command by which the agent made the transcript."),
    integer("wrapper_exit_code", "Exit code of that command, not of the session."),
    text("event_version", "Version of a batch."),
)

SSM_SESSION = Patterns(
    name="ssm_session",
    about="Shell sessions of Session Manager and output of Run Command, what was typed set apart.",
    reference="https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging.html",
    columns=COLUMNS,
    forms=FORMS,
    members=MEMBERS,
    otherwise=Form("transcript", r"(?P<message>.*+)", finish=_of_text),
    share=0.0,
    opening=1,  # what follows the first line can be anything
)
