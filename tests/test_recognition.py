"""What is recognised of sources whose beginning says little: long records, none, other charsets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parsers import claims
from parsers.contract import Assumed
from parsers.identify import HEAD, MOST, Identified, Unrecognised, asserted, identify
from parsers.reading import Outcome, read, read_as
from tests.cases import cases

FLOW = (
    "2 111122223333 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.7 443 49152 6 20 4249"
    " 1714557600 1714557660 ACCEPT OK"
)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start"
    " end action log-status"
)
OUTSIDE = "\N{MUSICAL SYMBOL G CLEF}"  # a character of four bytes in either encoding


def call(size: int = 0, **members: Any) -> bytes:
    record = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "Root", "accountId": "111122223333"},
        "eventTime": "2024-05-01T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketPolicy",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "requestParameters": {"policy": "x" * size},
        "eventID": "00000000-0000-4000-8000-000000000001",
    }
    return json.dumps(record | members).encode()


def outcome(content: bytes) -> Outcome:
    found = read(content)
    assert isinstance(found, Outcome), found.reason
    return found


def rows(content: bytes) -> dict[str, int]:
    return {declared.name: len(part.rows) for declared, part in outcome(content).decoded}


# ---------------------------------------------------------------------------- long records
@pytest.mark.parametrize("size", [HEAD, 3 << 20])
@pytest.mark.parametrize("frame", [b"%b\n%b\n", b'{"Records":[%b,%b]}', b"%b%b"])
def test_a_first_record_longer_than_the_head_is_recognised(size: int, frame: bytes) -> None:
    assert rows(frame % (call(size), call())) == {"cloudtrail": 2}


def test_a_first_line_longer_than_the_head_is_recognised() -> None:
    alb = (
        "https 2025-02-15T23:39:43.945958Z app/web/0011aabb2233ccdd 192.0.2.44:2817"
        ' 198.51.100.8:80 0.001 0.052 0.000 200 200 589 2084 "GET https://www.example.com/%s'
        ' HTTP/1.1" "curl/8" - - arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a'
        ' "-" "-" "-" 1 2025-02-15T23:39:43.893000Z "forward" "-" "-"\n'
    )

    assert rows((alb % ("a" * (HEAD + 9)) + alb % "a").encode()) == {"alb": 2}


def test_the_format_asserted_is_framed_by_what_a_long_record_shows() -> None:
    content = b'{"Records":[%b,%b]}' % (call(HEAD), call())

    found = asserted(content[:MOST], "cloudtrail", whole=True)

    assert found.framing == "records"


def test_what_has_no_end_at_all_is_not_recognised() -> None:
    assert isinstance(identify(b"\x00" * MOST, whole=False), Unrecognised)
    assert isinstance(identify(b'{"a":"' + b"x" * MOST, whole=False), Unrecognised)


@pytest.mark.parametrize("text", [b"1,", b"a ", b"\0", b"<", b"2024-01-01 "])
def test_a_single_line_of_a_megabyte_is_looked_at_in_no_time(text: bytes) -> None:
    assert isinstance(identify(text * ((1 << 20) // len(text)), whole=True), Unrecognised)


# ---------------------------------------------------------------------------- no records
@pytest.mark.parametrize("content", [b'{"Records":[]}', b' {"Records": [ ] }\n', b'{"Events":[]}'])
def test_a_document_without_records_is_structure(content: bytes) -> None:
    tally = outcome(content).tally

    assert (tally.units, tally.unit_bytes, tally.structure_bytes) == (0, 0, len(content))


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b'{"Items":[]}', b'{"a":{"Records":[]}}', b'{"Records":[]', b'{"Records":[]}x'],
)
def test_what_is_not_sure_to_be_without_records_is_not_recognised(content: bytes) -> None:
    assert isinstance(read(content), Unrecognised)


def test_a_second_list_of_records_is_not_overlooked() -> None:
    assert rows(b'{"Records":[],"Records":[%b]}' % call()) == {"cloudtrail": 1}


# ---------------------------------------------------------------------------- UTF-16
@pytest.mark.parametrize(("charset", "mark"), [("le", b"\xff\xfe"), ("be", b"\xfe\xff")])
@pytest.mark.parametrize(
    "text", [f"{FLOW}\r\n{FLOW}\r\n", f"{FLOW}\n{FLOW}", f"{FLOW}\n\n{FLOW}\n"]
)
def test_text_in_utf_16_is_read_as_what_it_says(text: str, charset: str, mark: bytes) -> None:
    content = mark + text.encode(f"utf-16-{charset}")
    found, said = outcome(content), outcome(text.encode())

    tally = found.tally
    assert tally.unit_bytes + tally.structure_bytes == len(content)
    assert tally.unit_bytes == 2 * said.tally.unit_bytes
    assert [part.rows.to_pylist() for _, part in found.decoded] == [
        part.rows.to_pylist() for _, part in said.decoded
    ]


def test_offsets_in_utf_16_are_those_of_the_content() -> None:
    lines = [HEADER, FLOW, f"日本語 {OUTSIDE} no flow", FLOW, "shorter", FLOW]
    content = b"\xff\xfe" + "\n".join(lines).encode("utf-16-le")

    found = outcome(content)

    rejects = [each for _, part in found.decoded for each in part.rejects]
    assert [each.raw.decode() for each in rejects] == [lines[2], lines[4]]
    assert [content[each.offset :].decode("utf-16-le").split("\n")[0] for each in rejects] == [
        lines[2],
        lines[4],
    ]
    assert found.tally.unit_bytes + found.tally.structure_bytes == len(content)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 101])
def test_utf_16_that_breaks_off_is_accounted_for(cut: int) -> None:
    content = b"\xff\xfe" + f"{HEADER}\n{FLOW}\n{FLOW}\n{FLOW} {OUTSIDE}".encode("utf-16-le")
    content = content[: len(content) - cut]

    tally = outcome(content).tally

    assert tally.unit_bytes + tally.structure_bytes == len(content)
    assert bool(tally.damage) == (cut > 0)  # two bytes off: half of a pair is left


def test_half_a_pair_is_a_defect_and_no_end() -> None:
    line = FLOW.replace("ACCEPT", "ACC\ud800EPT")
    content = b"\xff\xfe" + f"{HEADER}\n{FLOW}\n{line}\n{FLOW}\n".encode(
        "utf-16-le", "surrogatepass"
    )

    found = outcome(content)

    assert sum(len(part.rows) for _, part in found.decoded) == 3
    assert [each.code for _, part in found.decoded for each in part.defects] == ["not-utf8"]
    assert found.tally.unit_bytes + found.tally.structure_bytes == len(content)


def test_a_framing_of_messages_in_utf_16_routes_them() -> None:
    page = {"events": [{"timestamp": 1, "message": FLOW, "ingestionTime": 2, "eventId": "1"}]}
    content = b"\xff\xfe" + json.dumps(page).encode("utf-16-le")
    found = identify(content, whole=True)

    assert isinstance(found, Identified)
    assert (found.framing, found.routed) == ("utf-16-le+cloudwatch-events", True)
    assert [declared.name for declared, _ in read_as(content, found).decoded] == ["vpc_flow"]


def test_what_is_remembered_of_other_files_changes_no_answer() -> None:
    def answers(*, fresh: bool) -> list[object]:
        found: list[object] = []
        for case in cases():
            if fresh:
                claims._remembered.clear()
                claims._fitting.clear()
            found.append(identify(case.content[:HEAD], whole=len(case.content) <= HEAD))
        return found

    alone = answers(fresh=True)

    assert answers(fresh=False) == alone
    assert answers(fresh=False) == alone
    assert len(claims._fitting) > 10


def test_what_the_analyst_asserts_is_not_answered_from_memory() -> None:
    said = (
        b'{"n":"00000000-aaaa","w":"192.0.2.10","c":"200"}\n{"n":"00000000-bbbb","w":"-","c":"-"}'
    )
    template = '{"n":"$context.requestId","w":"$context.identity.sourceIp","c":"$context.status"}'

    before = identify(said, whole=True)
    found = identify(said, whole=True, assumed=Assumed("", None, template))
    after = identify(said, whole=True)

    assert isinstance(found, Identified)
    assert found.format.name == "apigw_access"
    assert isinstance(before, Unrecognised)
    assert after == before
