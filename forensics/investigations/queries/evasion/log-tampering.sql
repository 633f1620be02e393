--| title = "Logs and detectors that were stopped or changed"
--| question = "Who stopped, deleted or narrowed logs and detectors, how long were they blind, and what did the same actor change meanwhile?"
--| tables = ["cloudtrail"]
--| lists = ["log_switches"]
--| tier = "must"
--| signal = "high"
--| time = "off_at"
--| services = "acting"
--| attack = ["T1685.002", "T1685"]
--| hit = "One row per switch turned off: while blind, what was done is not in that log. Refused attempts are listed too."
--| benign = ["Trails and recorders replaced by a deployment come back within minutes"]
--| limits = ["back_on is the next call that turns the same thing on, by name or else by service", "Narrowing a log (event selectors, retention) is shown with what was set, not judged", "What was done while blind may be missing because it was not logged"]
--| pivots = ["timeline --who {who}", "coverage"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-manage-delete.html"

WITH switches AS MATERIALIZED (
    SELECT
        s.turns, s.what AS kind,
        regexp_extract(
            coalesce(
                (requestParameters->>'$.name'), (requestParameters->>'$.trailName'),
                (requestParameters->>'$.configurationRecorderName'),
                (requestParameters->>'$.configurationRecorder.name'),
                (requestParameters->>'$.deliveryChannelName'),
                (requestParameters->>'$.detectorId'), (requestParameters->>'$.logGroupName'),
                (requestParameters->>'$.DeleteFlowLogsRequest.FlowLogId.content'),
                (requestParameters->>'$.DeleteFlowLogsRequest.FlowLogId'),
                _bucket, (requestParameters->>'$.eventDataStore'),
                (requestParameters->>'$.resourceArn'), (requestParameters->>'$.rule'),
                (requestParameters->>'$.analyzerName'), eventSource),
            '([^/]*)$', 1) AS name,
        actor(userIdentity) AS who,
        c.*
    FROM cloudtrail AS c
    JOIN log_switches AS s ON s.service = c.eventSource AND s.action = call_name(c.eventName)
    WHERE eventName <> 'PutBucketLogging'
        OR (requestParameters->>'$.BucketLoggingStatus.LoggingEnabled') IS NULL),
off AS MATERIALIZED (
    SELECT
        *,
        (SELECT min(o.eventTime) FROM switches AS o
            WHERE o.turns = 'on' AND o.errorCode IS NULL AND o.kind = s.kind
                AND o.eventTime > s.eventTime
                AND o.recipientAccountId IS NOT DISTINCT FROM s.recipientAccountId
                AND (o.name = s.name OR s.kind IN ('flow log', 'detector'))) AS back_on
    FROM switches AS s
    WHERE turns <> 'on'),
meanwhile AS (
    SELECT o.source_id, o.record_no, count(*) AS changes
    FROM off AS o
    JOIN cloudtrail AS c
        ON c.userIdentity.arn = o.userIdentity.arn AND c.errorCode IS NULL
        AND is_write(c.readOnly, c.eventName) AND c.eventTime > o.eventTime
        AND c.eventTime <= coalesce(o.back_on, o.eventTime + INTERVAL 1 DAY)
    WHERE o.errorCode IS NULL
    GROUP BY o.source_id, o.record_no)
SELECT
    o.eventTime AS off_at,
    o.turns AS effect,
    o.kind,
    o.name,
    o.who,
    o.eventName AS action,
    outcome(o.errorCode, NULL) AS outcome,
    CASE WHEN o.errorCode IS NULL THEN o.back_on END AS back_on,
    CASE WHEN o.errorCode IS NULL THEN CAST(o.back_on - o.eventTime AS VARCHAR) END AS blind_for,
    coalesce(m.changes, 0) AS changes_meanwhile,
    o.sourceIPAddress AS ip,
    o.recipientAccountId AS account,
    o.awsRegion AS region,
    CASE WHEN o.turns = 'narrows' THEN o.requestParameters::VARCHAR END AS set_to,
    ref(o.source_id, o.record_no) AS ref
FROM off AS o
LEFT JOIN meanwhile AS m ON m.source_id = o.source_id AND m.record_no = o.record_no
ORDER BY o.eventTime, o.source_id, o.record_no, o.kind
