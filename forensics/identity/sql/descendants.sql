-- tables: cloudtrail
-- The keys that were handed out to callers who signed with some keys, and so on: $most steps, and
-- $many keys, the nearest first.
WITH RECURSIVE callers AS MATERIALIZED (
    SELECT sharedEventID, userIdentity.accessKeyId AS parent_key
    FROM cloudtrail
    WHERE eventSource = 'sts.amazonaws.com' AND starts_with(eventName, 'AssumeRole')
        AND sharedEventID IS NOT NULL AND _minted_access_key IS NULL AND errorCode IS NULL),
shared AS MATERIALIZED (
    SELECT known._minted_access_key AS key, c.parent_key
    FROM callers AS c JOIN cloudtrail AS known ON known.sharedEventID = c.sharedEventID
    WHERE known._minted_access_key IS NOT NULL),
steps AS (
    SELECT DISTINCT unnest($keys::VARCHAR[]) AS key, 0 AS depth
    UNION
    SELECT child, depth + 1
    FROM (
        SELECT m._minted_access_key AS child, s.depth
        FROM steps AS s JOIN cloudtrail AS m ON m.userIdentity.accessKeyId = s.key
        WHERE m._minted_access_key IS NOT NULL AND m.errorCode IS NULL
        UNION ALL
        SELECT o.key, s.depth FROM steps AS s JOIN shared AS o ON o.parent_key = s.key)
    WHERE depth < $most AND NOT list_contains($keys::VARCHAR[], child))
SELECT key, min(depth) AS depth FROM steps WHERE depth > 0
GROUP BY key ORDER BY depth, key LIMIT $many
