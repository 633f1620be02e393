--| title = "When resources were open to the world"
--| question = "From when to when was each resource open to the internet, and who opened and closed it?"
--| tables = ["config_item", "cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "open_from"
--| window = "self"
--| services = "all"
--| attack = ["T1190", "T1686.001"]
--| hit = "One row per resource and spell of openness; still_open means that no later state closes it."
--| benign = ["Web servers, load balancers and websites are open on purpose"]
--| limits = ["A state is known from when Config recorded it: the opening lies between the state before and open_from", "opened_by is the last change of that resource in CloudTrail before the state, within two hours: inferred", "Judged are security groups, instances, databases, load balancers, buckets, snapshots and functions' policies"]
--| pivots = ["query config-diff --param resource={resource_id}", "query resource-history --param resource={resource_id}"]
--| reference = "https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html"
--| [params.resource]
--| type = "text"
--| default = ""
--| about = "only resources whose id, name or ARN holds this text"

WITH states AS (
    SELECT
        resourceType AS type, resourceId AS resource_id, resourceName AS name,
        awsAccountId AS account, awsRegion AS region, configurationItemCaptureTime AS time,
        coalesce(contains(configurationItemStatus, 'Deleted'), false) AS is_gone,
        CASE resourceType
            WHEN 'AWS::EC2::SecurityGroup' THEN regexp_matches(
                (configuration->>'$.ipPermissions'), '"(0\.0\.0\.0/0|::/0)"')
            WHEN 'AWS::EC2::Instance' THEN (configuration->>'$.publicIpAddress') IS NOT NULL
            WHEN 'AWS::RDS::DBInstance' THEN (configuration->>'$.publiclyAccessible') = 'true'
            WHEN 'AWS::ElasticLoadBalancingV2::LoadBalancer'
                THEN (configuration->>'$.scheme') = 'internet-facing'
            WHEN 'AWS::Redshift::Cluster' THEN (configuration->>'$.publiclyAccessible') = 'true'
            WHEN 'AWS::EC2::Snapshot' THEN contains(
                (supplementaryConfiguration->>'$.CreateVolumePermissions'), '"all"')
            WHEN 'AWS::RDS::DBSnapshot' THEN contains(
                (supplementaryConfiguration->>'$.DBSnapshotAttributes'), '"all"')
            WHEN 'AWS::Lambda::Function' THEN is_open((supplementaryConfiguration->>'$.Policy'))
            WHEN 'AWS::SQS::Queue' THEN is_open((configuration->>'$.Policy'))
            WHEN 'AWS::SNS::Topic' THEN is_open((configuration->>'$.Policy'))
            WHEN 'AWS::KMS::Key' THEN is_open((supplementaryConfiguration->>'$.Policy'))
            WHEN 'AWS::S3::Bucket' THEN
                (is_open((supplementaryConfiguration->>'$.BucketPolicy.policyText'))
                    OR regexp_matches(
                        (supplementaryConfiguration->>'$.AccessControlList'),
                        'AllUsers|AuthenticatedUsers'))
                AND coalesce(
                    (supplementaryConfiguration->>'$.PublicAccessBlockConfiguration.restrictPublicBuckets'),
                    'false') <> 'true'
        END AS is_open,
        relatedEvents, source_id, record_no
    FROM config_item
    WHERE configurationItemCaptureTime IS NOT NULL AND resourceId IS NOT NULL),
judged AS (
    SELECT *, coalesce(is_open, false) AND NOT is_gone AS open FROM states),
turns AS (
    SELECT * FROM judged
    QUALIFY open IS DISTINCT FROM lag(open, 1, false) OVER (
        PARTITION BY account, region, type, resource_id ORDER BY time, source_id, record_no)),
spells AS (
    SELECT
        *,
        lead(time) OVER w AS closed_at,
        lead(source_id) OVER w AS closing_source, lead(record_no) OVER w AS closing_record
    FROM turns
    WINDOW w AS (
        PARTITION BY account, region, type, resource_id ORDER BY time, source_id, record_no)),
open_spells AS (
    SELECT * FROM spells
    WHERE open AND time < $to AND coalesce(closed_at, $to) >= $from
        AND ($resource = '' OR contains(concat_ws(' ', resource_id, name), $resource))),
causes AS (
    SELECT
        s.source_id, s.record_no,
        max({'t': c.eventTime, 's': c.source_id, 'r': c.record_no, 'w': actor(c.userIdentity),
            'a': c.eventName}) AS cause
    FROM open_spells AS s
    JOIN cloudtrail AS c
        ON c.eventTime <= s.time AND c.eventTime >= s.time - INTERVAL 2 HOUR
        AND c.errorCode IS NULL AND is_write(c.readOnly, c.eventName)
        AND contains(
            concat_ws(' ', c.requestParameters::VARCHAR, c.responseElements::VARCHAR), s.resource_id)
    GROUP BY s.source_id, s.record_no)
SELECT
    s.time AS open_from,
    s.closed_at,
    CAST(s.closed_at - s.time AS VARCHAR) AS open_for,
    s.closed_at IS NULL AS still_open,
    s.type, s.resource_id, s.name, s.account, s.region,
    c.cause.w AS opened_by, c.cause.a AS opened_with, c.cause.t AS opened_at,
    CASE WHEN c.cause IS NULL THEN 'unknown' ELSE 'inferred' END AS confidence,
    list_filter(
        [ref(s.source_id, s.record_no),
            CASE WHEN s.closing_source IS NOT NULL
                THEN ref(s.closing_source, s.closing_record) END,
            CASE WHEN c.cause IS NOT NULL THEN ref(c.cause.s, c.cause.r) END],
        lambda each: each IS NOT NULL) AS refs
FROM open_spells AS s
LEFT JOIN causes AS c ON c.source_id = s.source_id AND c.record_no = s.record_no
ORDER BY s.time, s.account, s.region, s.type, s.resource_id, s.source_id, s.record_no
