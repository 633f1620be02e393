"""Secrets that logs carry leave the program by no road, unless --reveal is given and journaled."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import forensics.cli.entry  # noqa: F401 -- registers every command
from forensics.cli.app import app
from forensics.custody.readers import entries, journal_path
from forensics.evidence import Case, answer
from forensics.output.masking import redacted
from tests.ingest.conftest import event, flows, write

ROOT = Path(__file__).parents[2]
STS = "IQoJb3JpZ2luX2VjEBwaCXVzLWVhc3QtMSJHMEUC" + "q3Z" * 20
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlb2ZhbGljZQ"
PEM = "MIIEpAIBAAKCAQEAunreal0example0of0a0key"
SECRETS = {
    "access key": "kJ8sUnrealExample/bPxRfiCYzzEXAMPLEKEY9q",
    "session token": STS,
    "presigned": "5f2e8d1c" * 8,
    "in a connection": "conn-Tr0ub4dor",
    "in SQL": "sql-Tr0ub4dor",
    "basic": "YWxpY2U6VHIwdWI0ZG9y",
    "cookie": "sid-7c9e6679f0de",
    "jwt": JWT,
    "private key": PEM,
    "secret string": "managed-Tr0ub4dor",
    "option": "opt-Tr0ub4dor",
}
CALL = event(
    1,
    requestParameters={
        "masterUserPassword": SECRETS["in SQL"],
        "SecretString": json.dumps({"user": "app", "password": SECRETS["secret string"]}),
        "url": f"postgres://app:{SECRETS['in a connection']}@db.example.com/shop",
        "note": f"a key: {SECRETS['access key']}",
    },
    responseElements={
        "credentials": {
            "accessKeyId": "ASIAEXAMPLE000000001",
            "secretAccessKey": SECRETS["access key"],
            "sessionToken": STS,
        }
    },
    userAgent=f"curl -H 'Authorization: Basic {SECRETS['basic']}'",
    newMember={"keyMaterial": f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY"},
)
WAF = {
    "timestamp": 1714557600000,
    "formatVersion": 1,
    "webaclId": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/b",
    "terminatingRuleId": "Default_Action",
    "terminatingRuleType": "REGULAR",
    "action": "ALLOW",
    "httpSourceName": "ALB",
    "httpSourceId": "a",
    "ruleGroupList": [],
    "rateBasedRuleList": [],
    "nonTerminatingMatchingRules": [],
    "httpRequest": {
        "clientIp": "192.0.2.1",
        "country": "JP",
        "headers": [
            {"name": "Cookie", "value": SECRETS["cookie"]},
            {"name": "Authorization", "value": f"Bearer {JWT}"},
        ],
        "uri": "/",
        "args": f"X-Amz-Credential=AKIAEXAMPLE&X-Amz-Signature={SECRETS['presigned']}",
        "httpVersion": "HTTP/1.1",
        "httpMethod": "GET",
        "requestId": "r",
    },
}
LOGS = {
    "trail.json": json.dumps({"Records": [CALL]}),
    "waf.log": json.dumps(WAF) + "\n",
    "front.log": "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs(Cookie)\n"
    f"2024-05-01\t10:00:00\tSOF50-P2\t192.0.2.1\t{SECRETS['cookie']}\n",
    "audit.log": "1704112496123890,aur-1,app,198.51.100.7,42,918,QUERY,shop,"
    rf"'CREATE USER a IDENTIFIED BY \'{SECRETS['in SQL']}\'',0" + "\n",
    "auth.log": f"Jan  1 12:34:56 web1 sudo[7]: mysqldump -u root -p{SECRETS['option']} shop\n"
    f"Jan  1 12:34:57 web1 app[7]: token {JWT} of alice\n",
    "flow.log": flows(30).decode()
    + f"2 111122223333 eni-0a1b2c3d {STS} 192.0.2.1 443 49152 {JWT} 10 840 1 2 ACCEPT OK\n"
    + f"Authorization: Basic {SECRETS['basic']}\n",
}
FORMS = ("table", "json", "jsonl", "csv", "markdown", "parquet")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    for name, text in LOGS.items():
        write(folder / "dump" / name, text.encode(), packed=False)
    run("ingest", str(folder / "dump"), "--db", str(folder / "case.duckdb"), "--jobs", "0")
    return folder / "case.duckdb"


def run(*words: str) -> bytes:
    """Everything a command prints, standard error included; Parquet as it reads."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (words, done.output, done.exception)
    if done.stdout_bytes.startswith(b"PAR1"):
        table = pyarrow.parquet.read_table(io.BytesIO(done.stdout_bytes))
        return repr(table.to_pylist()).encode() + done.stderr_bytes
    return done.stdout_bytes + done.stderr_bytes


