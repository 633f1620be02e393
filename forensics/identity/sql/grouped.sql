-- tables: asked
-- Records in scope that meet a condition (it stands for `chosen`), counted by access key and
-- caller; the $most with most records. With $once a record that was delivered more than once
-- counts once.
WITH picked AS (
    SELECT
        nullif(userIdentity.accessKeyId, '') AS access_key,
        coalesce(
            userIdentity.arn, userIdentity.principalId, userIdentity.userName,
            userIdentity.invokedBy, userIdentity.type) AS caller,
        eventTime, errorCode IS NOT NULL OR coalesce(_sign_in = 'Failure', false) AS is_failed,
        source_id, record_no,
        CASE
            WHEN NOT $once THEN NULL
            WHEN eventID IS NULL THEN hash(source_id, record_no)
            ELSE hash(eventID, recipientAccountId, eventTime, eventName)
        END AS mark
    FROM asked WHERE chosen)
SELECT
    access_key, caller,
    CASE WHEN $once THEN count(DISTINCT mark) ELSE count(*) END AS records,
    CASE WHEN $once THEN count(DISTINCT mark) FILTER (is_failed)
        ELSE count(*) FILTER (is_failed) END AS failed,
    min(eventTime) AS first, max(eventTime) AS last,
    min({'time': eventTime, 'source': source_id, 'record': record_no}, 3) AS places
FROM picked
GROUP BY access_key, caller
ORDER BY records DESC, first NULLS LAST, access_key NULLS LAST, caller NULLS LAST
LIMIT $most
