--| title = "What the evidence can answer"
--| question = "For which of the things that must be recorded (log-in, log-out, export, mass reading, shell) does this evidence hold records?"
--| tables = ["cloudtrail", "s3_access", "cloudwatch"]
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
    SELECT 'log-in' AS duty, 'must' AS level, 'cloudtrail' AS log, eventTime AS time, source_id, record_no
    FROM cloudtrail
    WHERE eventName IN (
        'ConsoleLogin', 'UserAuthentication', 'Authenticate', 'AssumeRoleWithSAML',
        'AssumeRoleWithWebIdentity', 'StartSession')
    UNION ALL
    SELECT 'log-out', 'should', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail WHERE eventName IN ('TerminateSession', 'Logout')
    UNION ALL
    SELECT 'export', 'must', 'cloudtrail', c.eventTime, c.source_id, c.record_no
    FROM cloudtrail AS c
    JOIN export_calls AS x ON x.service = c.eventSource AND x.action = call_name(c.eventName)
    UNION ALL
    SELECT 'mass reading', 'must', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject'
    UNION ALL
    SELECT 'mass reading', 'must', 's3_access', requestdatetime, source_id, record_no
    FROM s3_access WHERE operation = 'REST.GET.OBJECT'
    UNION ALL
    SELECT 'shell', 'should', 'cloudtrail', eventTime, source_id, record_no
    FROM cloudtrail
    WHERE eventName IN ('StartSession', 'ExecuteCommand', 'SendSSHPublicKey', 'SendCommand')
    UNION ALL
    SELECT 'shell', 'should', 'cloudwatch', log_time, source_id, record_no
    FROM cloudwatch WHERE regexp_matches(log_group, '(?i)session|ssm'))
SELECT
    duty, level, log, count(*) AS records, min(time) AS first_seen, max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 3)) AS refs
FROM answered
GROUP BY duty, level, log
ORDER BY level, duty, log