def tables(case: Path) -> dict[str, list[str]]:
    """The tables that hold something, and the REFs of their rows."""
    with Case.for_reading(case) as opened:
        query = "SELECT DISTINCT event_dataset AS name FROM events ORDER BY name"
        names = [row["name"] for row in answer(opened.connection, query).to_pylist()]
        rows = "SELECT ref(source_id, record_no) AS r FROM {} ORDER BY r LIMIT 5"
        return {
            name: [row["r"] for row in answer(opened.connection, rows.format(name)).to_pylist()]
            for name in names
        }


def leaked(said: bytes) -> list[str]:
    return [kind for kind, secret in SECRETS.items() if secret.encode() in said]


def roads(case: Path) -> Iterator[tuple[str, ...]]:
    """Every command that shows what logs say."""
    held = tables(case)
    for form in FORMS:
        for name in (*held, "events") if form in ("jsonl", "parquet") else ("cloudtrail", "waf"):
            yield "sql", f"SELECT * FROM {name}", "--format", form
        yield "rejects", "--format", form
        yield "defects", "--format", form
    yield "sql", "SELECT requestParameters FROM cloudtrail"
    yield "query", "timeline", "--include-services"
    yield "stats", "count", "cloudtrail", "userAgent"
    yield "identify", str(case.parent / "dump")
    yield ("sources",)
    for refs in held.values():
        for ref in refs:
            yield "show", ref
            yield "show", ref, "--raw"
    yield "hunt", "--tier", "could"
    yield "sql", f"SELECT 'postgres://app:{SECRETS['in a connection']}@db' AS asked"
    yield "journal", "--format", "jsonl"
    yield "info", "--json"


def test_the_case_holds_them_all(case: Path) -> None:
    """Revealed they are there: else the next test would prove nothing."""
    said = b"".join(
        run("sql", f"FROM {name}", "--format", "jsonl", "--reveal", "--db", str(case))
        for name in (*tables(case), "rejects", "defects")
    )

    assert leaked(said) == list(SECRETS)


def test_no_road_leads_out(case: Path) -> None:
    found = [(words, leaked(run(*(*words, *_db(words, case))))) for words in roads(case)]

    assert len(found) > 50
    assert [each for each in found if each[1]] == []


def _db(words: tuple[str, ...], case: Path) -> tuple[str, ...]:
    return () if words[0] == "identify" else ("--db", str(case))


def test_what_is_no_secret_stays(case: Path) -> None:
    said = run("sql", "SELECT * FROM cloudtrail", "--db", str(case), "--format", "jsonl").decode()

    for word in ("ASIAEXAMPLE000000001", "db.example.com", "postgres://app:", "accessKeyId"):
        assert word in said
    assert json.loads(said.splitlines()[0])["userIdentity"]["userName"] == "alice"


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_errors_show_no_secret(case: Path, as_json: tuple[str, ...]) -> None:
    query = "SELECT json_extract_string(responseElements, '$.credentials.sessionToken')::INT"
    done = process("sql", f"{query} FROM cloudtrail", "--db", str(case), *as_json)

    assert done.returncode in (1, 2)
    assert leaked(done.stdout + done.stderr) == []
    assert as_json or b"IQoJ\xe2\x80\xa6[redacted 100 characters" in done.stderr


def process(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "forensics", *words], capture_output=True, cwd=ROOT, check=False
    )


def test_errors_control_no_terminal(case: Path) -> None:
    done = process("sql", "SELECT '\x1b[2J\u202eexe'::INT", "--db", str(case))

    assert done.returncode == 1
    assert b"\x1b" not in done.stderr
    assert "\u202e" not in done.stderr.decode()
    assert rb"\x1b[2J" in done.stderr


