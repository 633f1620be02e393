"""The made-up logs of the benchmarks: repeatable, countable, and shaped as AWS delivers them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from benchmarks import peers
from benchmarks.generate import application
from benchmarks.generators import (
    ENVELOPED,
    FORMATS,
    PATTERNS,
    LogFormat,
    Plan,
    deliver,
    delivery,
    parquet,
    rows_that_fill,
    uncompressed,
)
from forensics.ingest import Options, ingest
from parsers.contract import ADDRESS_NUMBER
from parsers.formats import BY_NAME

HEADERS = {"vpc_flow": 1, "vpc_flow_v5": 1, "cloudfront": 2, "ssm_session": 1}
JSON_FORMATS = ("cloudtrail", "waf", "route53_resolver")
DELIMITED = ("vpc_flow", "vpc_flow_v5", "alb", "nlb", "clb", "s3_access", "cloudfront")
WIDTHS = {
    "vpc_flow": 14, "vpc_flow_v5": 29, "alb": 34, "nlb": 22, "clb": 15, "s3_access": 26,
    "cloudfront": 33,
}  # fmt: skip
DAY = r"2025/02/1\d"
REGION, ACCOUNT = r"[a-z]+-[a-z]+-\d", r"(111122223333|444455556666)"
BALANCER = rf"AWSLogs/{ACCOUNT}/elasticloadbalancing/{REGION}/2025/02/1\d/\d+_elasticloadbalancing_"
KEYS = {
    "cloudtrail": rf"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{DAY}/{ACCOUNT}_CloudTrail_"
    rf"{REGION}_2025021\dT\d\d[0-5][05]Z_[A-Za-z0-9]{{16}}\.json\.gz",
    "vpc_flow": rf"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/{DAY}/{ACCOUNT}_vpcflowlogs_"
    rf"{REGION}_fl-[0-9a-f]{{17}}_2025021\dT\d\d[0-5][05]Z_[0-9a-f]{{8}}\.log\.gz",
    "alb": BALANCER + rf"{REGION}_app\.web\.0011aabb2233ccdd_2025021\dT\d{{4}}Z"
    r"_203\.0\.113\.[0-3]_[A-Za-z0-9]{8}\.log\.gz",
    "nlb": BALANCER + rf"{REGION}_net\.edge\.1122aabb3344ccdd_2025021\dT\d{{4}}Z_\w{{8}}\.log\.gz",
    "clb": BALANCER + rf"{REGION}_my-lb_2025021\dT\d{{4}}Z_203\.0\.113\.5_\w{{8}}\.log",
    "s3_access": r"logs/2025-02-1\d-\d\d-\d\d-00-[0-9A-F]{16}",
    "cloudfront": r"cdn/E1[0-9A-F]{11}\.2025-02-15-\d\d\.[0-9a-f]{8}\.gz",
    "waf": rf"AWSLogs/{ACCOUNT}/WAFLogs/{REGION}/edge/2025/02/15/\d\d/[0-5][05]/{ACCOUNT}_waflogs"
    rf"_{REGION}_edge_20250215T\d{{4}}Z_[0-9a-f]{{8}}\.log\.gz",
    "route53_resolver": rf"AWSLogs/{ACCOUNT}/vpcdnsquerylogs/(vpc-[0-9a-f]{{17}})/2025/02/15/\2"
    rf"_vpcdnsquerylogs_{ACCOUNT}_20250215T\d{{4}}Z_[0-9a-f]{{8}}\.log\.gz",
}  # fmt: skip
KEYS["vpc_flow_v5"] = KEYS["vpc_flow"]
KEYS |= {log.name: rf"{log.name}/[0-9a-f]{{8}}-\d+/[a-z0-9_.-]+\.gz" for log in PATTERNS}
KEYS |= {
    log.name: r"exportedlogs/[0-9a-f]{12}/stream-\d+/000000\.gz|firehose/[0-9a-f]{12}-\d+\.gz"
    for log in ENVELOPED
}


# What tells an odd line of any format; no regular line holds one of these.
HURTS = (
    b"\\", b"2001:db8", b"SKIPDATA", b"unknown", b"  ", b"- http", b"shell?", b'"- - - "',
    b'x=filename="', b'"aws-cli/2.15.0 "', b'""', b"Origin Access Identity", b"S3.EXPIRE",
    b"\t000\t", b"%2520", b"%22", b"%5C", b"%C3", b"%7B",
)  # fmt: skip


def body(path: Path) -> bytes:
    stored = path.read_bytes()
    return gzip.decompress(stored) if stored[:2] == b"\x1f\x8b" else stored


def written(name: str, plan: Plan, folder: Path) -> list[bytes]:
    """The bodies of the files that the plan makes, in their order."""
    return [body(path) for path in deliver(FORMATS[name], plan, folder)]


def units(name: str, text: bytes) -> list[bytes]:
    """The units of a body: elements of `Records`, or lines after the header."""
    if name == "cloudtrail":
        return [json.dumps(record).encode() for record in json.loads(text)["Records"]]
    if name.endswith("-subscription"):
        said, at, events = text.decode(), 0, list[bytes]()
        while at < len(said):
            envelope, at = json.JSONDecoder().raw_decode(said, at)
            events += [json.dumps(event).encode() for event in envelope["logEvents"]]
        return events
    lines = text.split(b"\n")
    assert lines.pop() == b""
    return lines[HEADERS.get(name, 0) :]


def everything(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def tokens(name: str, line: bytes) -> list[bytes]:
    """The fields of a line whose quotes are all at the borders of fields."""
    if name == "cloudfront":
        return line.split(b"\t")
    if name in ("vpc_flow", "vpc_flow_v5", "nlb"):
        return line.split(b" ")
    return re.findall(rb'\[[^\]]*\]|"[^"]*"|[^ ]+', line)


def is_regular(name: str, line: bytes) -> bool:
    """Whether a line is one that no reader stumbles over, nor one of earlier years."""
    if not line.isascii() or any(hurt in line for hurt in HURTS):
        return False
    return len(tokens(name, line)) == WIDTHS[name]


@pytest.mark.parametrize("name", FORMATS)
def test_equal_seeds_give_equal_bytes(name: str, tmp_path: Path) -> None:
    for folder, seed in (("first", 7), ("second", 7), ("other", 8)):
        deliver(FORMATS[name], Plan(400, 4, seed), tmp_path / folder)

    first, other = everything(tmp_path / "first"), everything(tmp_path / "other")
    assert first == everything(tmp_path / "second")
    assert len(first) == 4
    assert set(first.values()).isdisjoint(other.values())


@pytest.mark.parametrize("name", FORMATS)
def test_units_are_spread_evenly(name: str, tmp_path: Path) -> None:
    bodies = written(name, Plan(1000, 3, 7), tmp_path)

    assert [len(units(name, text)) for text in bodies] == [334, 333, 333]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_outgrows_what_is_made_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "CHUNK", 64)

    bodies = written(name, Plan(500, 2, 7), tmp_path)

    assert [len(units(name, text)) for text in bodies] == [250, 250]
    assert len({unit for text in bodies for unit in units(name, text)}) > 490


@pytest.mark.parametrize("name", FORMATS)
def test_files_have_the_names_that_aws_gives(name: str, tmp_path: Path) -> None:
    paths = deliver(FORMATS[name], Plan(60, 30, 7), tmp_path)

    keys = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert len(set(keys)) == 30
    assert [key for key in keys if not re.fullmatch(KEYS[name], key)] == []


@pytest.mark.parametrize("name", FORMATS)
def test_only_what_aws_compresses_is_compressed(name: str, tmp_path: Path) -> None:
    (path,) = deliver(FORMATS[name], Plan(5, 1, 7), tmp_path)

    compressed = name not in ("clb", "s3_access")
    assert (path.suffix == ".gz") == compressed
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == compressed


def test_gzip_tells_the_name_and_no_time(tmp_path: Path) -> None:
    (path,) = deliver(FORMATS["cloudtrail"], Plan(5, 1, 7), tmp_path)

    header = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + path.name.removesuffix(".gz").encode() + b"\0"
    assert path.read_bytes().startswith(header)


def test_a_file_without_gzip_loses_the_suffix(tmp_path: Path) -> None:
    (path,) = deliver(uncompressed(FORMATS["cloudtrail"]), Plan(5, 1, 7), tmp_path)

    assert path.suffix == ".json"
    assert len(json.loads(path.read_bytes())["Records"]) == 5


@pytest.mark.parametrize("name", DELIMITED)
def test_every_line_has_the_fields_of_its_format(name: str, tmp_path: Path) -> None:
    (text,) = written(name, Plan(2000, 1, 7), tmp_path)

    assert {len(tokens(name, line)) for line in units(name, text)} == {WIDTHS[name]}


@pytest.mark.parametrize("name", DELIMITED)
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_the_share_of_odd_lines_is_exact(name: str, share: float, tmp_path: Path) -> None:
    (text,) = written(name, Plan(1000, 1, 7, odd=share), tmp_path)

    lines = units(name, text)
    assert len(lines) == 1000
    assert sum(not is_regular(name, line) for line in lines) == round(1000 * share)


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("vpc_flow", [b"2001:db8:", b" unknown eni-", b" SKIPDATA", b"  "]),
        ("alb", [b"2001:db8:", rb"\"quoted\"", rb"C:\temp", b"caf\xe9", b"80- -", rb"\x22"]),
        ("nlb", [b"2001:db8:", rb"\"h2\",\"http/1.1\"", b"tls 1.0 "]),
        ("clb", [b"2001:db8:", rb"\"quoted\"", rb"C:\temp", b"caf\xe9", b" - - 4", b'"- - - "']),
        ("s3_access", [b"2001:db8:", b' ""Mozilla', rb"C:\temp", b"caf\xe9", b"AmazonS3 "]),
        ("cloudfront", [b"2001:db8:", b"\t000\t", b"%2520", b"%09", b"-\t\n"]),
    ],
)
def test_odd_lines_are_of_every_kind(name: str, pieces: list[bytes], tmp_path: Path) -> None:
    (text,) = written(name, Plan(2000, 1, 7, odd=0.3), tmp_path)

    assert [piece for piece in pieces if piece not in text] == []


@pytest.mark.parametrize(
    ("name", "widths"),
    [("alb", {25, 29, 30, 33, 34}), ("nlb", {18, 21, 22}), ("s3_access", {18, 24, 25, 26, 27})],
)
def test_odd_lines_are_also_those_of_earlier_years(
    name: str, widths: set[int], tmp_path: Path
) -> None:
    (text,) = written(name, Plan(2000, 1, 7, odd=0.3), tmp_path)

    no_width = (b"\\", b'""', b'x=filename="', b'"aws-cli/2.15.0 "', b"Origin Access")
    plain = [line for line in units(name, text) if not any(hurt in line for hurt in no_width)]
    assert {len(tokens(name, line)) for line in plain} == widths


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_an_unknown_key_is_in_every_record_or_in_none(name: str, tmp_path: Path) -> None:
    (known,) = written(name, Plan(500, 1, 7), tmp_path / "known")
    (unknown,) = written(name, Plan(500, 1, 7, unknown_key=True), tmp_path / "unknown")

    keys = [set(json.loads(unit)) for unit in units(name, unknown)]
    assert sum("workloadDetails" in record for record in keys) == 500
    assert b"workloadDetails" not in known


def test_cloudtrail_looks_like_cloudtrail(tmp_path: Path) -> None:
    (text,) = written("cloudtrail", Plan(5000, 1, 7), tmp_path)

    assert b"\n" not in text
    assert text.startswith(b'{"Records":[{"eventVersion":"1.11","userIdentity":{')
    records = json.loads(text)["Records"]
    assert len({record["eventID"] for record in records}) == 5000
    assert {record["userIdentity"].get("type") for record in records} == {
        "AssumedRole", "IAMUser", "Root", "AWSService", "AWSAccount", "WebIdentityUser", None,
    }  # fmt: skip
    assert {record["eventType"] for record in records} == {
        "AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent",
    }  # fmt: skip
    assert {record["eventCategory"] for record in records} == {"Management", "Data"}
    assert 1200 <= len(text) / 5000 <= 1600
    assert sum(record["readOnly"] for record in records) > 3500
    assert b"@" not in re.sub(rb"@example\.com", b"", text)  # no hole was left open
    assert b'"#' not in text


@pytest.mark.parametrize("name", ["cloudtrail", "waf", "route53_resolver"])
def test_records_belong_to_the_account_and_region_of_their_file(name: str, tmp_path: Path) -> None:
    place: dict[str, Callable[[dict[str, str]], tuple[str, str]]] = {
        "cloudtrail": lambda record: (record["recipientAccountId"], record["awsRegion"]),
        "waf": lambda record: (record["webaclId"].split(":")[4], record["webaclId"].split(":")[3]),
        "route53_resolver": lambda record: (record["account_id"], record["region"]),
    }

    bodies = written(name, Plan(160, 16, 7), tmp_path)

    places = [{place[name](json.loads(unit)) for unit in units(name, text)} for text in bodies]
    assert [len(found) for found in places] == [1] * 16
    assert len(set.union(*places)) == 8


@pytest.mark.parametrize("name", FORMATS)
def test_a_size_can_be_asked_for(name: str) -> None:
    rows = rows_that_fill(FORMATS[name], 10_000_000, Plan(1, 1, 7))

    units_of_ten_megabytes = FORMATS[name].units(Plan(rows, 1, 7).span(0, min(rows, 20_000)))
    average = len(b"".join(units_of_ten_megabytes.slice(0, 5000).to_pylist())) / 5000
    assert average * rows == pytest.approx(10_000_000, rel=0.03)


@pytest.mark.parametrize(
    ("name", "plan", "message"),
    [
        ("alb", Plan(5, 6, 7), "5 units cannot fill 6 files"),
        ("alb", Plan(5, 0, 7), "5 units cannot fill 0 files"),
        ("waf", Plan(5, 1, 7, odd=0.1), "waf: odd lines are made for delimited formats only"),
        ("alb", Plan(5, 1, 7, unknown_key=True), "alb: an unknown key has its place in JSON only"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    name: str, plan: Plan, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        deliver(FORMATS[name], plan, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    words = ["cloudtrail", "--events", "30", "--files", "3", "--out", str(tmp_path), "--seed", "1"]

    result = CliRunner().invoke(application, words)

    stored = everything(tmp_path)
    size = sum(len(content) for content in stored.values())
    assert result.output == f"30 units in 3 files, {size} bytes below {tmp_path}\n"
    assert len(stored) == 3


@pytest.mark.parametrize(
    ("words", "rows", "files"),
    [([], 200_000, 200), (["--shape", "many-small"], 150_000, 10_000)],
)
def test_shapes_choose_the_numbers_that_were_not_given(
    words: list[str], rows: int, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Plan] = []

    def no_delivery(log: LogFormat, plan: Plan, out: Path) -> list[Path]:
        plans.append(plan)
        return []

    monkeypatch.setattr("benchmarks.generate.deliver", no_delivery)

    CliRunner().invoke(application, ["vpc_flow", "--out", "nowhere", *words])

    assert plans == [Plan(rows, files, 7)]


def test_a_huge_file_is_as_large_as_asked(tmp_path: Path) -> None:
    words = ["vpc_flow", "--shape", "huge", "--gib", "0.002", "--plain", "--out", str(tmp_path)]

    result = CliRunner().invoke(application, words)

    (content,) = everything(tmp_path).values()
    assert result.exit_code == 0
    assert len(content) == pytest.approx(0.002 * (1 << 30), rel=0.02)


@pytest.mark.parametrize("words", [["nothing"], ["waf", "--odd", "0.5"], ["alb", "--unknown-key"]])
def test_the_command_refuses_as_usage(words: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(application, [*words, "--out", str(tmp_path)])

    assert result.exit_code == 2
    assert everything(tmp_path) == {}


ANCHORS = {
    "cloudtrail": "eventID", "vpc_flow": '"end"', "vpc_flow_v5": '"end"', "alb": "request_url",
    "s3_access": "requestid", "cloudfront": "x_edge_request_id", "waf": "httpRequest.clientIp",
    "route53_resolver": "query_timestamp", "vpc_flow_parquet": '"end"',
}  # fmt: skip


def loaded(name: str, plan: Plan, folder: Path, question: str, tolerant: bool = False) -> list[str]:
    """The answers, as text, of one column asked of the table that a peer fills."""
    paths = deliver(
        FORMATS[name.removesuffix("_parquet").removesuffix("_whole")], plan, folder / "logs"
    )
    if name.endswith("_parquet"):
        paths = parquet.delivered(folder / "logs", folder / "tables")
    count = peers.load(name, paths, folder / "peer.duckdb", tolerant=tolerant, threads=1)
    with duckdb.connect(str(folder / "peer.duckdb"), read_only=True) as case:
        rows = case.execute(f"SELECT CAST({question} AS VARCHAR) FROM {peers.TABLES[name]}")
        answers = [row[0] for row in rows.fetchall()]
    assert len(answers) == count
    return answers


@pytest.mark.parametrize("name", peers.SCRIPTS)
def test_a_peer_reads_every_row(name: str, tmp_path: Path) -> None:
    answers = loaded(name, Plan(600, 4, 7), tmp_path, ANCHORS[name.removesuffix("_whole")])

    assert len(answers) == 600
    assert None not in answers


WHOLE = [name for name in peers.SCRIPTS if name.endswith("_whole")]
IPV4 = 1 << 32


@pytest.mark.parametrize("name", WHOLE)
def test_a_peer_of_whole_tables_prepares_what_we_prepare(name: str, tmp_path: Path) -> None:
    """But for numbers of IPv6 addresses, which nobody writes by hand."""
    table = peers.TABLES[name]
    paths = deliver(FORMATS[table], Plan(600, 4, 7), tmp_path / "logs")
    peers.load(name, paths, tmp_path / "peer.duckdb", threads=1)
    ingest([tmp_path / "logs"], tmp_path / "ours.duckdb", Options(jobs=0))

    with duckdb.connect() as both:
        for case in ("peer", "ours"):
            both.execute(f"ATTACH '{tmp_path / case}.duckdb' AS {case} (READ_ONLY)")
        written = {name for name, *_ in both.execute(f"DESCRIBE peer.{table}").fetchall()}
        prepared = [each for each in BY_NAME[table].prepared() if each.name in written]
        assert prepared
        for column in prepared:
            value = column.name
            if column.type == ADDRESS_NUMBER:
                value = f"CASE WHEN {column.name} < {IPV4} THEN {column.name} END"
            asked = f"SELECT CAST({value} AS VARCHAR) AS v FROM {{}}.{table} ORDER BY v"
            peer, ours = (both.execute(asked.format(case)).fetchall() for case in ("peer", "ours"))
            assert peer == ours, column.name


def test_the_peer_of_cloudtrail_reads_what_is_written(tmp_path: Path) -> None:
    question = "json_object('id', eventID, 'arn', userIdentity.arn, 'asked', requestParameters)"

    answers = loaded("cloudtrail", Plan(600, 4, 7), tmp_path, question)

    texts = [body(path) for path in (tmp_path / "logs").rglob("*.gz")]
    records = [record for text in texts for record in json.loads(text)["Records"]]
    expected = {
        r["eventID"]: (r["userIdentity"].get("arn"), r["requestParameters"]) for r in records
    }
    found = [json.loads(answer) for answer in answers]
    assert {row["id"]: (row["arn"], row["asked"]) for row in found} == expected


def test_the_peer_of_alb_divides_without_loss(tmp_path: Path) -> None:
    client = "client_ip || ':' || client_port"
    request = "request_verb || ' ' || request_url || ' ' || request_proto"

    answers = loaded("alb", Plan(600, 1, 7), tmp_path, f"{client} || ' ' || {request}")

    (path,) = (tmp_path / "logs").rglob("*.gz")
    lines = [tokens("alb", line) for line in units("alb", body(path))]
    assert sorted(answers) == sorted(f"{t[3].decode()} {t[12].decode()[1:-1]}" for t in lines)


def test_odd_lines_end_a_peer_or_are_dropped_by_it(tmp_path: Path) -> None:
    plan = Plan(1000, 1, 7, odd=0.1)

    with pytest.raises(duckdb.ConversionException):
        loaded("vpc_flow", plan, tmp_path / "strict", "version")
    answers = loaded("vpc_flow", plan, tmp_path, "version", tolerant=True)

    (path,) = (tmp_path / "logs").rglob("*.gz")
    doubled = body(path).count(b"  ")
    assert 0 < doubled < 100
    assert len(answers) == 1000 - doubled
