"""Tables follow the registry, explain themselves, and grow without losing anything."""

from __future__ import annotations

import dataclasses

import duckdb
import pyarrow as pa
import pytest

from forensics.errors import ForensicsError
from forensics.evidence import ddl, schema
from forensics.evidence.schema import LEDGER
from parsers.contract import PROVENANCE, Format, json, struct, structs, text
from parsers.formats import FORMATS


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    ddl.ensure_tables(made)
    return made


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
        " ORDER BY column_index",
        [table],
    ).fetchall()


@pytest.mark.parametrize("declared", FORMATS, ids=lambda declared: declared.name)
def test_a_native_table_has_the_columns_of_the_rows(declared: Format) -> None:
    assert schema.native(declared).schema() == declared.schema()


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_every_table_and_column_is_usable_unquoted(
    connection: duckdb.DuckDBPyConnection, table: schema.Table
) -> None:
    for column in table.columns:
        place = f"{table.name}.{column.name}"
        name = f'"{column.name}"' if place in schema.RESERVED else column.name
        connection.execute(f"SELECT {name} FROM {table.name} WHERE {name} IS NULL").fetchall()
        connection.execute(f"SELECT t.{column.name} FROM {table.name} t").fetchall()


@pytest.mark.parametrize("place", sorted(schema.RESERVED))
def test_an_exception_is_one(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    table, column = place.split(".")
    if table not in schema.BY_NAME:
        pytest.skip(f"{table} is not registered yet")

    with pytest.raises(duckdb.ParserException):
        connection.execute(f"SELECT {column} FROM {table}")


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_no_two_columns_differ_in_case_only(table: schema.Table) -> None:
    folded = [column.name.casefold() for column in table.columns]

    assert sorted(set(folded)) == sorted(folded)


def test_no_two_tables_share_a_name() -> None:
    assert len(schema.BY_NAME) == len(schema.TABLES)


def test_ledger_tables_have_the_columns_analysts_were_promised() -> None:
    columns = {table.name: " ".join(field.name for field in table.schema()) for table in LEDGER}

    assert columns == {
        "meta": "schema_version created case_id",
        "sources": (
            "source_id content_sha256 bytes format framing layout reason asserted units rows"
            " rows_with_defects structure rejects unit_bytes structure_bytes first_time last_time"
            " status parser_version document_extra"
        ),
        "source_locations": (
            "source_id path container stored_sha256 stored_bytes modified account_id region"
            " period_start period_end run_id"
        ),
        "rejects": "source_id record_no offset code detail raw",
        "defects": "source_id record_no column code detail raw",
        "runs": "run_id command options versions host examiner evidence_id started ended result",
        "journal": "seq recorded_at run_id action subject detail previous_hash hash",
    }


def test_comments_say_what_is_declared(connection: duckdb.DuckDBPyConnection) -> None:
    """Those of a log's columns are there once it has rows."""
    declared = {
        (table.name, column.name): column.about
        for table in schema.TABLES
        for column in table.columns
    }
    logs = {table.name for table in schema.NATIVE}
    first = {place: None if place[0] in logs else about for place, about in declared.items()}
    assert _comments(connection) == first

    for table in schema.NATIVE:
        ddl.widen(connection, table, table.schema().names)

    assert _comments(connection) == declared
    abouts = connection.execute(
        "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main'"
        " UNION SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    assert dict(abouts) == {table.name: table.about for table in schema.TABLES}


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str | None]:
    found = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns()"
        " WHERE NOT internal AND schema_name = 'main'"
    ).fetchall()
    return {(table, column): about for table, column, about in found}


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_everything_is_explained(table: schema.Table) -> None:
    assert table.about.strip()
    assert [column.name for column in table.columns if not column.about.strip()] == []


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (pa.string(), "VARCHAR"),
        (pa.uint64(), "UBIGINT"),
        (pa.timestamp("us"), "TIMESTAMP"),
        (pa.json_(pa.string()), "JSON"),
        (pa.list_(pa.string()), "VARCHAR[]"),
        (pa.struct([("end", pa.int64())]), 'STRUCT("end" BIGINT)'),
        (pa.list_(pa.struct([("a", pa.list_(pa.float64()))])), 'STRUCT("a" DOUBLE[])[]'),
    ],
)
def test_types(kind: pa.DataType, written: str) -> None:
    assert ddl.sql_type(kind) == written


def test_a_type_nobody_declared_is_refused() -> None:
    with pytest.raises(TypeError, match="halffloat"):
        ddl.sql_type(pa.float16())


def test_only_json_is_compressed_by_order() -> None:
    assert ddl.column_definition("a", pa.json_(pa.string())) == '"a" JSON USING COMPRESSION zstd'
    assert ddl.column_definition("a", pa.string()) == '"a" VARCHAR'


