"""Chains of digests: stops, restarts, back-fill, several trails, and which hours they cover."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forensics.custody.digests import Log, Signature, Verdict, parse_digest, validate
from forensics.custody.digests.strict_json import moment
from tests.custody.trail import (
    ACCOUNT,
    BUCKET,
    REGION,
    Evidence,
    Trail,
    at,
    key_entry,
    key_list,
    log_key,
)

LABEL = f"{ACCOUNT}/{REGION}/t1"


def about(verdicts: tuple[Verdict, ...], subject: str) -> list[tuple[str, str]]:
    """(code, reason) of what is said about a subject, given by its path in the dump."""
    uri = f"s3://{BUCKET}/{subject.removeprefix('dump/')}"
    return [(str(v.code), v.reason) for v in verdicts if v.subject in (subject, uri)]


def of_chains(verdicts: tuple[Verdict, ...]) -> list[tuple[str, str]]:
    return [(v.subject, str(v.code)) for v in verdicts if v.kind == "chain"]


def test_a_restart_is_a_stop_of_logging_and_a_starting_digest(key: RSAPrivateKey) -> None:
    trail = Trail(key)
    last = trail.digest(0)
    trail.stop()
    first = trail.digest(180)
    trail.digest(240)

    verdicts = trail.evidence.check()

    stretch = f"{LABEL} 2024-05-01T10:00:00Z/2024-05-01T12:00:00Z"
    assert of_chains(verdicts) == [(stretch, "logging-stopped")]
    assert about(verdicts, first) == [("starting-digest", ""), ("valid", "")]
    assert about(verdicts, last) == [
        ("signature-unverifiable", "no-signature"),
        ("starting-digest", ""),
    ]


def test_a_restart_without_a_pause_is_told_too(key: RSAPrivateKey) -> None:
    trail = Trail(key)
    trail.digest(0)
    trail.stop()
    trail.digest(60)

    stretch = f"{LABEL} 2024-05-01T10:00:00Z/2024-05-01T10:00:00Z"
    assert of_chains(trail.evidence.check()) == [(stretch, "logging-stopped")]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(45, "digest-missing"), (66, "digest-missing"), (119, "two-digests-missing")],
)
def test_how_many_digests_are_missing_is_told_by_time(
    key: RSAPrivateKey, minutes: int, code: str
) -> None:
    trail = Trail(key)
    trail.digest(0)
    gone = trail.digest(60, minutes=minutes)
    trail.digest(60 + minutes)
    del trail.evidence.digests[gone]

    assert [found for _, found in of_chains(trail.evidence.check())] == [code]


def test_missing_digests_are_counted_and_the_last_is_named(key: RSAPrivateKey) -> None:
    trail = Trail(key)
    paths = [trail.digest(60 * hour) for hour in range(5)]
    for path in paths[1:4]:
        del trail.evidence.digests[path]

    (found,) = (v for v in trail.evidence.check() if v.kind == "chain")

    assert found.subject == f"{LABEL} 2024-05-01T10:00:00Z/2024-05-01T13:00:00Z"
    uri = f"s3://{BUCKET}/{paths[3].removeprefix('dump/')}"
    assert found.detail == f"at least 3 digests in a row are missing, the last of them {uri}"
    assert found.refs == (paths[0], paths[4])


def test_each_trail_is_a_chain_of_its_own(key: RSAPrivateKey) -> None:
    one, two = Trail(key, "t1"), Trail(key, "t2")
    for hour in range(3):
        one.digest(60 * hour)
        two.digest(60 * hour)
    gone = two.delivered[1]
    evidence = one.evidence
    evidence.digests |= two.evidence.digests
    del evidence.digests[gone]

    uri = f"s3://{BUCKET}/{gone.removeprefix('dump/')}"
    assert of_chains(evidence.check()) == [(uri, "digest-missing")]


def backfilled(key: RSAPrivateKey) -> tuple[Trail, Trail, str, str]:
    """An hourly chain, a back-fill that lists one log it left out, the log and the back-fill."""
    late = log_key(75, "z")
    hourly, backfill = Trail(key), Trail(key, suffix="_backfill")
    for hour in range(3):
        hourly.digest(60 * hour)
    return hourly, backfill, late, backfill.digest(60, [late])


def test_a_backfill_explains_a_log_that_the_hourly_digest_left_out(key: RSAPrivateKey) -> None:
    hourly, backfill, late, path = backfilled(key)
    evidence = hourly.evidence
    evidence.logs |= backfill.evidence.logs

    assert about(evidence.check(), f"dump/{late}") == [("log-extra", "")]

    evidence.digests |= backfill.evidence.digests
    evidence.signatures = [backfill.sidecar(path)]
    verdicts = evidence.check()
    assert about(verdicts, f"dump/{late}") == [("valid", "")]
    assert about(verdicts, path) == [("backfill", ""), ("starting-digest", ""), ("valid", "")]
    assert of_chains(verdicts) == []


def test_a_backfill_chain_follows_its_links_and_no_clock(key: RSAPrivateKey) -> None:
    trail = Trail(key, suffix="_backfill")
    paths = [trail.digest(start) for start in (0, 600, 1200)]
    assert of_chains(trail.evidence.check()) == []

    del trail.evidence.digests[paths[1]]
    uri = f"s3://{BUCKET}/{paths[1].removeprefix('dump/')}"
    assert of_chains(trail.evidence.check()) == [(uri, "digest-missing")]


def validity(key: RSAPrivateKey, start: object, end: object) -> dict[str, object]:
    return key_entry(key) | {"ValidityStartTime": start, "ValidityEndTime": end}


@pytest.mark.parametrize(
    ("start", "end", "outside"),
    [
        ("2024-05-01T12:00:00Z", "2024-06-01T00:00:00Z", False),  # two hours after d0's end
        ("2024-05-01T12:00:01Z", "2024-06-01T00:00:00Z", True),
        ("2024-04-01T00:00:00Z", "2024-05-01T08:00:00Z", False),
        ("2024-04-01T00:00:00Z", "2024-05-01T07:59:59Z", True),
        ("1714564801.0", 1717200000, True),
        ("soon", None, False),
        (float("1e300"), "9" * 400, False),
    ],
)
def test_a_key_outside_its_validity_is_told(
    key: RSAPrivateKey, start: object, end: object, outside: bool
) -> None:
    trail = Trail(key)
    path = trail.digest(0)
    trail.digest(60)
    trail.evidence.keys = key_list(validity(key, start, end))

    found = about(trail.evidence.check(), path)

    warned = [("key-outside-validity", "")] if outside else []
    assert found == [*warned, ("starting-digest", ""), ("valid", "")]


def test_a_backfill_is_held_to_the_time_it_was_made(key: RSAPrivateKey) -> None:
    _, backfill, _, path = backfilled(key)
    evidence = backfill.evidence
    evidence.keys = key_list(validity(key, "2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z"))
    value = backfill.signatures[path]

    evidence.signatures = [Signature("s", path, value, moment("2024-06-02T00:00:00.000Z"))]
    assert ("key-outside-validity", "") not in about(evidence.check(), path)
    evidence.signatures = [Signature("s", path, value, moment("2024-08-02T00:00:00.000Z"))]
    assert ("key-outside-validity", "") in about(evidence.check(), path)


def unlisted(trail: Trail, log: Log) -> tuple[str, str]:
    assert not [v for v in trail.evidence.check() if v.weight == "difference"]
    (found,) = (v for v in _with(trail.evidence, log) if v.subject == log.path)
    return str(found.code), found.reason


def _with(evidence: Evidence, log: Log) -> tuple[Verdict, ...]:
    digests = [parse_digest(content, path) for path, content in evidence.digests.items()]
    return validate(digests, [log], keys=evidence.keys)


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (-30, ("not-covered", "before-first-digest")),
        (0, ("not-covered", "before-first-digest")),
        (5, ("log-extra", "")),
        (60, ("log-extra", "")),
        (105, ("log-extra", "")),
        (110, ("not-covered", "after-last-digest")),
        (500, ("not-covered", "after-last-digest")),
    ],
)
def test_a_log_is_extra_only_where_digests_must_list_it(
    key: RSAPrivateKey, minute: int, expected: tuple[str, str]
) -> None:
    trail = Trail(key)
    trail.digest(0)
    trail.digest(60)

    assert unlisted(trail, Log(log_key(minute, "x"), "0" * 64)) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (log_key(30, "x", "CloudTrail-Insight"), "folder"),
        (log_key(30, "x", "CloudTrail-NetworkActivity"), "folder"),
        (log_key(30, "x", "CloudTrail-Aggregated"), "folder"),
        (log_key(30, "x").replace(REGION, "eu-west-1"), "no-digest"),
        (log_key(30, "x").replace(ACCOUNT, "444455556666"), "no-digest"),
        (log_key(30, "x").replace("20240501T", "20241301T"), "name"),
        ("events.json", "name"),
    ],
)
def test_what_no_digest_covers_is_no_tampering(key: RSAPrivateKey, path: str, reason: str) -> None:
    trail = Trail(key)
    trail.digest(0)

    assert unlisted(trail, Log(path, "0" * 64)) == ("not-covered", reason)


def test_what_is_known_of_a_log_serves_where_its_name_is_silent(key: RSAPrivateKey) -> None:
    trail = Trail(key)
    trail.digest(0)
    known = Log("events.json", "0" * 64, ACCOUNT, REGION, at(10), at(40))

    assert unlisted(trail, known) == ("log-extra", "")


def test_another_trail_with_a_hole_may_have_listed_the_log(key: RSAPrivateKey) -> None:
    one, two = Trail(key, "t1"), Trail(key, "t2")
    for hour in range(4):
        one.digest(60 * hour)
        two.digest(60 * hour)
    evidence = one.evidence
    evidence.digests |= two.evidence.digests
    log = Log(log_key(90, "x"), "0" * 64)
    assert about(_with(evidence, log), log.path) == [("log-extra", "")]

    del evidence.digests[two.delivered[1]]
    assert about(_with(evidence, log), log.path) == [("not-covered", "digest-missing")]


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (30, ("log-extra", "")),
        (50, ("not-covered", "digest-missing")),
        (100, ("not-covered", "digest-missing")),
        (180, ("not-covered", "digest-missing")),
        (185, ("log-extra", "")),
    ],
)
def test_the_hours_around_a_stop_cover_to_their_edges(
    key: RSAPrivateKey, minute: int, expected: tuple[str, str]
) -> None:
    trail = Trail(key)
    trail.digest(0)
    trail.stop()
    trail.digest(180)

    assert unlisted(trail, Log(log_key(minute, "x"), "0" * 64)) == expected


def test_backfill_covers_no_hours(key: RSAPrivateKey) -> None:
    trail = Trail(key, suffix="_backfill")
    trail.digest(0)

    expected = ("not-covered", "no-digest")
    assert unlisted(trail, Log(log_key(30, "x"), "0" * 64)) == expected


def test_forged_rivals_tear_no_hole_into_a_chain(key: RSAPrivateKey) -> None:
    """A rival of the starting digest, and two of the second that claim to cover less."""
    trail = Trail(key)
    first, second, _ = (trail.digest(60 * hour) for hour in range(3))
    digests = trail.evidence.digests
    digests["rivals/first.json"] = digests[first] + b" "
    digests["rivals/second.json"] = digests[second]
    trail.evidence.edit("rivals/second.json", digestEndTime="2024-05-01T10:10:00Z")
    digests["rivals/inner.json"] = digests[second]
    inner = {"digestStartTime": "2024-05-01T10:15:00Z", "digestEndTime": "2024-05-01T10:40:00Z"}
    trail.evidence.edit("rivals/inner.json", **inner)
    log = Log(log_key(90, "x"), "0" * 64)

    verdicts = _with(trail.evidence, log)

    assert of_chains(verdicts) == []
    assert about(verdicts, log.path) == [("log-extra", "")]
