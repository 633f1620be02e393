--| title = "Shells on machines and in containers"
--| question = "Who opened a shell where, from which address, when did it end, and do we hold the transcript?"
--| tables = ["cloudtrail", "cloudwatch", "source_locations"]
--| tier = "must"
--| signal = "medium"
--| time = "started_at"
--| window = "self"
--| services = "acting"
--| attack = ["T1021.008", "T1651", "T1021.004"]
--| hit = "Each row is one session: by Session Manager, in a container, over EC2 Instance Connect or a serial console."
--| benign = ["Operations"]
--| limits = ["SSH and RDP that do not go through AWS are in flow logs and in the logs of the hosts", "A transcript exists only where session logging was on, and not for port forwarding", "A session without an end call ended by time-out or is still open"]
--| pivots = ["query timeline --param who={who}"]
--| reference = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-auditing.html"

WITH opened AS (
    SELECT
        CASE eventName
            WHEN 'StartSession' THEN 'session manager' WHEN 'ResumeSession' THEN 'session manager'
            WHEN 'ExecuteCommand' THEN 'container'
            WHEN 'SendSSHPublicKey' THEN 'instance connect' ELSE 'serial console'
        END AS way,
        coalesce(
            (responseElements->>'$.sessionId'), (responseElements->>'$.session.sessionId'),
            (requestParameters->>'$.sessionId')) AS session,
        coalesce(
            (requestParameters->>'$.target'), (requestParameters->>'$.instanceId'),
            (requestParameters->>'$.task')) AS target,
        coalesce(
            (requestParameters->>'$.documentName'), (requestParameters->>'$.command'),
            (requestParameters->>'$.instanceOSUser')) AS detail,
        *
    FROM cloudtrail
    WHERE eventTime >= $from AND eventTime < $to
        AND ((eventSource = 'ssm.amazonaws.com' AND eventName IN ('StartSession', 'ResumeSession'))
            OR (eventSource = 'ecs.amazonaws.com' AND eventName = 'ExecuteCommand')
            OR (eventSource = 'ec2-instance-connect.amazonaws.com'
                AND eventName IN ('SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')))),
ended AS (
    SELECT
        (requestParameters->>'$.sessionId') AS session, min(eventTime) AS ended_at,
        min(place(eventTime, source_id, record_no)) AS place
    FROM cloudtrail
    WHERE eventSource = 'ssm.amazonaws.com' AND eventName = 'TerminateSession'
        AND errorCode IS NULL
    GROUP BY session),
-- A transcript is stored under the name of its session: as an object, or as a log stream.
transcripts AS (
    SELECT o.session, min(l.path) AS transcript
    FROM (SELECT DISTINCT session FROM opened WHERE session IS NOT NULL) AS o
    JOIN source_locations AS l ON contains(l.path, o.session)
    GROUP BY o.session),
streams AS (
    SELECT log_stream AS session, min(log_group) AS log_group FROM cloudwatch GROUP BY log_stream)
SELECT
    o.eventTime AS started_at,
    e.ended_at,
    CAST(e.ended_at - o.eventTime AS VARCHAR) AS lasted,
    o.way, actor(o.userIdentity) AS who, o.userIdentity.arn AS as_session, o.target, o.detail,
    o.session,
    outcome(o.errorCode, NULL) AS outcome,
    coalesce(t.transcript, 'log group ' || l.log_group) AS transcript,
    o.sourceIPAddress AS ip, o.recipientAccountId AS account, o.awsRegion AS region,
    list_filter(
        [ref(o.source_id, o.record_no),
            CASE WHEN e.session IS NOT NULL THEN ref(e.place.source, e.place.record) END],
        lambda each: each IS NOT NULL) AS refs
FROM opened AS o
LEFT JOIN ended AS e ON e.session = o.session
LEFT JOIN transcripts AS t ON t.session = o.session
LEFT JOIN streams AS l ON l.session = o.session
ORDER BY o.eventTime, o.source_id, o.record_no
