"""What mutated evidence has broken once."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from parsers.formats import BY_NAME
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.identify import Identified, asserted, identify
from tests.torture.oracle import check_source, check_tiles


def test_a_torn_control_object_is_read_to_where_it_breaks_off() -> None:
    check_tiles(b"Permission Check Successful", "control", torn=True)


@pytest.mark.parametrize("filters", [b'["\xff"]', b'["\\ud800"]', b'["a", "\xff"]', b"[NaN]"])
def test_filters_of_a_subscription_that_are_no_text_stand_as_text(filters: bytes) -> None:
    envelope = (
        b'{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s",'
        b'"subscriptionFilters":%b,"logEvents":'
        b'[{"id":"1","timestamp":1704112496123,"message":"hello"}]}\n'
    )
    content = envelope % b'["one"]' + envelope % filters + envelope.replace(b'"s"', b'"t"') % b"[]"
    found = identify(content, whole=True, key="")

    assert isinstance(found, Identified)
    check_source(content, found, 64, 0)


def test_a_line_cut_off_by_a_window_that_begins_like_a_message_is_none() -> None:
    text = (
        b"2024-01-01T12:34:50.000000+00:00 app one\n"
        b"2024-01-01T12:34:51.000000+00:00 app:none of a stream\n"
    )
    for window in range(70, 90):
        check_source(text, Identified(CLOUDWATCH, "cloudwatch-tail", (), ""), 1000, window)
    content = text.replace(b"+00:00 app:", b"Zapp").replace(b"000+00:00 app", b"Z")
    for window in range(50, 80):
        check_source(content, Identified(CLOUDWATCH, "cloudwatch-export", (), ""), 1000, window)


@pytest.mark.parametrize("opened", [b"[", b" [", b'{"events":[', b'[{"message":'])
def test_what_begins_with_very_many_brackets_is_recognised_or_not(opened: bytes) -> None:
    for content in (opened * 4000, b"[" * 2000 + b'{"message":1}' + b"]" * 2000):
        assert identify(content + b'"logEvents"', whole=True, key="")


@pytest.mark.parametrize("name", ["cloudfront", "s3_access", "vpc_flow", "rds_mysql_audit"])
@pytest.mark.parametrize("blank", [b" ", b"  ", b"\t", b"\t\t\t", b"\x0b"])
def test_a_blank_line_is_structure_to_both_readers(name: str, blank: bytes) -> None:
    content = b"\n".join([blank, *[b"a line"] * 3, blank, b""])

    check_source(content, Identified(BY_NAME[name], "lines", (), ""), 1000, 0)


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("content", [b"", b"\n", b"{", b"[", b'"', b"\xef\xbb\xbf", b"\xff\xfe"])
def test_any_format_may_be_asserted_of_nothing(name: str, content: bytes) -> None:
    check_source(content, asserted(content, name, whole=True), 1000, 0)


def test_a_parquet_file_with_a_broken_footer_does_not_end_the_process() -> None:
    """Some of these bits make pyarrow call `terminate` when a column is asked where it lies."""
    target = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"action": ["x"]}), target, compression="none")
    whole = target.getvalue()
    for at in range(len(whole) - int.from_bytes(whole[-8:-4], "little") - 8, len(whole) - 8):
        content = whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :]
        check_source(content, Identified(BY_NAME["waf"], "parquet", (), ""), 1000, 0)
