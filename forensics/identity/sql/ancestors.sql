-- tables: cloudtrail
-- Where it is recorded that some keys were handed out, and the keys those calls were signed with,
-- and so on, $most steps. A call across accounts is recorded in both of them; a caller's record
-- that lacks the answer is found by the id that both share.
WITH RECURSIVE callers AS MATERIALIZED (
    SELECT sharedEventID, userIdentity.accessKeyId AS parent_key, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'sts.amazonaws.com' AND starts_with(eventName, 'AssumeRole')
        AND sharedEventID IS NOT NULL AND _minted_access_key IS NULL AND errorCode IS NULL),
shared AS MATERIALIZED (
    SELECT known._minted_access_key AS key, c.parent_key, c.source_id, c.record_no
    FROM callers AS c JOIN cloudtrail AS known ON known.sharedEventID = c.sharedEventID
    WHERE known._minted_access_key IS NOT NULL),
-- Identity Center answers in words of its own
portal AS MATERIALIZED (
    SELECT
        (responseElements->>'$.roleCredentials.accessKeyId') AS key,
        userIdentity.accessKeyId AS parent_key, source_id, record_no
    FROM cloudtrail
    WHERE eventName = 'GetRoleCredentials' AND eventSource = 'sso.amazonaws.com'
        AND errorCode IS NULL),
others AS MATERIALIZED (SELECT * FROM shared UNION ALL SELECT * FROM portal WHERE key IS NOT NULL),
steps AS (
    SELECT DISTINCT unnest($keys::VARCHAR[]) AS key, 0 AS depth
    UNION
    SELECT parent, depth + 1
    FROM (
        SELECT m.userIdentity.accessKeyId AS parent, s.depth
        FROM steps AS s JOIN cloudtrail AS m ON m._minted_access_key = s.key
        WHERE m.errorCode IS NULL
        UNION ALL
        SELECT o.parent_key, s.depth FROM steps AS s JOIN others AS o ON o.key = s.key)
    WHERE parent <> '' AND depth < $most),
wanted AS MATERIALIZED (SELECT key, min(depth) AS depth FROM steps GROUP BY key)
SELECT key, depth, source_id, record_no
FROM (
    SELECT w.key, w.depth, m.source_id, m.record_no
    FROM wanted AS w JOIN cloudtrail AS m ON m._minted_access_key = w.key
    WHERE m.errorCode IS NULL
    UNION
    SELECT w.key, w.depth, o.source_id, o.record_no
    FROM wanted AS w JOIN others AS o ON o.key = w.key)
ORDER BY depth, key, source_id, record_no
