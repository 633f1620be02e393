--| title = "Shells on machines and in containers"
--| question = "Who opened a shell where, from which address, when did it end, and do we hold the transcript?"
--| tables = ["cloudtrail", "ssm_session", "host", "cloudwatch", "source_locations"]
--| tier = "must"
--| signal = "medium"
--| time = "started_at"
--| window = "self"
--| services = "acting"
--| attack = ["T1021.008", "T1651", "T1021.004"]
--| hit = "Each row is one session: by Session Manager, in a container, over EC2 Instance Connect, a serial console, SSH as the host logs it, or known by its transcript only."
--| benign = ["Operations"]
--| limits = ["SSH and RDP that do not go through AWS are known where logs of the hosts are in the evidence", "What was typed is known where the shell echoed it: `formats ssm_session`", "A transcript exists only where session logging was on, and not for port forwarding; in a file, it tells when it was made: at the end", "A session without an end call ended by time-out or is still open"]
--| pivots = ["timeline --who {who}"]
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
files AS (
    SELECT o.session, l.source_id, min(regexp_extract(l.path, '[^/\\]+$')) AS file
    FROM (SELECT DISTINCT session FROM opened WHERE session IS NOT NULL) AS o
    JOIN source_locations AS l ON contains(l.path, o.session)
    GROUP BY o.session, l.source_id),
-- In a file only its first line names the session, and the name of the file does.
transcripts AS (
    SELECT
        m.source_id, min(m.session_id) AS session,
        min(regexp_extract(l.path, '[^/\\]+$')) AS file
    FROM (SELECT source_id, min(session_id) AS session_id FROM ssm_session
        WHERE log_stream IS NULL GROUP BY source_id) AS m
    LEFT JOIN source_locations AS l ON l.source_id = m.source_id
    GROUP BY m.source_id),
lines AS (
    SELECT
        coalesce(m.session_id, log_stream, f.session, w.session, w.file) AS session,
        coalesce('log group ' || log_group, w.file) AS transcript,
        coalesce(m.time, log_time) AS moment, m.*
    FROM ssm_session AS m
    LEFT JOIN transcripts AS w ON w.source_id = m.source_id
    LEFT JOIN files AS f ON f.source_id = m.source_id),
typed AS (
    SELECT
        session, min(transcript) AS transcript, min(moment) AS first_at, max(moment) AS last_at,
        min(user_arn) AS user_arn, min(run_as_user) AS run_as_user,
        min(instance_id) AS instance_id, min(region) AS region, min(owner) AS account,
        count(*) AS lines, count(command) AS commands, min(place(moment, source_id, record_no)) AS place
    FROM lines GROUP BY session),
streams AS (
    SELECT
        log_stream AS session, min('log group ' || log_group) AS transcript, count(*) AS lines
    FROM cloudwatch GROUP BY log_stream),
others AS (
    SELECT session, min(file) AS transcript FROM files GROUP BY session),
-- SSH, as the host logs it: the end is told by the same process.
logins AS (
    SELECT
        h.time, user_name, source_ip, hostname, process_id, auth_method, owner, source_id, record_no
    FROM host AS h
    WHERE kind = 'ssh_login' AND h.time >= $from AND h.time < $to),
closed AS (
    SELECT l.source_id, l.record_no, min(place(h.time, h.source_id, h.record_no)) AS place
    FROM logins AS l
    JOIN host AS h ON h.hostname = l.hostname AND h.process_id = l.process_id AND h.time >= l.time
    WHERE h.kind IN ('session_closed', 'ssh_disconnect')
    GROUP BY l.source_id, l.record_no),
found AS (
    SELECT
        o.eventTime AS started_at, e.ended_at, o.way, actor(o.userIdentity) AS who,
        o.userIdentity.arn AS as_session, o.target, o.detail, o.session,
        outcome(o.errorCode, NULL) AS outcome,
        coalesce(t.transcript, s.transcript, f.transcript) AS transcript,
        coalesce(t.lines, s.lines) AS lines, t.commands, o.sourceIPAddress AS ip,
        o.recipientAccountId AS account, o.awsRegion AS region, o.source_id, o.record_no,
        e.place AS ended, t.place AS typed
    FROM opened AS o
    LEFT JOIN ended AS e ON e.session = o.session
    LEFT JOIN typed AS t ON t.session = o.session
    LEFT JOIN others AS f ON f.session = o.session
    LEFT JOIN streams AS s ON s.session = o.session
    UNION ALL
    SELECT
        t.first_at, t.last_at, 'transcript only', coalesce(t.user_arn, t.run_as_user), t.user_arn,
        t.instance_id, NULL, t.session, NULL, t.transcript, t.lines, t.commands, NULL, t.account,
        t.region, t.place.source, t.place.record, NULL, NULL
    FROM typed AS t
    WHERE NOT EXISTS (SELECT 1 FROM opened AS o WHERE o.session = t.session)
        AND (t.first_at IS NULL OR (t.last_at >= $from AND t.first_at < $to))
    UNION ALL
    SELECT
        l.time, c.place.time, 'ssh', l.user_name, NULL, l.hostname, l.auth_method, NULL, 'success',
        NULL, NULL, NULL, l.source_ip, l.owner, NULL, l.source_id, l.record_no, c.place, NULL
    FROM logins AS l
    LEFT JOIN closed AS c ON c.source_id = l.source_id AND c.record_no = l.record_no)
SELECT
    started_at, ended_at, CAST(ended_at - started_at AS VARCHAR) AS lasted, way, who, as_session,
    target, detail, session, outcome, transcript, lines, commands, ip, account, region,
    list_filter(
        [ref(source_id, record_no), ref(ended.source, ended.record), ref(typed.source, typed.record)],
        lambda each: each IS NOT NULL) AS refs
FROM found
ORDER BY started_at NULLS LAST, source_id, record_no