# ---------------------------------------------------------------------- evolution

OLD = schema.Table(
    "grown",
    "Old.",
    (
        *PROVENANCE,
        struct("who", "Who.", text("arn", "ARN."), struct("session", "S.", text("type", "T."))),
        structs("parts", "Parts.", text("arn", "ARN.")),
        text("old", "Old."),
    ),
)
NEW = schema.Table(
    "grown",
    "New.",
    (
        *PROVENANCE,
        struct(
            "who",
            "Who.",
            text("end", "A reserved word."),
            text("arn", "ARN."),
            struct("session", "S.", text("name", "N."), text("type", "T.")),
            struct("added", "A.", text("inside", "I.")),
        ),
        structs("parts", "Parts.", text("type", "T."), text("arn", "ARN.")),
        json("fresh", "Fresh."),
        text("old", "Old."),
    ),
)


def grow(connection: duckdb.DuckDBPyConnection, table: schema.Table) -> list[str]:
    statements = list(ddl.additions(table, ddl.arrow_schema(connection, table.name)))
    for statement in statements:
        connection.execute(statement)
    return statements


def test_a_table_grows_without_touching_its_rows() -> None:
    connection = duckdb.connect()
    connection.execute(ddl.create(OLD))
    connection.execute(
        "INSERT INTO grown VALUES"
        " (1, 2, {arn: 'a', session: {type: 't'}}, [{arn: 'p'}, NULL], 'kept')"
    )

    grow(connection, NEW)

    assert connection.execute("SELECT * FROM grown").fetchall() == [
        (
            1,
            2,
            {
                "arn": "a",
                "session": {"type": "t", "name": None},
                "end": None,
                "added": None,
            },
            [{"arn": "p", "type": None}, None],
            "kept",
            None,
        )
    ]
    assert columns_of(connection, "grown")[-1] == ("fresh", "JSON")


def test_a_table_that_has_grown_lacks_nothing() -> None:
    connection = duckdb.connect()
    connection.execute(ddl.create(OLD))

    assert len(grow(connection, NEW)) == 5
    assert grow(connection, NEW) == []
    assert grow(connection, OLD) == []


def test_a_column_of_another_type_is_an_error() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE grown (source_id BIGINT, record_no BIGINT, old BIGINT)")

    with pytest.raises(ForensicsError, match=r"grown\.old is int64 in this case, and string here"):
        grow(connection, dataclasses.replace(OLD, columns=OLD.columns[:2] + OLD.columns[-1:]))


def test_every_table_is_what_its_declaration_says_after_a_round_trip() -> None:
    connection = duckdb.connect()
    ddl.ensure_tables(connection)
    before = {table.name: columns_of(connection, table.name) for table in schema.TABLES}

    ddl.ensure_tables(connection)

    assert before == {table.name: columns_of(connection, table.name) for table in schema.TABLES}


def declared_as(monkeypatch: pytest.MonkeyPatch, table: schema.Table) -> None:
    """Let `table` be the only native table."""
    monkeypatch.setattr(ddl, "NATIVE", (table,))
    monkeypatch.setattr(ddl, "TABLES", (*LEDGER, table))


@pytest.mark.parametrize("with_values", [True, False])
def test_a_native_table_grows_under_its_view(
    monkeypatch: pytest.MonkeyPatch, with_values: bool
) -> None:
    """A newer program adds members and columns, whether or not the older ones have values."""
    connection = duckdb.connect()
    declared_as(monkeypatch, OLD)
    ddl.ensure_tables(connection)
    if with_values:
        ddl.widen(connection, OLD, OLD.schema().names)
        connection.execute("INSERT INTO stored.grown VALUES (1, 2, {arn: 'a'}, [], 'kept')")
    declared_as(monkeypatch, NEW)

    ddl.ensure_tables(connection)

    assert not list(ddl.additions(NEW, ddl.arrow_schema(connection, "grown")))
    found = connection.execute(
        "SELECT g.who.arn, g.who.end, g.who.session.name, fresh, old FROM grown g"
    ).fetchall()
    assert found == ([("a", None, None, None, "kept")] if with_values else [])
    [(about,)] = connection.execute(
        "SELECT comment FROM duckdb_views() WHERE view_name = 'grown'"
    ).fetchall()
    assert about == "New."


def test_nothing_is_written_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = duckdb.connect()
    declared_as(monkeypatch, OLD)
    ddl.ensure_tables(connection)
    monkeypatch.setattr(ddl, "_show_all", None)
    monkeypatch.setattr(ddl, "literal", None)

    ddl.ensure_tables(connection)

    assert "grown" in ddl.names(connection)
