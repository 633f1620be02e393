--| title = "What roles of workloads did"
--| question = "What did the role of each instance, function or task call, what was denied, and from which addresses?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1552.005", "T1078.004"]
--| hit = "Enumeration or changes that the workload was not built for, denied calls, or more than one address."
--| benign = ["Addresses change when an instance is replaced or functions run without a VPC"]
--| limits = ["The workload is proven by inScopeOf or the credentials' delivery, else inferred from the session name"]
--| pivots = ["query instance-creds-outside", "timeline --who {session}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"
--| [params.workload]
--| type = "text"
--| default = ""
--| about = "only workloads whose id, name or role holds this text"

WITH calls AS (
    SELECT
        coalesce(
            userIdentity.inScopeOf.credentialsIssuedTo,
            regexp_extract(userIdentity.arn, '/([^/]+)$', 1)) AS workload,
        userIdentity.sessionContext.sessionIssuer.arn AS role,
        userIdentity.arn AS session,
        CASE
            WHEN userIdentity.inScopeOf.credentialsIssuedTo IS NOT NULL
                OR userIdentity.sessionContext.ec2RoleDelivery IS NOT NULL THEN 'proven'
            ELSE 'inferred'
        END AS confidence,
        userIdentity.sessionContext.ec2RoleDelivery AS imds,
        eventName, errorCode, readOnly, sourceIPAddress, userAgent, eventTime, source_id, record_no
    FROM cloudtrail
    WHERE userIdentity.type = 'AssumedRole'
        AND (
            userIdentity.inScopeOf.credentialsIssuedTo IS NOT NULL
            OR userIdentity.sessionContext.ec2RoleDelivery IS NOT NULL
            OR regexp_matches(userIdentity.arn, '/i-[0-9a-f]{8,17}$')
            OR regexp_matches(userAgent, 'exec-env/AWS_(Lambda|ECS)')))
SELECT
    workload, role, session, confidence,
    max(imds) AS imds,
    count(*) AS calls,
    count(*) FILTER (is_write(readOnly, eventName)) AS changing,
    count(*) FILTER (is_denied(errorCode)) AS denied,
    few(list(DISTINCT eventName) FILTER (is_denied(errorCode))) AS denied_actions,
    count(DISTINCT eventName) AS kinds,
    few(list(DISTINCT eventName)) AS actions,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    few(list(DISTINCT userAgent)) AS agents,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM calls
WHERE $workload = '' OR contains(lower(concat_ws(' ', workload, role)), lower($workload))
GROUP BY workload, role, session, confidence
ORDER BY denied DESC, changing DESC, calls DESC, workload, role, session, confidence
