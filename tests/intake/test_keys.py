"""A key says what AWS documents it to say, and nothing else."""

# ruff: noqa: E501 -- keys are as long as AWS makes them

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from forensics.intake import KeyFacts, key_facts

TREE = "backup/AWSLogs/111122223333"
ORG = "o-exampleorg1/AWSLogs/o-exampleorg1/111122223333"
HASH = "0123456789ABCDEF"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


CLOUDTRAIL = KeyFacts("111122223333", "us-east-1", None, at(2024, 5, 1, 10, 5))
HISTORY = KeyFacts(
    "111122223333", "eu-west-1", at(2024, 6, 7, 13, 8, 41), at(2024, 6, 7, 19, 3, 42)
)
FLOW = KeyFacts("111122223333", "us-east-1", at(2024, 5, 1, 16, 20), at(2024, 5, 1, 16, 25))
BALANCER = KeyFacts("111122223333", "us-east-1", at(2025, 2, 15, 23, 35), at(2025, 2, 15, 23, 40))
FRONT = KeyFacts(None, None, at(2025, 2, 15, 22), at(2025, 2, 15, 23))

LAYOUTS: dict[str, KeyFacts] = {
    # CloudTrail
    f"{TREE}/CloudTrail/us-east-1/2024/05/01/111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    f"{ORG}/CloudTrail/us-east-1/2024/05/01/111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    f"111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json": CLOUDTRAIL,
    f"111122223333_CloudTrail-Insight_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    f"111122223333_CloudTrail-NetworkActivity_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    f"111122223333_CloudTrail-Aggregated_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    f"111122223333_CloudTrail_us-east-1_20240501T1005Z{HASH}.json.gz": CLOUDTRAIL,
    f"111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json (1).gz": CLOUDTRAIL,
    f"111122223333_CloudTrail_us-gov-west-1_20240501T1005Z_{HASH}.json.gz": KeyFacts(
        "111122223333", "us-gov-west-1", None, at(2024, 5, 1, 10, 5)
    ),
    f"anonymous_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz": KeyFacts(
        None, "us-east-1", None, at(2024, 5, 1, 10, 5)
    ),
    f"{TREE}/CloudTrail/us-east-1/2024/05/01/renamed.json.gz": KeyFacts(
        "111122223333", "us-east-1", None, at(2024, 5, 2)
    ),
    # digests: the covered region comes first, the trail's own last
    f"{TREE}/CloudTrail-Digest/eu-west-1/2024/05/01/111122223333_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20240501T105959Z.json.gz": KeyFacts(
        "111122223333", "eu-west-1", None, at(2024, 5, 1, 10, 59, 59)
    ),
    "111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_20240501T105959Z_backfill.json.gz": KeyFacts(
        "111122223333", "eu-west-1", None, at(2024, 5, 1, 10, 59, 59)
    ),
    # the date of a saved Lake query says nothing of its rows
    f"{TREE}/CloudTrail-Lake/Query/2024/05/01/0a1b2c3d/result_1.csv.gz": KeyFacts("111122223333"),
    # Config, as AWS writes it and as Windows and others rename the colons
    f"{TREE}/Config/eu-west-1/2024/6/7/ConfigHistory/111122223333_Config_eu-west-1_ConfigHistory_AWS::EC2::Instance_20240607T130841Z_20240607T190342Z_1.json.gz": HISTORY,
    "111122223333_Config_eu-west-1_ConfigHistory_AWS__EC2__Instance_20240607T130841Z_20240607T190342Z_1.json.gz": HISTORY,
    "111122223333_Config_eu-west-1_ConfigHistory_AWS--EC2--Instance_20240607T130841Z_20240607T190342Z_1.json.gz": HISTORY,
    "111122223333_Config_eu-west-1_ConfigHistory_AWS%3A%3AEC2%3A%3AInstance_20240607T130841Z_20240607T190342Z_1.json.gz": HISTORY,
    "111122223333_Config_eu-west-1_ConfigSnapshot_20240607T130841Z_0a1b2c3d-0000-4000-8000-000000000000.json.gz": KeyFacts(
        "111122223333", "eu-west-1", at(2024, 6, 7, 13, 8, 41), at(2024, 6, 7, 13, 8, 41)
    ),
    "111122223333_Config_eu-west-1_ChangeNotification_AWS::EC2::SecurityGroup_sg-0a1b_20240607T130841Z_1.json.gz": KeyFacts(
        "111122223333", "eu-west-1", at(2024, 6, 7, 13, 8, 41), at(2024, 6, 7, 13, 8, 41)
    ),
    f"{TREE}/Config/ConfigWritabilityCheckFile": KeyFacts("111122223333"),
    f"{TREE}/Config/eu-west-1/2024/6/7/ConfigHistory/renamed.json.gz": KeyFacts(
        "111122223333", "eu-west-1", None, at(2024, 6, 8)
    ),
    # flow logs, plain and Hive style
    f"{TREE}/vpcflowlogs/us-east-1/2024/05/01/111122223333_vpcflowlogs_us-east-1_fl-0a1b2c3d_20240501T1620Z_0a1b2c3d.log.gz": FLOW,
    "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=us-east-1/year=2024/month=05/day=01/hour=16/111122223333_vpcflowlogs_us-east-1_fl-0a1b2c3d_20240501T1620Z_0a1b2c3d.log.parquet": FLOW,
    "AWSLogs/aws-account-id=111122223333/service=vpcflowlogs/aws-region=us-east-1/year=2024/month=05/day=01/hour=16/part.parquet": KeyFacts(
        "111122223333", "us-east-1", at(2024, 5, 1, 16), at(2024, 5, 1, 17)
    ),
    f"{TREE}/vpcflowlogs/us-east-1/2024/05/01/part.log.gz": KeyFacts(
        "111122223333", "us-east-1", at(2024, 5, 1), at(2024, 5, 2)
    ),
    "unknown_vpcflowlogs_us-east-1_fl-0a1b2c3d_20240501T1620Z_0a1b2c3d.log.gz": KeyFacts(
        None, "us-east-1", at(2024, 5, 1, 16, 20), at(2024, 5, 1, 16, 25)
    ),
    # load balancers: the stamp is the end of the interval
    f"{TREE}/elasticloadbalancing/us-east-1/2025/02/15/111122223333_elasticloadbalancing_us-east-1_app.web.0123456789abcdef_20250215T2340Z_192.0.2.10_1a2b3c4d.log.gz": BALANCER,
    "conn_log_111122223333_elasticloadbalancing_us-east-1_app.web.0123456789abcdef_20250215T2340Z_192.0.2.10_1a2b3c4d.log.gz": BALANCER,
    "conn_log.111122223333_elasticloadbalancing_us-east-1_app.web.0123456789abcdef_20250215T2340Z_2001_db8__1_1a2b3c4d.log.gz": BALANCER,
    "health_check_log_111122223333_elasticloadbalancing_us-east-1_app.web.0123456789abcdef_20250215T2340Z_192.0.2.10_1a2b3c4d.log.gz": BALANCER,
    "111122223333_elasticloadbalancing_us-east-1_net.tls.0123456789abcdef_20250215T2340Z_1a2b3c4d.log.gz": BALANCER,
    "111122223333_elasticloadbalancing_us-east-1_old-elb_20250215T2340Z_192.0.2.10_1a2b3c4d.log": KeyFacts(
        "111122223333", "us-east-1", None, at(2025, 2, 15, 23, 40)
    ),
    # AWS does not document what these stamps bound
    f"{TREE}/WAFLogs/us-east-1/my_acl/2024/05/01/10/05/111122223333_waflogs_us-east-1_my_acl_20240501T1005Z_0a1b2c3d.log.gz": KeyFacts(
        "111122223333", "us-east-1"
    ),
    f"{TREE}/WAFLogs/cloudfront/acl/2024/05/01/10/05/111122223333_waflogs_cloudfront_acl_20240501T1005Z_0a1b2c3d.log.gz": KeyFacts(
        "111122223333"
    ),
    f"{TREE}/vpcdnsquerylogs/vpc-0a1b2c3d/2024/05/01/vpc-0a1b2c3d_vpcdnsquerylogs_111122223333_20240501T1005Z_0a1b2c3d.log.gz": KeyFacts(
        "111122223333"
    ),
    # CloudFront: the hour of the requests
    "cdn/E1234ABCD5678.2025-02-15-22.a5fcfc8d.gz": FRONT,
    f"{TREE}/CloudFront/E1234ABCD5678.2025-02-15-22.a5fcfc8d.gz": KeyFacts(
        "111122223333", None, FRONT.period_start, FRONT.period_end
    ),
    # S3 access: glued prefix; partitioned by delivery; by event date, which has no time
    f"logs2025-01-01-00-15-33-{HASH}": KeyFacts(None, None, None, at(2025, 1, 1, 0, 15, 33)),
    f"p/111122223333/eu-west-1/my-bucket/2025/01/01/2025-01-01-00-15-33-{HASH}": KeyFacts(
        "111122223333", "eu-west-1", None, at(2025, 1, 1, 0, 15, 33)
    ),
    f"p/111122223333/eu-west-1/my-bucket/2025/01/01/2025-01-01-00-00-00-{HASH}": KeyFacts(
        "111122223333", "eu-west-1", at(2025, 1, 1), at(2025, 1, 2)
    ),
    # URL-encoded as a whole
    f"AWSLogs%2F111122223333%2FCloudTrail%2Fus-east-1%2F111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz": CLOUDTRAIL,
    # nothing is guessed
    "": KeyFacts(),
    "/": KeyFacts(),
    "case/111122223333/2024/05/01/events.json": KeyFacts(),
    "firehose/2024/05/01/10/stream-1-2024-05-01-10-00-00-0a1b2c3d-0000-4000-8000-000000000000": KeyFacts(),
    f"x111122223333_CloudTrailish_us-east-1_20240501T1005Z_{HASH}.json": KeyFacts(),
    f"logs2025-01-01-00-15-33-{HASH}0": KeyFacts(),
    f"111122223333_CloudTrail_us-east-1_20241301T1005Z_{HASH}.json.gz": KeyFacts(
        "111122223333", "us-east-1"
    ),
    f"١١١١٢٢٢٢٣٣٣٣_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz": KeyFacts(
        None, "us-east-1", None, at(2024, 5, 1, 10, 5)
    ),
}


@pytest.mark.parametrize("key", LAYOUTS)
def test_a_key_says_what_its_layout_says(key: str) -> None:
    assert key_facts(key) == LAYOUTS[key]


def test_the_file_name_counts_more_than_the_folders() -> None:
    folders = "AWSLogs/444455556666/CloudTrail/eu-west-1/2020/01/01"

    facts = key_facts(f"{folders}/111122223333_CloudTrail_us-east-1_20240501T1005Z_{HASH}.json.gz")

    assert facts == CLOUDTRAIL


@given(some.text(max_size=200))
def test_no_key_is_an_error(key: str) -> None:
    assert isinstance(key_facts(key), KeyFacts)
    assert isinstance(key_facts(f"AWSLogs/111122223333/{key}/9999/12/31/"), KeyFacts)
