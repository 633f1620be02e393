--| title = "Federated users and workloads behind sessions"
--| question = "Which user of an identity provider, repository, service account or Identity Center user is behind each role session?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1199", "T1550.001"]
--| hit = "A subject nobody knows, a provider of another tenant, or a subject of a fork or branch that should not deploy."
--| benign = ["Pipelines and clusters that federate by design"]
--| limits = ["The subject is what the provider asserted: proven as said, not as true", "Identity Center names the user in the session name of AWSReservedSSO roles: inferred"]
--| pivots = ["query session-chain --param of={session}", "timeline --who {session}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html"

WITH federated AS (
    SELECT
        CASE eventName
            WHEN 'AssumeRoleWithSAML' THEN 'saml' WHEN 'AssumeRoleWithWebIdentity' THEN 'web identity'
        END AS kind,
        coalesce(
            userIdentity.identityProvider, (responseElements->>'$.provider'),
            (responseElements->>'$.issuer')) AS provider,
        coalesce(
            userIdentity.userName, (responseElements->>'$.subjectFromWebIdentityToken'),
            (responseElements->>'$.subject'), userIdentity.principalId) AS subject,
        (requestParameters->>'$.roleArn') AS role,
        (responseElements->>'$.assumedRoleUser.arn') AS session,
        'proven' AS confidence,
        errorCode, sourceIPAddress, eventTime, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'sts.amazonaws.com'
        AND eventName IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
    UNION ALL
    SELECT
        'identity center', 'AWS IAM Identity Center',
        regexp_extract(userIdentity.arn, '/([^/]+)$', 1),
        userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn,
        CASE WHEN userIdentity.onBehalfOf.userId IS NOT NULL THEN 'proven' ELSE 'inferred' END,
        errorCode, sourceIPAddress, eventTime, source_id, record_no
    FROM cloudtrail
    WHERE contains(userIdentity.sessionContext.sessionIssuer.arn, '/AWSReservedSSO_'))
SELECT
    kind, provider, subject, role, session, confidence,
    count(*) AS calls,
    count(*) FILTER (errorCode IS NOT NULL) AS failed,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM federated
GROUP BY kind, provider, subject, role, session, confidence
ORDER BY first_seen, kind, provider, subject, role, session, confidence
