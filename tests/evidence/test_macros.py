"""The functions a case carries: what they answer, and that conditions on numbers still prune."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.evidence import Case, answer, insert_batches
from parsers.scalars import address_number
from tests.evidence.conftest import batch

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def copied(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(blank, tmp_path_factory.mktemp("copied")))


@pytest.fixture(scope="module")
def connection(copied: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Case.for_reading(copied) as case:
        yield case.connection


def value(connection: duckdb.DuckDBPyConnection, expression: str, *parameters: Any) -> Any:
    found = answer(connection, f"SELECT {expression} AS v", parameters).to_pylist()
    return found[0]["v"]


# ---------------------------------------------------------------------- ref


@pytest.mark.parametrize(
    ("source_id", "record_no", "expected"),
    [
        (1, 2, "0000000000000001:2"),
        ((1 << 63) - 1, 10**15, "7fffffffffffffff:1000000000000000"),
        (0, 0, "0000000000000000:0"),
    ],
)
def test_ref(
    connection: duckdb.DuckDBPyConnection, source_id: int, record_no: int, expected: str
) -> None:
    assert value(connection, "ref(?, ?)", source_id, record_no) == expected


# ---------------------------------------------------------------------- within

ADDRESSES = (
    "192.0.2.1",
    "192.0.2.255",
    "192.0.3.0",
    "198.51.100.7",
    "0.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:192.0.2.1",
    "::192.0.2.1",
    "64:ff9b::192.0.2.33",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:0:1::1",
    "2001:DB8::ABCD",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::1%eth0",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "[2001:db8::1]",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
)
NETWORKS = (
    "192.0.2.0/24",
    "192.0.2.77/24",
    "192.0.2.1",
    "192.0.2.1/32",
    "0.0.0.0/0",
    "0.0.0.0/8",
    "128.0.0.0/1",
    "::ffff:192.0.2.0/120",
    "::/0",
    "::/64",
    "::1",
    "::/96",
    "::/80",
    "2001:db8::/32",
    "2001:db8::/63",
    "2001:db8::/64",
    "2001:db8::/65",
    "2001:db8::/127",
    "2001:db8::1/128",
    "64:ff9b::/96",
    "fe80::/10",
    "8000::/1",
)


def plain(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def plain_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - 96))


def number_of(text: str) -> int:
    """What a prepared column holds."""
    address = plain(text)
    return int(address) if address.version == 4 else int(address) >> 64


def found_within(
    connection: duckdb.DuckDBPyConnection, network: str, addresses: list[str], call: str
) -> list[str]:
    numbers = pa.array([number_of(each) for each in addresses], pa.uint64())
    table = pa.table({"a": addresses, "n": numbers})
    cursor = connection.cursor()
    cursor.register("given", table)
    query = f"SELECT a FROM given WHERE {call}"
    found = [row["a"] for row in answer(cursor, query, {"net": network}).to_pylist()]
    cursor.close()
    return sorted(found)


def expected_within(network: str, addresses: list[str]) -> list[str]:
    block = plain_network(network)
    return sorted(a for a in addresses if plain(a).version == block.version and plain(a) in block)


@pytest.mark.parametrize("address", ADDRESSES)
def test_numbers_are_those_of_the_prepared_columns(
    connection: duckdb.DuckDBPyConnection, address: str
) -> None:
    assert value(connection, "_companion(_ip_number(?))", address) == address_number(address)


@pytest.mark.parametrize("network", NETWORKS)
def test_within_by_number_and_text(connection: duckdb.DuckDBPyConnection, network: str) -> None:
    found = found_within(connection, network, list(ADDRESSES), "within(n, a, $net)")

    assert found == expected_within(network, list(ADDRESSES))


@pytest.mark.parametrize(
    "network",
    [n for n in NETWORKS if plain_network(n).version == 4 or plain_network(n).prefixlen <= 64],
)
def test_within_by_number(connection: duckdb.DuckDBPyConnection, network: str) -> None:
    """Of ::/32 only :: and ::1 and the like are in use; by number they pass for IPv4."""
    told_apart = [a for a in ADDRESSES if plain(a).version == 4 or int(plain(a)) >> 96]

    found = found_within(connection, network, told_apart, "within(n, $net)")

    assert found == expected_within(network, told_apart)


@settings(max_examples=40)
@given(
    st.lists(st.ip_addresses().map(str), min_size=1, max_size=20),
    st.ip_addresses(),
    st.integers(0, 128),
)
def test_within_agrees_with_python(
    connection: duckdb.DuckDBPyConnection,
    addresses: list[str],
    near: ipaddress.IPv4Address | ipaddress.IPv6Address,
    prefix: int,
) -> None:
    network = f"{near}/{min(prefix, near.max_prefixlen)}"
    addresses += [str(near), str(near + 1) if int(near) < 2**32 - 1 else str(near)]

    found = found_within(connection, network, addresses, "within(n, a, $net)")

    assert found == expected_within(network, addresses)


@pytest.mark.parametrize("call", ["within(NULL, '192.0.2.0/24')", "within(NULL, 'x', '::/0')"])
def test_what_is_no_address_is_within_nothing(
    connection: duckdb.DuckDBPyConnection, call: str
) -> None:
    assert value(connection, call) is None


@pytest.mark.parametrize(
    "network", ["x", "", "192.0.2.0/33", "192.0.2.0/-1", "::/129", "192.0.2.256/8", "1::2::3/16"]
)
@pytest.mark.parametrize("call", ["within(1::UBIGINT, $n)", "within(1::UBIGINT, '::1', $n)"])
def test_what_is_no_network_is_an_error(
    connection: duckdb.DuckDBPyConnection, network: str, call: str
) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="not a network: "):
        answer(connection, f"SELECT {call}", {"n": network})


def test_a_network_too_long_for_the_number_says_what_to_write(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=r"within\(_column, column, network\)"):
        answer(connection, "SELECT within(1::UBIGINT, '2001:db8::/65')")


@pytest.mark.parametrize(
    "call",
    [
        "within(_sourceIPAddress, '192.0.2.0/24')",
        "within(_sourceIPAddress, sourceIPAddress, '192.0.2.0/24')",
        "_sourceIPAddress BETWEEN 3221225984 AND 3221226239",
    ],
)
def test_within_prunes_like_the_numbers_themselves(case: Case, call: str) -> None:
    """The scan gets two constants to compare with, which its zone maps know."""
    given = batch(
        "cloudtrail",
        source_id=[1] * 1000,
        record_no=list(range(1000)),
        sourceIPAddress=["192.0.2.1"] * 1000,
        _sourceIPAddress=[*range(998), 3221225985, 1 << 40],
    )
    insert_batches(case.connection, "cloudtrail", [given])

    plan = answer(case.connection, f"EXPLAIN SELECT record_no FROM cloudtrail WHERE {call}")
    text = "".join(plan.to_pylist()[0].values()).replace("\n", "")
    scan = "".join(character for character in text if character in "<>=0123456789")

    assert ">=3221225984" in scan
    assert "<=3221226239" in scan
    assert answer(
        case.connection, f"SELECT count(*) AS n FROM cloudtrail WHERE {call}"
    ).to_pylist() == [{"n": 1}]


# ---------------------------------------------------------------------- Athena


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.text", "x"),
        ("$.number", "1"),
        ("$.true", "true"),
        ("$.null", None),
        ("$.object", None),
        ("$.list", None),
        ("$.list[1]", "b"),
        ("$.object.a", "1"),
        ("$.absent", None),
    ],
)
@pytest.mark.parametrize("kind", ["VARCHAR", "JSON"])
def test_json_extract_scalar(
    connection: duckdb.DuckDBPyConnection, kind: str, path: str, expected: str | None
) -> None:
    document = '{"text":"x","number":1,"true":true,"null":null,"object":{"a":1},"list":["a","b"]}'

    assert value(connection, f"json_extract_scalar(?::{kind}, ?)", document, path) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("json_extract_scalar(NULL::JSON, '$.a')", None),
        ("regexp_like('ConsoleLogin', 'Login$')", True),
        ("regexp_like('ConsoleLogin', '^Login')", False),
        ("regexp_like(NULL, 'x')", None),
        ("cardinality([1, 2, NULL])", 3),
        ("cardinality([])", 0),
        ("cardinality(NULL::INTEGER[])", None),
        ("from_unixtime(1709208000)", NOON),
        ("from_unixtime(1709208000::INTEGER)", NOON),
        ("from_unixtime(1709208000.25)", NOON.replace(microsecond=250000)),
        ("from_unixtime(NULL)", None),
        ("from_unixtime(TIMESTAMP '2024-02-29 12:00:00')", NOON),
        ("from_iso8601_timestamp('2024-02-29T12:00:00Z')", NOON),
        ("from_iso8601_timestamp('2024-02-29T12:00:00.25Z')", NOON.replace(microsecond=250000)),
        ("from_iso8601_timestamp('2024-02-29T21:00:00+09:00')", NOON),
        ("from_iso8601_timestamp('2024-02-29T03:00:00-0900')", NOON),
        ("from_iso8601_timestamp('2024-02-29T12:00:00')", NOON),
        ("from_iso8601_timestamp('2024-02-29')", NOON.replace(hour=0)),
        ("from_iso8601_timestamp(NULL)", None),
        ("from_iso8601_timestamp(TIMESTAMP '2024-02-29 12:00:00')", NOON),
        ("from_iso8601_timestamp(TIMESTAMPTZ '2024-02-29 21:00:00+09')", NOON),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_what_athena_queries_call(blank: Path, zone: str, expression: str, expected: Any) -> None:
    """The session's zone is set by whatever tool opens the case: it must not matter."""
    raw = duckdb.connect(str(blank), read_only=True)
    raw.execute(f"SET TimeZone = '{zone}'")
    found = value(raw, expression)
    raw.close()

    assert found == expected