# -------------------------------------------------------------------- revealing
def test_revealing_is_written_down_before_it_happens(case: Path) -> None:
    before = len(list(entries(journal_path(case))))
    run("sql", "SELECT 1 AS one", "--db", str(case), "--reveal")
    begun, done = list(entries(journal_path(case)))[before:]

    assert begun is not None
    assert done is not None
    assert begun["outcome"] == "begins to reveal"
    assert begun["options"]["reveal"] is True
    assert done["outcome"] == "done"


def test_what_cannot_be_written_down_is_not_revealed(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "journal").mkdir()
    monkeypatch.setenv("AWSLOGS_FORENSICS_JOURNAL", str(tmp_path / "journal"))
    done = process("sql", "FROM cloudtrail", "--db", str(case), "--reveal")

    assert (done.returncode, done.stdout) == (1, b"")
    assert leaked(done.stderr) == []


def test_raw_bytes_say_that_something_is_masked(case: Path) -> None:
    (ref,) = tables(case)["cloudtrail"]
    masked = CliRunner().invoke(app, ["show", ref, "--raw", "--db", str(case)])
    whole = CliRunner().invoke(app, ["show", ref, "--raw", "--reveal", "--db", str(case)])

    assert json.loads(masked.stdout)["eventID"] == CALL["eventID"]
    assert "secrets in it are masked" in masked.stderr
    assert json.loads(whole.stdout) == CALL
    assert "masked" not in whole.stderr


# -------------------------------------------------------------------- kinds, one by one
def marked(count: int, digest: str, first: str = "") -> str:
    return f"{first}…[redacted {count} characters, sha256 {digest}]"


NO_MATTER = "01234567"
GUESS = marked(7, "f52fbd32")  # of hunter2
KINDS = {
    '{"password":"hunter2","a":1}': f'{{"password":"{GUESS}","a":1}}',
    r'"{\"password\":\"hunter2\",\"a\":1}"': rf'"{{\"password\":\"{GUESS}\",\"a\":1}}"',
    r'{"password":"hunter2\"","a":1}': rf'{{"password":"{marked(9, "e4f08f92")}","a":1}}',
    '{"tokenCode": 123456}': f'{{"tokenCode": "{marked(6, "8d969eef")}"}}',
    '{"name":"x-api-key","value":"hunter2"}': f'{{"name":"x-api-key","value":"{GUESS}"}}',
    "Authorization: Basic hunter2": f"Authorization: Basic {GUESS}",
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1": (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1"
    ),
    "Cookie: hunter2": f"Cookie: {GUESS}",
    "mysql://app:hunter2@db/x": f"mysql://app:{GUESS}@db/x",
    "Server=h;Pwd=hunter2;": f"Server=h;Pwd={GUESS};",
    "DB_PASSWORD=hunter2 run": f"DB_PASSWORD={GUESS} run",
    "spring.datasource.password = hunter2": f"spring.datasource.password = {GUESS}",
    "?x=1&access_token=hunter2&y=2": f"?x=1&access_token={GUESS}&y=2",
    "%3Fx%3D1%26password%3Dhunter2": f"%3Fx%3D1%26password%3D{GUESS}",
    "IDENTIFIED BY 'hunter2'": f"IDENTIFIED BY '{GUESS}'",
    r"IDENTIFIED WITH sha BY \'hunter2\', x": rf"IDENTIFIED WITH sha BY \'{GUESS}\', x",
    "ALTER ROLE a PASSWORD 'hunter2';": f"ALTER ROLE a PASSWORD '{GUESS}';",
    "SET PASSWORD FOR a = PASSWORD('hunter2')": f"SET PASSWORD FOR a = PASSWORD('{GUESS}')",
    "run --password hunter2 --x": f"run --password {GUESS} --x",
    "mysql -u a -phunter2 db": f"mysql -u a -p{GUESS} db",
    "curl -u bob:hunter2 https://x": f"curl -u bob:{GUESS} https://x",
    "aws_secret_access_key hunter2": f"aws_secret_access_key {GUESS}",
    f"seen {JWT}, once": f"seen {marked(64, NO_MATTER, 'eyJh')}, once",
    f"-----BEGIN PRIVATE KEY-----{PEM}-----END": (
        f"-----BEGIN PRIVATE KEY-----{marked(39, NO_MATTER, 'MIIE')}-----END"
    ),
    f"<{SECRETS['access key']}>": f"<{marked(40, NO_MATTER, 'kJ8s')}>",
}
KEPT = (
    "(using password: YES)",
    "TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh",
    "Failed password for invalid user bob from 192.0.2.1",
    '{"password":"HIDDEN_DUE_TO_SECURITY_REASONS"}',
    '{"password":"****","secretId":"prod/db","nextToken":"abc"}',
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "AWSLogs/111122223333/CloudTrail/eu1/2024",
    "https://example.com:8080/path?page=2",
)


