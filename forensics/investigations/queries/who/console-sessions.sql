--| title = "Console sessions"
--| question = "Which sign-in produced which console activity, how long did it last, and did it stay on one address?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "low"
--| time = "login_at"
--| window = "self"
--| attack = ["T1078.004"]
--| hit = "A sign-in without MFA, failures before a success, or calls from another address than the sign-in."
--| benign = ["Addresses change with VPNs and mobile networks", "MFA done at an identity provider is not seen by AWS (mfa = No)"]
--| limits = ["A session is tied to its sign-in by principal and session start, to two seconds: confidence 'proven' where they agree", "AWS logs no sign-out from the console: the end is the last call", "Sign-ins are logged in the region of their endpoint, so region is not narrowed by --region alone"]
--| pivots = ["query ip-story --param ip={ip}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"
--| [params.who]
--| type = "text"
--| default = ""
--| about = "only sign-ins of principals whose name or ARN holds this text"

WITH logins AS (
    SELECT
        eventTime AS login_at,
        userIdentity.principalId AS principal_id,
        coalesce(userIdentity.arn, userIdentity.userName, userIdentity.principalId) AS who,
        coalesce(recipientAccountId, userIdentity.accountId) AS account,
        sourceIPAddress AS ip,
        userAgent AS agent,
        (additionalEventData->>'$.MFAUsed') AS mfa,
        coalesce(_sign_in, errorMessage, errorCode) AS result,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
        AND eventTime >= $from AND eventTime < $to),
sessions AS (
    SELECT
        userIdentity.principalId AS principal_id,
        _session_start AS started,
        max(eventTime) AS last_call,
        count(*) AS calls,
        count(*) FILTER (is_write(readOnly, eventName)) AS changing,
        count(*) FILTER (is_denied(errorCode)) AS denied,
        count(DISTINCT userIdentity.accessKeyId) AS keys,
        few(list(DISTINCT awsRegion)) AS regions,
        list_sort(list(DISTINCT sourceIPAddress)) AS ips,
        min(place(eventTime, source_id, record_no), 3) AS places
    FROM cloudtrail
    WHERE _session_start IS NOT NULL AND eventType <> 'AwsConsoleSignIn'
        AND (userIdentity.accessKeyId IS NULL OR starts_with(userIdentity.accessKeyId, 'ASIA'))
    GROUP BY ALL)
SELECT
    l.login_at, l.who, l.account, l.ip, l.result, l.mfa,
    s.last_call, CAST(s.last_call - l.login_at AS VARCHAR) AS lasted,
    coalesce(s.calls, 0) AS calls, coalesce(s.changing, 0) AS changing,
    coalesce(s.denied, 0) AS denied, coalesce(s.keys, 0) AS keys, s.regions,
    list_filter(s.ips, lambda each: each <> l.ip)[1:10] AS other_ips,
    CASE WHEN s.started IS NOT NULL THEN 'proven' ELSE 'unknown' END AS confidence,
    l.agent,
    list_concat([ref(l.source_id, l.record_no)], coalesce(refs(s.places), [])) AS refs
FROM logins AS l
LEFT JOIN sessions AS s
    ON s.principal_id = l.principal_id
    AND s.started BETWEEN l.login_at - INTERVAL 2 SECOND AND l.login_at + INTERVAL 2 SECOND
    AND l.result = 'Success'
WHERE $who = '' OR contains(lower(l.who), lower($who))
ORDER BY l.login_at, l.source_id, l.record_no, s.started
