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
asked AS MATERIALIZED (SELECT DISTINCT unnest($keys::VARCHAR[]) AS key),
steps AS (
    SELECT
        a.key, m.userIdentity.accessKeyId AS parent_key, 0 AS depth, m.source_id, m.record_no
    FROM asked AS a JOIN cloudtrail AS m ON m._minted_access_key = a.key
    WHERE m.errorCode IS NULL
    UNION
    SELECT a.key, o.parent_key, 0, o.source_id, o.record_no
    FROM asked AS a JOIN others AS o ON o.key = a.key
    UNION
    SELECT key, parent_key, depth + 1, source_id, record_no
    FROM (
        SELECT
            p.key, m.userIdentity.accessKeyId AS parent_key, p.depth, m.source_id, m.record_no
        FROM (SELECT DISTINCT parent_key AS key, depth FROM steps WHERE parent_key <> '') AS p
        JOIN cloudtrail AS m ON m._minted_access_key = p.key
        WHERE m.errorCode IS NULL
        UNION ALL
        SELECT p.key, o.parent_key, p.depth, o.source_id, o.record_no
        FROM (SELECT DISTINCT parent_key AS key, depth FROM steps) AS p
        JOIN others AS o ON o.key = p.key)
    WHERE depth < $most)
SELECT key, min(depth) AS depth, source_id, record_no
FROM steps
GROUP BY key, parent_key, source_id, record_no
-- of a call that was delivered again and again a few records tell enough
QUALIFY row_number() OVER (
    PARTITION BY key ORDER BY coalesce(parent_key, '') = '', source_id, record_no) <= $copies
ORDER BY depth, key, source_id, record_no
