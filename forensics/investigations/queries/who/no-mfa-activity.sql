--| title = "Changes without MFA"
--| question = "Which people changed something in sessions or with keys that show no MFA?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1078.004", "T1556.006"]
--| hit = "Changes by a user or root without MFA; long-term keys never carry MFA unless a session token was fetched with one."
--| benign = ["Users that stand for machines", "Roles are left out: MFA at an identity provider is not seen by AWS"]
--| limits = ["Only users and root: sessions of roles say false whatever the log-in was"]
--| pivots = ["timeline --who {principal}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"

SELECT
    actor(userIdentity) AS principal,
    userIdentity.type AS type,
    CASE
        WHEN starts_with(userIdentity.accessKeyId, 'AKIA') THEN 'long-term key'
        WHEN sessionCredentialFromConsole = 'true' THEN 'console session'
        ELSE 'session'
    END AS how,
    userIdentity.accessKeyId AS key,
    count(*) AS changes,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT eventName)) AS actions,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM cloudtrail
WHERE userIdentity.type IN ('IAMUser', 'Root')
    AND is_write(readOnly, eventName) AND errorCode IS NULL
    AND eventType <> 'AwsConsoleSignIn'
    AND coalesce(userIdentity.sessionContext.attributes.mfaAuthenticated, 'false') <> 'true'
GROUP BY ALL
ORDER BY changes DESC, principal, how, key
