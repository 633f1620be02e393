"""What this version of DuckDB writes, the long-term version opens.

Set DUCKDB_LTS_PYTHON to an interpreter that has duckdb 1.4 (and pyarrow) to run these.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from forensics.evidence import Case, SourceRow, insert_batches, insert_rejects, insert_sources
from parsers.contract import Reject
from tests.evidence.conftest import batch

LTS = os.environ.get("DUCKDB_LTS_PYTHON", "")
PROGRAM = """
import duckdb, json, sys
case = duckdb.connect(sys.argv[1], read_only=True)
ask = lambda query: case.execute(query).fetchall()
print(json.dumps({
    "version": duckdb.__version__,
    "row": ask("SELECT eventName, requestParameters, userIdentity.type, _sourceIPAddress"
               " FROM cloudtrail"),
    "source": ask("SELECT ref(source_id, 7), status, layout FROM sources"),
    "reject": ask("SELECT hex(raw) FROM rejects"),
    "within": ask("SELECT within(_sourceIPAddress, '192.0.2.0/24') FROM cloudtrail"),
    "exact": ask("SELECT within(_sourceIPAddress, sourceIPAddress, '192.0.2.0/31')"
                 " FROM cloudtrail"),
    "comment": ask("SELECT comment FROM duckdb_columns()"
                   " WHERE table_name = 'rejects' AND column_name = 'raw'"),
    "time": ask("SELECT from_iso8601_timestamp('2024-02-29T21:00:00+09:00')::VARCHAR"),
}))
"""


@pytest.mark.skipif(not LTS, reason="DUCKDB_LTS_PYTHON names no interpreter")
def test_the_long_term_version_opens_a_case(case: Case, path: Path) -> None:
    row = batch(
        "cloudtrail",
        source_id=[1],
        record_no=[7],
        eventName=["CreateUser"],
        requestParameters=['{"a" : 1.0}'],
        userIdentity=[{"type": "Root"}],
        sourceIPAddress=["192.0.2.1"],
        _sourceIPAddress=[3221225985],
    )
    with case:
        insert_batches(case.connection, "cloudtrail", [row] * 3)
        insert_sources(case.connection, [SourceRow(1, status="complete", layout=["a"])])
        insert_rejects(case.connection, [Reject(1, 8, 0, "c", "d", b"\xff\x00")])

    done = subprocess.run(
        [LTS, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found.pop("version").startswith("1.4.")
    assert found == {
        "row": [["CreateUser", '{"a" : 1.0}', "Root", 3221225985]] * 3,
        "source": [["0000000000000001:7", "complete", ["a"]]],
        "reject": [["FF00"]],
        "within": [[True]] * 3,
        "exact": [[True]] * 3,
        "comment": [["The unit as it stood."]],
        "time": [["2024-02-29 12:00:00"]],
    }
