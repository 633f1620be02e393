--| title = "What the evidence can answer"
--| question = "For which of the things that must be recorded (log-in, log-out, export, mass reading, shell) does this evidence hold records?"
--| tables = ["cloudtrail", "s3_access", "cloudwatch", "ssm_session", "rds_mysql_audit", "rds_mysql", "rds_postgres", "rds_das", "host"]
--| lists = ["export_calls"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| services = "acting"
--| hit = "One row per duty and log that answers it; a duty without a row cannot be answered from this evidence."
--| benign = ["Nobody logged out, nothing was exported"]
--| limits = ["Records prove that the log is there, not that it is complete: coverage"]
--| pivots = ["query access-ledger", "query bulk-export"]
--| reference = "https://www.pcisecuritystandards.org/document_library/"

WITH answered AS (
    SELECT 'log-in' AS duty, 'cloudtrail' AS log, eventTime AS time, source_id, record_no
    FROM cloudtrail
    WHERE eventName IN (
        'ConsoleLogin', 'UserAuthentication', 'Authenticate', 'AssumeRoleWithSAML',
        'AssumeRoleWithWebIdentity', 'StartSession')
    UNION ALL
    SELECT 'log-out', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail WHERE eventName IN ('TerminateSession', 'Logout')
    UNION ALL
    SELECT 'export', 'cloudtrail', c.eventTime, c.source_id, c.record_no
    FROM cloudtrail AS c
    JOIN export_calls AS x ON x.service = c.eventSource AND x.action = call_name(c.eventName)
    UNION ALL
    SELECT 'mass reading', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject'
    UNION ALL
    SELECT 'mass reading', 's3_access', requestdatetime, source_id, record_no
    FROM s3_access WHERE operation = 'REST.GET.OBJECT'
    UNION ALL
    SELECT 'shell', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail
    WHERE eventName IN ('StartSession', 'ExecuteCommand', 'SendSSHPublicKey', 'SendCommand')
    UNION ALL
    SELECT 'shell', 'cloudwatch', log_time, source_id, record_no
    FROM cloudwatch WHERE regexp_matches(log_group, '(?i)session|ssm')
    UNION ALL
    SELECT 'shell', 'ssm_session', coalesce(m.time, log_time), source_id, record_no
    FROM ssm_session AS m
    UNION ALL
    SELECT
        CASE
            WHEN operation IN ('CONNECT', 'FAILED_CONNECT', 'CHANGEUSER') THEN 'log-in'
            WHEN operation = 'DISCONNECT' THEN 'log-out'
            WHEN sql_export(object) IS NOT NULL THEN 'export'
            WHEN operation = 'READ' OR sql_reads(object) THEN 'mass reading'
        END,
        'rds_mysql_audit', m.time, source_id, record_no
    FROM rds_mysql_audit AS m
    UNION ALL
    SELECT
        CASE
            WHEN kind IN ('connect', 'access_denied') THEN 'log-in'
            WHEN command = 'Quit' OR kind = 'connection_aborted' THEN 'log-out'
            WHEN sql_export(message) IS NOT NULL THEN 'export'
            WHEN sql_reads(message) THEN 'mass reading'
        END,
        'rds_mysql', m.time, source_id, record_no
    FROM rds_mysql AS m
    UNION ALL
    SELECT
        CASE
            WHEN kind IN ('connection_authorized', 'authentication_failed') THEN 'log-in'
            WHEN kind = 'disconnection' THEN 'log-out'
            WHEN sql_export(m.statement) IS NOT NULL THEN 'export'
            WHEN audit_class = 'READ' OR sql_reads(m.statement) THEN 'mass reading'
        END,
        'rds_postgres', m.time, source_id, record_no
    FROM rds_postgres AS m
    UNION ALL
    SELECT
        CASE
            WHEN upper(command) IN ('CONNECT', 'LOGON', 'LOGIN', 'FAILED_CONNECT')
                OR upper(event_class) IN ('LOGIN', 'LOGON', 'CONNECT') THEN 'log-in'
            WHEN upper(command) IN ('DISCONNECT', 'LOGOFF', 'LOGOUT')
                OR upper(event_class) = 'LOGOUT' THEN 'log-out'
            WHEN sql_export(command_text) IS NOT NULL THEN 'export'
            WHEN upper(event_class) = 'READ' OR sql_reads(command_text) THEN 'mass reading'
        END,
        'rds_das', m.time, source_id, record_no
    FROM rds_das AS m
    UNION ALL
    SELECT
        unnest(list_filter(
            [
                CASE WHEN kind IN ('ssh_login', 'ssh_login_failed', 'ssh_invalid_user')
                    OR windows_event IN ('4624', '4625', '528', '529')
                    OR audit_type = 'USER_LOGIN' THEN 'log-in' END,
                CASE WHEN kind IN ('session_closed', 'ssh_disconnect')
                    OR windows_event IN ('4634', '4647') OR audit_type = 'USER_LOGOUT'
                    THEN 'log-out' END,
                CASE WHEN kind IN ('ssh_login', 'sudo', 'su') OR windows_event = '4688'
                    OR audit_type = 'EXECVE' THEN 'shell' END
            ],
            lambda each: each IS NOT NULL)),
        'host', m.time, source_id, record_no
    FROM host AS m)
SELECT
    duty,
    CASE WHEN duty IN ('log-out', 'shell') THEN 'should' ELSE 'must' END AS level,
    log, count(*) AS records, min(time) AS first_seen, max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 3)) AS refs
FROM answered
WHERE duty IS NOT NULL
GROUP BY duty, log
ORDER BY level, duty, log
