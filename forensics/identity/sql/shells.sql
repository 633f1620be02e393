-- tables: asked ssm_session
-- One session of Session Manager: its calls, and the lines of its transcripts, in order; a
-- transcript is told by its session id, its log stream, or the name it is stored under.
WITH calls AS (
    SELECT
        eventName AS part, eventTime AS time,
        coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.userName) AS who,
        coalesce((requestParameters->>'$.target'), (requestParameters->>'$.instanceId')) AS target,
        sourceIPAddress AS ip, errorCode AS error, source_id, record_no
    FROM asked
    WHERE eventSource = 'ssm.amazonaws.com'
        AND eventName IN (
            SELECT unnest(['StartSession', 'ResumeSession', 'TerminateSession']))
        AND $id IN ((responseElements->>'$.sessionId'), (requestParameters->>'$.sessionId'))),
stored AS (
    SELECT source_id FROM source_locations WHERE contains(path, $id)
    UNION SELECT source_id FROM ssm_session WHERE session_id = $id),
lines AS (
    SELECT
        coalesce(form, 'output') AS part, time, user_arn AS who, instance_id AS target, command,
        confidence, source_id, record_no
    FROM (SELECT *, kind AS form FROM ssm_session)
    WHERE session_id = $id OR log_stream = $id OR source_id IN (SELECT source_id FROM stored))
SELECT part, time, who, target, ip, error, NULL AS command, NULL AS confidence,
    true AS is_call, source_id, record_no
FROM calls
UNION ALL
SELECT part, time, who, target, NULL, NULL, command, confidence, false, source_id, record_no
FROM lines
ORDER BY is_call DESC, time NULLS LAST, source_id, record_no
LIMIT $most
