-- tables: asked
-- Records in scope that meet a condition (it stands for `chosen`), counted by access key and
-- caller; the $most with most records.
WITH picked AS (
    SELECT
        nullif(userIdentity.accessKeyId, '') AS access_key,
        coalesce(
            userIdentity.arn, userIdentity.principalId, userIdentity.userName,
            userIdentity.invokedBy, userIdentity.type) AS caller,
        eventTime, errorCode, _sign_in, source_id, record_no
    FROM asked WHERE chosen)
SELECT
    access_key, caller, count(*) AS records,
    count(*) FILTER (errorCode IS NOT NULL OR _sign_in = 'Failure') AS failed,
    min(eventTime) AS first, max(eventTime) AS last,
    min({'time': eventTime, 'source': source_id, 'record': record_no}, 3) AS places
FROM picked
GROUP BY access_key, caller
ORDER BY records DESC, first NULLS LAST, access_key NULLS LAST, caller NULLS LAST
LIMIT $most