def test_names_are_found_in_any_case(case: Case) -> None:
    arn = "arn:aws:iam::111122223333:role/r"
    given = batch(
        "cloudtrail",
        source_id=[1],
        record_no=[1],
        eventTime=[NOON],
        userIdentity=[{"sessionContext": {"sessionIssuer": {"arn": arn}}}],
        requestParameters=['{"userName":"alice"}'],
    )
    insert_batches(case.connection, "cloudtrail", [given])
    query = """
        select useridentity.sessioncontext.sessionissuer.arn as arn,
               json_extract_scalar(requestparameters, '$.userName') as name
        from CloudTrail
        where from_iso8601_timestamp(eventtime) = from_iso8601_timestamp('2024-02-29T12:00:00Z')
          and eventtime >= '2024-02-29T12:00:00Z'
    """

    assert answer(case.connection, query).to_pylist() == [{"arn": arn, "name": "alice"}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("element_at(['a', 'b'], 2)", "b"),
        ("element_at(MAP {'a': 1}, 'a')", 1),
        ("array_join([1, NULL, 2], '-')", "1-2"),
        ("array_join([], '-')", ""),
        ("array_join(NULL, '-')", None),
        ("day_of_week(DATE '2024-02-29')", 4),
        ("to_unixtime(TIMESTAMP '2024-02-29 12:00:00')", 1709208000.0),
        ("date_add('day', 1, TIMESTAMP '2024-02-28 12:00:00')", NOON),
        ("date_add('month', -1, TIMESTAMP '2024-03-29 12:00:00')", NOON),
        ("date_add(TIMESTAMP '2024-02-28 12:00:00', INTERVAL 1 DAY)", NOON),
        (
            "date_format(TIMESTAMP '2024-02-29 12:34:56', '%Y/%m/%d %H:%i:%s')",
            "2024/02/29 12:34:56",
        ),
        ("date_parse('2024-02-29 12:00', '%Y-%m-%d %H:%i')", NOON),
        ("parse_datetime(TIMESTAMP '2024-02-29 12:00:00', 'any')", NOON),
        ("parse_datetime('2024-02-29-12:00', 'yyyy-MM-dd-HH:mm')", NOON),
        ("parse_datetime('2024-02-29:12:00:00', 'yyyy-MM-dd:HH:mm:ss')", NOON),
        ("parse_datetime('29/Feb/2024:21:00:00 +0900', 'dd/MMM/yyyy:HH:mm:ss Z')", NOON),
        ("parse_datetime('2024-02-29T12:00:00Z', 'yyyy-MM-dd''T''HH:mm:ss''Z')", NOON),
        (
            "format_datetime(TIMESTAMP '2024-02-29 12:34:56', 'yyyy-MM-dd HH:mm')",
            "2024-02-29 12:34",
        ),
        ("url_extract_host('https://user@example.com:8443/a?b=c')", "example.com"),
        ("url_extract_host('https://[2001:db8::1]:8443/')", "[2001:db8::1]"),
        ("url_extract_host('/path')", None),
        ("url_extract_path('https://example.com/a/b?c=d#e')", "/a/b"),
        ("url_extract_query('https://example.com/a/b?c=d#e')", "c=d"),
        ("url_extract_parameter('https://example.com/?a=1&b=x%20y', 'b')", "x y"),
        ("url_extract_parameter('https://example.com/?a=1', 'b')", None),
        ("json_format('[1]'::JSON)", "[1]"),
    ],
)
def test_more_of_athena(
    connection: duckdb.DuckDBPyConnection, expression: str, expected: object
) -> None:
    assert value(connection, expression) == expected


def test_a_unit_that_is_none_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="not a unit of time: fortnight"):
        value(connection, "date_add('fortnight', 1, TIMESTAMP '2024-02-29 12:00:00')")
