-- tables: asked
-- What was done in the sessions whose records meet a condition (it stands for `chosen`), call by
-- call: the $most that began first. A record that was delivered more than once counts once.
WITH picked AS (
    SELECT
        coalesce(
            userIdentity.principalId, userIdentity.arn, userIdentity.userName,
            userIdentity.accessKeyId, userIdentity.type) AS principal,
        _session_start AS session_start,
        eventSource AS service, eventName AS action, eventTime,
        errorCode IS NOT NULL OR coalesce(_sign_in = 'Failure', false) AS is_failed, errorCode, sourceIPAddress,
        coalesce(_bucket || '/' || _object_key, _bucket, resources[1].ARN) AS resource,
        source_id, record_no,
        CASE WHEN eventID IS NULL
            THEN hash(source_id, record_no) ELSE hash(eventID, recipientAccountId, eventTime, eventName) END AS mark
    FROM asked WHERE chosen)
SELECT
    principal, session_start, service, action, count(DISTINCT mark) AS records,
    count(DISTINCT mark) FILTER (is_failed) AS failed,
    list_sort(list(DISTINCT errorCode) FILTER (errorCode IS NOT NULL))[1:5] AS errors,
    list_sort(list(DISTINCT sourceIPAddress) FILTER (sourceIPAddress IS NOT NULL))[1:5] AS addresses,
    list_sort(list(DISTINCT resource) FILTER (resource IS NOT NULL))[1:5] AS resources,
    min(eventTime) AS first, max(eventTime) AS last,
    min({'time': eventTime, 'source': source_id, 'record': record_no}, 5) AS places
FROM picked
GROUP BY principal, session_start, service, action
ORDER BY first NULLS LAST, service NULLS LAST, action NULLS LAST, principal NULLS LAST,
    session_start NULLS LAST
LIMIT $most
