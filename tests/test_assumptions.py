"""What the analyst asserts: applied where it is asked for, recorded, and read again like that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from forensics.cli import app
from forensics.custody.show import show
from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from parsers.engines.templates import BadTemplate, template_of

AUDIT = "20240501 10:00:0{n},db-1,app,192.0.2.10,7,{n},QUERY,shop,'SELECT {n}',0\n"
FLOW = (
    "2 111122223333 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.7 443 49152 6 20 4249"
    " 1714557600 1714557660 ACCEPT OK"
)
TEMPLATE = "$context.identity.sourceIp;$context.requestTime;$context.status;$context.requestId"
REQUEST = "192.0.2.10;15/Feb/2025:22:31:0{n} +0000;200;00000000-aaaa-4bbb-8ccc-00000000000{n}\n"


def subscription(group: str, *messages: str) -> str:
    events = [{"id": str(at), "timestamp": 1, "message": each} for at, each in enumerate(messages)]
    return json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "owner": "111122223333",
            "logGroup": group,
            "logStream": "s",
            "subscriptionFilters": [],
            "logEvents": events,
        }
    )


class Bench:
    """A dump, a case, and runs over both."""

    def __init__(self, folder: Path) -> None:
        self.dump, self.db = folder / "dump", folder / "case.duckdb"
        self.dump.mkdir()

    def write(self, name: str, text: str) -> None:
        (self.dump / name).write_text(text, "utf-8")

    def ingest(self, **options: Any) -> dict[str, Any]:
        return ingest([self.dump], self.db, Options(jobs=0, **options)).as_json()

    def ask(self, query: str) -> list[Any]:
        with Case.for_reading(self.db) as case:
            return case.connection.sql(query).fetchall()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


# ---------------------------------------------------------------------------- time zones
def test_a_zone_is_applied_and_recorded_where_logs_state_none(bench: Bench) -> None:
    bench.write("audit.log", "".join(AUDIT.format(n=n) for n in (1, 2)))
    bench.write("flows.log", f"{FLOW}\n")

    bench.ingest(log_tz="Asia/Tokyo")

    assert bench.ask("SELECT format, asserted FROM sources ORDER BY format") == [
        ("rds_mysql_audit", '{"log_tz": "Asia/Tokyo"}'),
        ("vpc_flow", None),
    ]
    assert bench.ask("SELECT min(time)::VARCHAR, any_value(time_basis) FROM rds_mysql_audit") == [
        ("2024-05-01 01:00:01", "zone-asserted")
    ]


def test_another_zone_is_another_reading(bench: Bench) -> None:
    bench.write("audit.log", "".join(AUDIT.format(n=n) for n in (1, 2)))
    bench.write("flows.log", f"{FLOW}\n")
    first = bench.ingest()
    same = bench.ingest()
    other = bench.ingest(log_tz="+02:00")
    again = bench.ingest(log_tz="+02:00")

    assert [each["sources"]["skipped"] for each in (first, same, other, again)] == [0, 2, 1, 2]
    assert bench.ask("SELECT min(time)::VARCHAR, count(*) FROM rds_mysql_audit") == [
        ("2024-05-01 08:00:01", 2)
    ]


# ---------------------------------------------------------------------------- templates
def test_a_template_recognises_and_reads_access_logs(bench: Bench) -> None:
    bench.write("access.log", "".join(REQUEST.format(n=n) for n in (1, 2)))
    without = bench.ingest()
    found = bench.ingest(access_log_format=TEMPLATE)
    again = bench.ingest(access_log_format=TEMPLATE)

    assert without["sources"]["unrecognised"] == 1
    assert found["formats"]["apigw_access"]["rows"] == 2
    assert again["sources"]["skipped"] == 1
    [(asserted,)] = bench.ask("SELECT asserted FROM sources WHERE format IS NOT NULL")
    assert json.loads(asserted) == {"access_log_format": TEMPLATE}


@pytest.mark.parametrize(
    "wrong", ["no template at all", "$context.status", "$context.requestId$context.status"]
)
def test_what_is_no_template_is_refused(wrong: str) -> None:
    with pytest.raises(BadTemplate):
        template_of(wrong)


def test_a_value_that_holds_what_divides_values_is_read_in_the_only_way_there_is() -> None:
    template = template_of("$context.requestId,$context.identity.userAgent,$context.status,x")

    found = template.read("00000000-aaaa,a,b,200,c,404,x")

    assert found is not None
    assert (json.loads(found.members)["identity.userAgent"], found.doubt) == ("a,b,200,c", "")


def test_a_line_that_reads_in_several_ways_says_so() -> None:
    template = template_of("$context.requestId,$context.path,$context.identity.userAgent,x")

    found = template.read("00000000-aaaa,/a,b,c,x")

    assert found is not None
    assert found.doubt


def test_a_hostile_line_is_read_in_no_time() -> None:
    names = ("path", "identity.userAgent", "error.message", "stage", "domainName", "status")
    template = template_of("$context.requestId," + ",".join(f"$context.{name}" for name in names))

    assert template.read("00000000-aaaa" + ",a" * 30_000 + "\n!") is not None
    assert template.read("," * 60_000) is not None


# ---------------------------------------------------------------------------- on the command line
def test_wrong_assertions_are_refused_before_anything_is_read(bench: Bench) -> None:
    bench.write("flows.log", f"{FLOW}\n")

    for option in ({"log_tz": "Mars/Olympus"}, {"access_log_format": "$context.status"}):
        with pytest.raises(UsageError, match="--"):
            bench.ingest(**option)
    assert not bench.db.exists()


def test_both_commands_take_a_template_from_a_file(bench: Bench, tmp_path: Path) -> None:
    bench.write("access.log", REQUEST.format(n=1))
    (tmp_path / "template.txt").write_text(TEMPLATE + "\n")
    given = ["--access-log-format", str(tmp_path / "template.txt"), "--log-tz", "Asia/Tokyo"]

    seen = CliRunner().invoke(app, ["identify", str(bench.dump), *given, "--format", "jsonl"])
    made = CliRunner().invoke(
        app, ["ingest", str(bench.dump), "--db", str(bench.db), "--jobs", "0", *given, "--json"]
    )

    assert json.loads(seen.stdout)["format"] == "apigw_access"
    assert json.loads(made.stdout)["formats"]["apigw_access"]["rows"] == 1


# ---------------------------------------------------------------------------- mixed sources
def test_a_source_is_of_the_format_that_all_its_messages_are_of(bench: Bench) -> None:
    bench.write("one.json", subscription("flows", FLOW, FLOW))
    bench.write("two.json", subscription("flows", FLOW, "hello"))
    bench.write("none.json", subscription("notes", "hello", "again"))

    first = bench.ingest()
    again = bench.ingest()

    assert bench.ask("SELECT path.regexp_extract('\\w+.json'), format, framing FROM sources"
                     " JOIN source_locations USING (source_id) ORDER BY 1") == [
        ("none.json", "cloudwatch", "cloudwatch-subscription"),
        ("one.json", "vpc_flow", "cloudwatch-subscription"),
        ("two.json", "mixed", "cloudwatch-subscription"),
    ]  # fmt: skip
    assert first["formats"]["vpc_flow"]["sources"] == 2  # one of them a mixed one
    assert again["sources"]["skipped"] == 3

    told = CliRunner().invoke(app, ["info", "--db", str(bench.db), "--json"])

    assert json.loads(told.stdout)["in_mixed_sources"] == [
        {"format": "vpc_flow", "sources": 1, "rows": 1},
        {"format": "cloudwatch", "sources": 1, "rows": 1},
    ]


def test_records_of_a_mixed_source_are_shown_with_the_row_they_became(bench: Bench) -> None:
    bench.write("two.json", subscription("flows", FLOW, "hello"))
    bench.ingest()
    [(ref,)] = bench.ask("SELECT ref(source_id, record_no) FROM vpc_flow")

    with Case.for_reading(bench.db) as case:
        shown = show(case, ref)

    assert (shown.format, shown.raw.decode()) == ("vpc_flow", FLOW)
    assert shown.row is not None
    assert shown.row["srcaddr"] == "192.0.2.10"


def test_what_was_asserted_is_asserted_again_when_the_case_is_verified(bench: Bench) -> None:
    bench.write("audit.log", "".join(AUDIT.format(n=n) for n in (1, 2)))
    bench.write("access.log", REQUEST.format(n=1))
    bench.write("two.json", subscription("flows", FLOW, "hello"))
    bench.ingest(log_tz="Asia/Tokyo", access_log_format=TEMPLATE)

    found = CliRunner().invoke(app, ["verify", "--db", str(bench.db), "--full", "--json"])

    assert found.exit_code == 0, found.output
