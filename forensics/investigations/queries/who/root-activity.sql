--| title = "What root users did"
--| question = "What did the root user of any account do, from where, with which kind of credential, and with MFA or without?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1078.004"]
--| hit = "Each row is one call or sign-in by a root user; those with an access key or without MFA come first in urgency."
--| benign = ["Tasks that only root can do: closing an account, changing its support plan or contact data", "A centralized root session of the organization (how = 'central root session')"]
--| limits = ["Reading calls of root appear only where the trail records them", "Sign-ins are logged in the region of the sign-in endpoint: an export of one region may lack them"]
--| pivots = ["query ip-story --param ip={ip}", "timeline --who root"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-tasks.html"

SELECT
    eventTime AS time,
    coalesce(recipientAccountId, userIdentity.accountId) AS account,
    eventName AS action,
    outcome(errorCode, _sign_in) AS outcome,
    sourceIPAddress AS ip,
    CASE
        WHEN userIdentity.sessionContext.assumedRoot = 'true' THEN 'central root session'
        WHEN starts_with(userIdentity.accessKeyId, 'AKIA') THEN 'access key'
        WHEN eventType = 'AwsConsoleSignIn' THEN 'sign-in'
        WHEN starts_with(userIdentity.accessKeyId, 'ASIA') THEN 'session'
    END AS how,
    coalesce(
        (additionalEventData->>'$.MFAUsed'),
        userIdentity.sessionContext.attributes.mfaAuthenticated) AS mfa,
    is_write(readOnly, eventName) AS writes,
    eventSource AS service,
    awsRegion AS region,
    userAgent AS agent,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE userIdentity.type = 'Root'
ORDER BY time, source_id, record_no
