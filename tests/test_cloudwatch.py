"""CloudWatch Logs: what envelopes hold and hide, and which format each message goes to."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import hints, kernels, routing
from parsers.contract import TIME, Block, Claim, Decoded, Format, Sample
from parsers.formats import BY_NAME, FORMATS
from parsers.formats.cloudwatch import CLOUDWATCH, LIMITS
from parsers.framing import (
    FRAMINGS,
    MESSAGES,
    aggregated,
    openings,
    payloads,
    stamped,
    subscription_documents,
    subscription_lengths,
    tables,
    windows,
)
from parsers.hints import Hint
from parsers.identify import HEAD, UNITS, Identified, asserted, identify
from parsers.reading import Outcome, Reading, read, read_as
from tests.cases import UNRECOGNISED, Case, cases
from tests.noise import CORRUPTIONS, TEXTS, is_subsequence, pieces
from tests.test_framing import Framed, assert_accounted, framed

SUBSCRIPTION = "cloudwatch-subscription"
FLOW = (
    "2 111122223333 eni-0123456789abcdef0 192.0.2.10 198.51.100.7 51234 443 6 10 8400"
    " 1704112490 1704112550 ACCEPT OK"
)
CALL = {
    "eventVersion": "1.10",
    "userIdentity": {"type": "IAMUser", "userName": "alice"},
    "eventTime": "2024-01-01T12:34:56Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "eventID": "00000000-aaaa-4bbb-8ccc-000000000001",
}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def envelope(
    *messages: str, group: str = "/app", stream: str = "web", first: int = 1, **more: Any
) -> dict[str, Any]:
    events = [
        {"id": f"{first + at:056}", "timestamp": 1704112496123 + at, "message": message}
        for at, message in enumerate(messages)
    ]
    head = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": group}
    return {**head, "logStream": stream, "subscriptionFilters": ["to-s3"], **more} | {
        "logEvents": events
    }


def call(name: str = "CreateUser", **more: Any) -> str:
    return compact(CALL | {"eventName": name} | more).decode()


def packed(content: bytes, layers: int = 1) -> str:
    for _ in range(layers):
        content = gzip.compress(content, mtime=0)
    return base64.b64encode(content).decode()


def routed(content: bytes, *, plain: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """Every row of a source with its table, in order, none of its units lost."""
    outcome = read(content, plain=plain)
    assert isinstance(outcome, Outcome), outcome
    rows = [
        (declared.name, row) for declared, part in outcome.decoded for row in part.rows.to_pylist()
    ]
    refused = len(outcome.tally.rejects) + sum(len(part.rejects) for _, part in outcome.decoded)
    structure = outcome.tally.structure + sum(len(part.structure) for _, part in outcome.decoded)
    assert len(rows) + refused + structure == outcome.tally.units
    return sorted(rows, key=lambda row: row[1]["record_no"])


def where(content: bytes) -> list[str]:
    """The table of each message, in order."""
    found = routed(content)
    assert [table for table, _ in routed(content, plain=True)] == [table for table, _ in found]
    return [table for table, _ in found]


# ---------------------------------------------------------------------------- three gears
def walked(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Framed:
    """The same stream, every document member by member."""
    with monkeypatch.context() as patch:
        patch.setattr(subscription_documents, "head_of", lambda text: None)
        patch.setattr(subscription_lengths.Lengths, "proven", lambda lengths, rank: False)
        return framed(SUBSCRIPTION, [content])


def contexts(content: bytes, framing: str = SUBSCRIPTION) -> list[Any]:
    batches = [units.context for units in FRAMINGS[framing]([content])]
    return [
        (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
        for batch in batches
        if batch is not None
        for column in batch.columns
    ]


MESSAGE_TEXTS = TEXTS | st.sampled_from([FLOW, call(), "plain", "a\\b", 'q"q', "\n", "tab\t", "ü"])
ODD_MEMBERS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"policyLevel": "ACCOUNT_LEVEL_POLICY"},
        {"subscriptionFilters": []},
        {"subscriptionFilters": ["a", "b"]},
        {"novel": {"messageType": "x", "logEvents": []}},
        {"owner": 1},
        {"logStream": 'odd "name"'},
    ]
)
ODD_EVENTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"extractedFields": {"a": "b"}},
        {"novel": 1},
        {"timestamp": -5},
        {"timestamp": 0},
        {"timestamp": 10**12 - 1},
        {"timestamp": 2**63},
        {"timestamp": 1.5},
        {"id": ""},
        {"id": "ü"},
        {"id": None},
        {"message": None},
    ]
)


@st.composite
def envelopes(draw: st.DrawFn) -> bytes:
    """An envelope, perhaps with members it usually has not, written in one way or another."""
    messages = draw(st.lists(MESSAGE_TEXTS, max_size=4))
    found = envelope(*messages, **draw(ODD_MEMBERS))
    for event in found["logEvents"]:
        event.update(draw(ODD_EVENTS))
    if draw(st.booleans()):
        found = dict(reversed(found.items()))
    indent = draw(st.sampled_from([None, None, None, 1]))
    separators = (",", ":") if indent is None else None
    ascii_only = draw(st.booleans())
    text = json.dumps(found, separators=separators, ensure_ascii=ascii_only, indent=indent)
    return text.encode("utf-8", "surrogatepass")


STREAMS = st.lists(envelopes(), max_size=5).flatmap(
    lambda found: st.sampled_from([b"", b"\n", b" \r\n"]).map(lambda between: between.join(found))
)


@pytest.fixture(autouse=True, scope="module")
def kernels_for_little() -> Iterator[None]:
    """Kernels read even what is not worth it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "LEAST", 0)
        yield