@pytest.mark.parametrize("text", KINDS)
def test_kinds(text: str) -> None:
    assert _digests_apart(redacted(text)) == _digests_apart(KINDS[text])
    assert redacted(redacted(text)) == redacted(text)


def _digests_apart(text: str) -> list[str]:
    """The text around digests; those of long secrets are not worth writing down."""
    return [part[8:] if at else part for at, part in enumerate(text.split("sha256 "))]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_equal_secrets_have_equal_marks() -> None:
    assert redacted("Pwd=hunter2;") == f"Pwd={marked(7, 'f52fbd32')};"
    assert redacted("Pwd=hunter3;") != redacted("Pwd=hunter2;")


@pytest.mark.parametrize(
    "evil",
    [
        *("a-" * 40_000, "a_" * 40_000 + "=", "password" * 9_000, "\\" * 70_000, '"' * 70_000),
        *('"password":"' + '\\"' * 30_000, "Pwd=" * 9_000, "a://b:" * 9_000, "Cookie:" * 9_000),
        *("IDENTIFIED BY '" * 5_000, "-----BEGIN PRIVATE KEY-----" * 3_000, "eyJaaaaaaaa." * 5_000),
        *("A" * 70_000, "mysql -p " * 7_000, "password = " * 7_000, " " * 70_000 + "password:"),
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(evil: str) -> None:
    from tests.torture.oracle import no_hang  # noqa: PLC0415

    with no_hang(2):
        redacted(evil)


# -------------------------------------------------------------------- what a terminal is told
HIDDEN = "a\u202eb\u200bc\x1b[2J\x7f\x85\u2028\U000e0041z"


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_says_the_same_and_hides_nothing(case: Path, form: str) -> None:
    query = "SELECT chr(97) || chr(8238) AS t, 'é😀' AS u"
    done = CliRunner().invoke(app, ["sql", query, "--db", str(case), "--format", form])
    said: Any = json.loads(done.stdout)

    assert (said[0] if form == "json" else said) == {"t": "a\u202e", "u": "é😀"}
    assert "\\u202e" in done.stdout
    assert "é😀" in done.stdout


def test_every_hidden_character_is_spelt_out() -> None:
    import pyarrow as pa  # noqa: PLC0415

    from forensics.output.forms import Form  # noqa: PLC0415
    from forensics.output.render import Look, rendered  # noqa: PLC0415

    rows = pa.table({"t": [HIDDEN], "\u202e": [1]})
    for form in (Form.json, Form.jsonl, Form.table, Form.markdown, Form.csv):
        said = rendered(rows, form, Look(terminal=True)).decode()
        assert said.replace("\n", "").isprintable(), form
        if form is Form.jsonl:
            assert json.loads(said) == {"t": HIDDEN, "\u202e": 1}
    assert HIDDEN in rendered(rows, Form.csv, Look(terminal=False)).decode()


def test_columns_of_one_name_stay_apart(case: Path) -> None:
    said = run("sql", "SELECT 1 AS a, 2 AS a, 3 AS A", "--db", str(case), "--format", "csv")

    assert said.splitlines()[:2] == [b"a,a_1,A", b"1,2,3"]


def test_a_spreadsheet_finds_no_formula(case: Path) -> None:
    query = "SELECT * FROM (VALUES ('=1+1'), ('\uff1d1+1'), ('\t@x'), ('-1'), ('-x')) t(\"=h\")"
    said = run("sql", query, "--db", str(case), "--format", "csv").decode()

    assert said.split("journal")[0].splitlines() == [
        "'=h", "'=1+1", "'\uff1d1+1", "'\t@x", "-1", "'-x",
    ]  # fmt: skip
