--| title = "Machines of unusual kind, place or number"
--| question = "Who started machines of big or accelerated types, many at once, in regions where none were started, or asked for higher quotas?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1496.001", "T1578.002", "T1535"]
--| hit = "Accelerated or very large machines, many at once, or denials for quota: what mining of currencies looks like."
--| benign = ["Training of models, load tests, big data jobs"]
--| limits = ["Sizes are judged by the name of the type", "Fleets and Auto Scaling start machines as a service: what asked for them is listed, the starts with --include-services"]
--| pivots = ["timeline --who {who}", "query unused-region"]
--| reference = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"
--| [params.count]
--| type = "integer"
--| default = 10
--| about = "machines in one call that count as many"

WITH asked AS (
    SELECT
        eventTime AS time, actor(userIdentity) AS who, eventName AS action,
        awsRegion AS region, sourceIPAddress AS ip,
        outcome(errorCode, NULL) AS outcome,
        coalesce(
            (requestParameters->>'$.instanceType'),
            (requestParameters->>'$.CreateLaunchTemplateRequest.LaunchTemplateData.InstanceType'),
            (requestParameters->>'$.launchSpecification.instanceType'),
            (requestParameters->>'$.quotaCode')) AS type,
        greatest(
            coalesce(TRY_CAST((requestParameters->>'$.instancesSet.items[0].maxCount') AS BIGINT), 0),
            coalesce(TRY_CAST((requestParameters->>'$.instanceCount') AS BIGINT), 0),
            coalesce(TRY_CAST(TRY_CAST((requestParameters->>'$.desiredValue') AS DOUBLE) AS BIGINT), 0)) AS n,
        source_id, record_no
    FROM cloudtrail
    WHERE (eventSource = 'ec2.amazonaws.com' AND eventName IN (
            'RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet',
            'CreateLaunchTemplate', 'CreateLaunchTemplateVersion'))
        OR (eventSource = 'servicequotas.amazonaws.com' AND eventName = 'RequestServiceQuotaIncrease')),
usual AS (
    SELECT region FROM asked WHERE outcome = 'success'
    GROUP BY region HAVING count(*) > 0.1 * (SELECT count(*) FROM asked WHERE outcome = 'success')),
judged AS (
    SELECT
        *,
        list_filter(
            [
                CASE WHEN regexp_matches(type, '^(p|g|trn|inf|dl|f|vt)[0-9]') THEN 'accelerated' END,
                CASE WHEN regexp_matches(type, '\.(metal|(8|9|1[0-9]|2[0-9]|3[0-9]|4[0-9]|5[0-9]|112)xlarge)')
                    THEN 'very large' END,
                CASE WHEN n >= $count AND action <> 'RequestServiceQuotaIncrease' THEN 'many at once' END,
                CASE WHEN action = 'RequestServiceQuotaIncrease' THEN 'quota' END,
                CASE WHEN regexp_matches(
                    outcome, 'LimitExceeded|InsufficientInstanceCapacity|PendingVerification')
                    THEN 'over the limit' END,
                CASE WHEN NOT EXISTS (SELECT 1 FROM usual AS u WHERE u.region = a.region)
                    THEN 'unusual region' END
            ],
            lambda sign: sign IS NOT NULL) AS signs
    FROM asked AS a)
SELECT
    time, who, action, region, type, nullif(n, 0) AS machines, signs, outcome, ip,
    ref(source_id, record_no) AS ref
FROM judged
WHERE len(signs) > 0
ORDER BY time, source_id, record_no