@pytest.mark.parametrize("available", [True, False])
@given(STREAMS)
def test_every_gear_reads_the_same(available: bool, content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        slow = walked(content, patch)
        patch.setattr(subscription_documents, "head_of", lambda text: None)
        slow_contexts = contexts(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "AVAILABLE", available and kernels.AVAILABLE)

        assert framed(SUBSCRIPTION, [content]) == slow
        assert contexts(content) == slow_contexts
    assert_accounted(content, slow)


ESCAPED = [
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\udc00\\ud800",
    "\\x",
    "\\/",
    "\\",
    "\x01",
    "\xff",
]


@given(st.lists(st.sampled_from([*ESCAPED, "a", '\\"', "ü"]), max_size=6).map("".join))
def test_what_a_message_says_does_not_depend_on_the_gear(token: str) -> None:
    content = compact(envelope("plain", "odd")).replace(b'"odd"', b'"%b"' % token.encode("latin-1"))
    with pytest.MonkeyPatch.context() as patch:
        slow = walked(content, patch)

    assert framed(SUBSCRIPTION, [content]) == slow


STAMPS = st.sampled_from(
    ["2024-02-29T23:59:59.999Z", "2023-02-29T00:00:00.000Z", "0000-01-01T00:00:00.000Z",
     "0001-01-01T00:00:00.000Z", "9999-12-31T24:00:00.000Z", "2024-01-01T00:00:60.000Z",
     "2024-00-01T00:00:00.000Z", "1900-03-01T00:00:00.001Z", "2024-01-01T00:00:00,000Z",
     "1704112496123", "0000000000000", "170411249612x", "2024-01-01T00:00:00.00"]
)  # fmt: skip


@given(st.lists(st.tuples(STAMPS, st.sampled_from([" a", "", "\r", "b", " \n"])), max_size=6))
def test_times_of_an_export_are_read_with_and_without_kernels(drawn: list[tuple[str, str]]) -> None:
    content = "\n".join(map("".join, drawn)).encode()
    found = framed("cloudwatch-export", [content]), contexts(content, "cloudwatch-export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "AVAILABLE", False)

        slow = framed("cloudwatch-export", [content]), contexts(content, "cloudwatch-export")
        assert found == slow


@given(STREAMS, st.integers(1, 200), st.integers(1, 200))
def test_neither_chunks_nor_windows_make_a_difference(
    content: bytes, size: int, window: int
) -> None:
    assert framed(SUBSCRIPTION, pieces(content, size), window) == framed(SUBSCRIPTION, [content])


@given(STREAMS, st.data())
def test_whatever_is_broken_is_accounted_for(content: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        octet = bytes([data.draw(CORRUPTIONS)])
        content = content[:at] + octet + content[at + data.draw(st.integers(0, 3)) :]
    with pytest.MonkeyPatch.context() as patch:
        slow = walked(content, patch)
    found = framed(SUBSCRIPTION, [content])

    assert_accounted(content, found)
    assert found.texts == slow.texts
    assert [each[:3] for each in found.rejects] == [each[:3] for each in slow.rejects]


@given(st.integers(0, 2), st.data())
def test_a_broken_envelope_costs_itself(which: int, data: st.DataObject) -> None:
    parts = [compact(envelope(f"{at}: a", f'{at}: "b"', f"{at}: c")) for at in range(3)]
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    octet = bytes([data.draw(CORRUPTIONS)])
    parts[which] = parts[which][:at] + octet + parts[which][at + data.draw(st.integers(0, 1)) :]
    found = framed(SUBSCRIPTION, [b"".join(parts)])

    others = [f"{at}: {text}" for at in range(3) if at != which for text in ("a", '"b"', "c")]
    assert is_subsequence(others, [text.decode("utf-8", "replace") for text in found.texts])


@pytest.mark.parametrize(
    "hidden",
    [
        ('"message":"plain"', '"message":"evil","message":"plain"'),
        ('"message":"plain"', '"\\u006dessage":"evil","message":"plain"'),
        ('"logEvents":[', '"logEvents":[{"id":"","timestamp":1,"message":"evil"}],"logEvents":['),
        ('"logEvents":[', '"log\\u0045vents":[{"timestamp":1,"message":"evil"}],"logEvents":['),
        ("[{", '[{"id":"","timestamp":1,"message":"evil"},{'),
    ],
)
def test_nothing_hides_in_an_envelope(hidden: tuple[str, str]) -> None:
    usual, odd = hidden
    content = compact(envelope("plain")).replace(usual.encode(), odd.encode())

    assert framed(SUBSCRIPTION, [content * 2]).texts == [b"evil", b"plain"] * 2


def test_a_control_message_must_be_one_in_all_it_says() -> None:
    check = "CWL CONTROL MESSAGE: Checking health of destination Firehose."
    real = envelope(check, group="", stream="") | {"messageType": "CONTROL_MESSAGE"}
    pretended = [
        envelope("evil", group="", stream="") | {"messageType": "CONTROL_MESSAGE"},
        envelope(check) | {"messageType": "CONTROL_MESSAGE"},
        envelope(check, "evil", group="", stream="") | {"messageType": "CONTROL_MESSAGE"},
        envelope(check, group="", stream=""),
    ]
    found = framed(SUBSCRIPTION, [b"".join(map(compact, [real, *pretended]))])

    assert found.structure == 1
    assert found.texts == [b"evil", check.encode(), check.encode(), b"evil", check.encode()]


def test_what_a_torn_envelope_still_holds_is_read() -> None:
    content = compact(envelope("one", "two", "three"))
    found = framed(SUBSCRIPTION, [content, content[:-30]])

    assert found.texts == [b"one", b"two", b"three", b"one", b"two"]
    assert [(each.code, each.record_no) for each in found.rejects] == [("torn", 6)]
    assert found.damage


def test_the_first_envelope_is_recognised_however_long_it_is() -> None:
    content = compact(envelope(*[FLOW] * 4000))
    found = identify(content[:HEAD], whole=False)

    assert len(content) > 2 * HEAD
    assert isinstance(found, Identified)
    assert (found.framing, found.reason) == (
        SUBSCRIPTION,
        f"envelopes of a CloudWatch Logs subscription; the first messages: vpc_flow {UNITS}",
    )


# ---------------------------------------------------------------------------- every shape
@pytest.mark.parametrize("size", [1, 7, 64, 300])
@pytest.mark.parametrize(
    "case",
    [case for case in cases() if openings.opening_of(case.content)],
    ids=lambda case: case.name,
)
def test_borders_of_windows_do_not_matter(
    case: Case, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = case.identified(case.key)
    if not isinstance(found, Identified):
        assert case.format == UNRECOGNISED
        return
    expected = case.outcome(found, plain=False)
    monkeypatch.setattr(windows, "WINDOW", size)

    assert case.outcome(found, plain=False) == expected


@pytest.mark.parametrize(
    ("module", "framing", "before", "after"),
    [
        (stamped, "cloudwatch-export", b"2024-01-01T12:34:56.123Z ", b"\n"),
        (stamped, "cloudwatch-tail", b"2024-01-01T12:34:56+00:00 web ", b"\n"),
        (tables, "cloudwatch-table", b'1,"', b'"\n'),
    ],
)
def test_what_is_too_long_is_one_reject(
    module: Any,
    framing: str,
    before: bytes,
    after: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST", 300)
    head = b"timestamp,message\n" if framing == "cloudwatch-table" else b""
    parts = [before + text + after for text in (b"one", b"x" * 2000 + b"\ny" * 200, b"two")]
    content = head + b"".join(parts)
    found = framed(framing, [content], 100)

    assert found.texts == [b"one", b"two"]
    assert [each.code for each in found.rejects] == ["too-long"]
    assert found.reject_bytes >= 2000
    assert sum(
        length for _, length in found.extents
    ) + found.reject_bytes + found.structure_bytes == len(content)


@pytest.mark.parametrize("name", sorted({*MESSAGES} - {"control", "mixed", "mixed-lines"}))
def test_every_shape_is_recognised_by_how_it_begins(name: str) -> None:
    contents = [case.content for case in cases() if _framing(case) == name]

    assert contents
    assert {openings.opening_of(content) for content in contents} == {name}


def _framing(case: Case) -> str:
    found = case.identified(case.key)
    return found.framing if isinstance(found, Identified) and not found.asserted else ""


def test_a_long_text_is_no_control_object() -> None:
    found = identify(b"Permission Check Successful" + b" " * 5000, whole=True)

    assert not isinstance(found, Identified)


# ---------------------------------------------------------------------------- payloads
def firehose(raw: str) -> bytes:
    return compact({"errorCode": "X", "rawData": raw})


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_stops_and_its_neighbours_are_read(layers: int) -> None:
    bomb = packed((b"x" * 999 + b"\n") * (40 << 10), layers)
    calls = [firehose(packed(call(name).encode())) for name in ("One", "Two")]
    content = b"\n".join([calls[0], *[firehose(bomb)] * 3, calls[1]])
    most = payloads.FREE + payloads.RATIO * len(content)
    held, records = 0, []
    for units in FRAMINGS["firehose-errors"]([content]):
        held += len(units.data)
        records += [
            units.data[low:high] for low, high in zip(units.starts, units.ends, strict=True)
        ]
        records = [text for text in records if text.startswith(b"{")]

    assert held <= most
    assert records == [call("One").encode(), call("Two").encode()]


def test_a_bomb_is_damage_that_says_where() -> None:
    content = firehose(packed(b"x" * (40 << 20)))
    outcome = read(content)

    assert isinstance(outcome, Outcome)
    assert [each.code for each in outcome.tally.rejects] == ["torn"]
    assert outcome.tally.damage.startswith("the content at byte 27: the content grows")
    assert outcome.tally.unit_bytes + outcome.tally.structure_bytes == len(content)


def test_contents_inside_contents_come_to_an_end() -> None:
    content = call().encode()
    for _ in range(8):
        content = firehose(packed(content))
    found = framed("firehose-errors", [content])

    assert len(found.texts) == 1
    assert found.texts[0].startswith(b'{"errorCode"')
    assert found.extents[0][1] + found.structure_bytes == len(content)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "H4sI",
        "not base64",
        packed(b"")[:-4],
        base64.b64encode(b"\x1f\x8b garbage").decode(),
        "A" * 3,
    ],
)
def test_a_payload_that_cannot_be_opened_is_kept(raw: str) -> None:
    content = firehose(raw) + firehose(packed(call().encode()))
    tally = Reading(_identified(content)).tally
    found = framed("firehose-errors", [content])

    assert found.texts == [call().encode()]
    assert len(found.rejects) == (raw != "")
    assert tally.units == 0
    assert sum(
        length for _, length in found.extents
    ) + found.reject_bytes + found.structure_bytes == len(content)


@pytest.mark.parametrize(
    "packet",
    [b"", b"\x1a", b"\x1a\xff", b"\x1a\x05ab", b"\x1d\x00", b"\xff" * 20, b"\x1a\x02\x1a\x05"],
)
def test_a_packet_of_records_that_is_no_message_is_refused_or_empty(packet: bytes) -> None:
    content = aggregated.MAGIC + packet + hashlib.md5(packet).digest()
    whole = packet == b""

    assert aggregated.unpacked(content) == ([] if whole else None)
    assert aggregated.unpacked(content[:-1]) is None
    assert aggregated.unpacked(packet) == [packet]


def _identified(content: bytes) -> Identified:
    found = identify(content[:HEAD], whole=len(content) <= HEAD)
    assert isinstance(found, Identified), found
    return found


# ---------------------------------------------------------------------------- routing
MIXED = ["hello", FLOW, call(), '{"level":"INFO"}', FLOW.replace("8400", "many"), " ", call("Two")]


def test_a_stream_of_several_formats_is_routed_line_by_line() -> None:
    content = compact(envelope(*MIXED))

    assert where(content) == [
        *("cloudwatch", "vpc_flow", "cloudtrail", "cloudwatch"),
        *("vpc_flow", "cloudwatch", "cloudtrail"),
    ]


@settings(max_examples=15)
@given(st.permutations(MIXED), st.integers(1, 7), st.integers(1, 2000))
def test_routes_depend_on_the_stream_alone(messages: list[str], per: int, size: int) -> None:
    """Not on envelopes, nor on chunks, nor on what is decoded together."""
    whole = compact(envelope(*messages))
    parts = b"".join(
        compact(envelope(*messages[at : at + per], first=at + 1))
        for at in range(0, len(messages), per)
    )
    reading = Reading(_identified(parts))
    blocks = [
        (declared, block.take(np.array([index])))
        for declared, block in reading.blocks(pieces(parts, size))
        for index in range(len(block))
    ]
    alone = [
        (part.rows.column("record_no")[0].as_py(), declared.name)
        for declared, block in blocks
        for declared, part in routing.decode(declared, block)
        if len(part.rows)
    ]

    assert where(parts) == where(whole) == [table for _, table in sorted(alone)]


def test_a_stream_does_not_change_its_neighbour() -> None:
    odd = FLOW.replace("eni-0123456789abcdef0", "odd")
    first, second = (envelope(odd, stream="a"), envelope(odd, stream="b"))
    flows = envelope(FLOW, stream="a")

    assert where(b"".join(map(compact, [first, flows, first, second]))) == [
        *("cloudwatch", "vpc_flow"),
        *("vpc_flow", "cloudwatch"),
    ]


def test_streams_beyond_those_remembered_are_asked_message_by_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [envelope(*MIXED, stream=str(number)) for number in range(4)]
    content = b"".join(map(compact, streams))
    monkeypatch.setattr(routing, "MOST_STREAMS", 2)
    strict = where(compact(streams[3]))
    found = where(content)

    assert found[:14] == strict * 2
    assert found[14:] == ["cloudwatch" if text == MIXED[4] else table for text, table in [
        *zip(MIXED * 2, strict * 2, strict=True)
    ]]  # fmt: skip


def test_a_group_of_a_service_is_of_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = (Hint("vpc_flow", "/owned/.+", owned=True),)
    monkeypatch.setattr(hints, "HINTS", owned)
    hints.hint_for.cache_clear()
    odd = FLOW.replace("eni-0123456789abcdef0", "odd").replace("8400", "many")
    content = compact(envelope(odd, "too short", call(), group="/owned/flow"))
    found = where(content)
    hints.hint_for.cache_clear()

    assert found == ["vpc_flow", "cloudwatch", "cloudtrail"]


def test_hints_name_formats_that_there_are_or_will_be() -> None:
    coming = {
        *("lambda_log", "rds_mysql_audit", "rds_mysql", "rds_postgres", "apigw_execution"),
        *("apigw_access", "route53_public", "ssm_session", "host"),
    }

    assert {hint.format for hint in hints.HINTS} <= coming | BY_NAME.keys()


@pytest.mark.parametrize(
    ("group", "stream", "format"),
    [
        (
            "/aws/lambda/orders",
            "2024/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
            "lambda_log",
        ),
        ("/aws/rds/cluster/db/audit", "db-1.audit.log.3", "rds_mysql_audit"),
        ("/aws/rds/instance/db/postgresql", "db.0", "rds_postgres"),
        ("/aws/rds/cluster/db/shard-1/postgresql", "db.0", "rds_postgres"),
        ("/aws/rds/instance/db/slowquery", "db", "rds_mysql"),
        ("API-Gateway-Execution-Logs_a1b2c3/prod", "0123", "apigw_execution"),
        ("trail", "111122223333_CloudTrail_eu-west-1_4", "cloudtrail"),
        ("aws-waf-logs-app", "eu-west-1_app_0", "waf"),
        ("flow", "eni-0123456789abcdef0-all", "vpc_flow"),
        ("sessions", "alice-0123456789abcdef0", "ssm_session"),
        ("/var/log/secure", "i-0123456789abcdef0", "host"),
        ("/ecs/shop", "web/app/0123456789abcdef", None),
        (None, None, None),
    ],
)
def test_names_of_groups_hint(group: str | None, stream: str | None, format: str | None) -> None:
    hint = hints.hint_for(group, stream)

    assert (hint.format if hint else None) == format


def test_a_header_among_messages_sets_the_layout() -> None:
    header = "version srcaddr action"
    content = b"".join(
        b"2024-01-01T12:34:5%d.000Z %b\n" % (at, line)
        for at, line in enumerate([header.encode(), b"2 192.0.2.1 REJECT", b"2 192.0.2.2 ACCEPT"])
    )
    outcome = read(content)
    rows = routed(content)

    assert isinstance(outcome, Outcome)
    assert outcome.tally.structure == 1
    assert [(table, row["srcaddr"], row["action"]) for table, row in rows] == [
        ("vpc_flow", "192.0.2.1", "REJECT"),
        ("vpc_flow", "192.0.2.2", "ACCEPT"),
    ]


def test_sources_decoded_together_come_out_as_alone() -> None:
    contents = [
        compact(envelope(*MIXED)),
        compact(envelope(*reversed(MIXED), group="other")),
        b"2024-01-01T12:34:56.123Z " + FLOW.encode(),
    ]
    kinds: dict[Any, list[tuple[Format, Block]]] = {}
    alone: Counter[str] = Counter()
    for number, content in enumerate(contents):
        for declared, block in Reading(_identified(content), number).blocks([content]):
            kinds.setdefault((declared.name, block.kind), []).append((declared, block))
            alone.update(_rows(routing.decode(declared, block)))
    together: Counter[str] = Counter()
    for found in kinds.values():
        joined = Block.joined([block for _, block in found])
        together.update(_rows(routing.decode(found[0][0], joined)))

    assert together == alone
    assert together.total() == 2 * len(MIXED) + 1


def _rows(parts: list[tuple[Format, Decoded]]) -> list[str]:
    return [f"{declared.name} {row}" for declared, part in parts for row in part.rows.to_pylist()]


def test_the_word_of_the_analyst_sends_all_messages_to_one_format() -> None:
    content = compact(envelope("hello", call(), FLOW))
    as_calls = read_as(content, asserted(content, "cloudtrail", whole=True))
    as_text = read_as(content, asserted(content, "cloudwatch", whole=True))

    assert [(name.name, len(part.rows), len(part.rejects)) for name, part in as_calls.decoded] == [
        ("cloudtrail", 1, 2)
    ]
    assert [(name.name, len(part.rows)) for name, part in as_text.decoded] == [("cloudwatch", 3)]


def test_a_format_recognises_what_it_claims() -> None:
    lines = {line for case in cases() for line in case.content.split(b"\n") if line.strip()}
    samples = [Sample((line,), whole=False, key="") for line in sorted(lines)]
    differing = [
        (declared.name, sample.units)
        for declared in FORMATS
        for sample in samples
        if declared.recognises(sample) != isinstance(declared.claim(sample), Claim)
    ]

    assert len(samples) > 100
    assert differing == []


# ---------------------------------------------------------------------------- messages cut short
@pytest.mark.parametrize("limit", LIMITS)
def test_a_record_cut_at_the_limit_is_a_message_with_a_defect(limit: int) -> None:
    text = call(requestParameters={"x": "y" * limit})[: limit - 26]
    (declared, part), *others = read_as(
        content := compact(envelope(text)), _identified(content)
    ).decoded
    cut = [defect for _, each in [(declared, part), *others] for defect in each.defects]

    assert where(content) == ["cloudwatch"]
    assert [(defect.column, defect.code, defect.raw) for defect in cut] == [
        ("message", "cut-at-limit", text.encode())
    ]


@pytest.mark.parametrize(
    ("length", "code"), [(262_118, "cut-at-limit"), (262_144, "cut-at-limit"), (262_119, None)]
)
def test_a_text_as_long_as_can_be_may_be_cut(length: int, code: str | None) -> None:
    unit = b"x" * length
    one = np.array([0]), np.array([length]), np.array([0]), np.array([0]), np.array([1])
    found = CLOUDWATCH.decode(Block(unit, *one))

    assert [defect.code for defect in found.defects] == ([code] if code else [])
    assert found.rows.column("message")[0].as_py() == unit.decode()


def test_whole_json_is_never_cut() -> None:
    text = json.dumps({"a": "x" * LIMITS[0]})
    content = compact(envelope(text))

    assert [part.defects for _, part in read_as(content, _identified(content)).decoded] == [[]]
