--| title = "Who stands behind a role session"
--| question = "Which original principal stands behind each set of temporary credentials, over which roles?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "low"
--| time = "minted_at"
--| window = "self"
--| services = "all"
--| attack = ["T1548.005", "T1550.001"]
--| hit = "One row per session key. depth above 1 is a chain of roles; an origin in another account, or none at all, asks for a closer look."
--| benign = ["Pipelines that hop from a build account into others", "Services that assume the roles given to them (origin ends in amazonaws.com)"]
--| limits = ["'proven' rests on the call that handed out the key; 'inferred' on the session's own words (source identity, console flag); 'unknown' has neither in the evidence", "STS calls of other accounts or regions may lie outside the evidence", "A chain is followed for ten roles"]
--| pivots = ["query credential-owner --param key={origin_key}", "timeline --who {session}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"
--| [params.of]
--| type = "text"
--| default = ""
--| about = "only sessions whose key, ARN, origin or source identity holds this text"

WITH RECURSIVE minted AS (
    SELECT
        _minted_access_key AS key,
        userIdentity.accessKeyId AS parent_key,
        coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.userName,
            userIdentity.invokedBy) AS parent,
        userIdentity.type AS parent_type,
        coalesce(
            (responseElements->>'$.assumedRoleUser.arn'),
            (responseElements->>'$.federatedUser.arn'),
            userIdentity.arn) AS session,
        coalesce(
            (requestParameters->>'$.sourceIdentity'),
            userIdentity.sessionContext.sourceIdentity) AS source_identity,
        eventName AS via,
        eventTime AS minted_at,
        sourceIPAddress AS ip,
        ref(source_id, record_no) AS place
    FROM cloudtrail
    WHERE eventSource = 'sts.amazonaws.com' AND _minted_access_key IS NOT NULL
        AND errorCode IS NULL
    -- a call across accounts is logged in both: the caller's copy has the key
    QUALIFY row_number() OVER (
        PARTITION BY key
        ORDER BY userIdentity.accessKeyId IS NULL, eventTime, source_id, record_no) = 1),
chain AS (
    SELECT
        key, session, minted_at, via, parent_key, parent, parent_type, source_identity, ip,
        1 AS depth, [key] AS keys, [coalesce(session, key)] AS path, [place] AS places
    FROM minted
    UNION ALL
    SELECT
        c.key, c.session, c.minted_at, m.via, m.parent_key, m.parent, m.parent_type,
        coalesce(c.source_identity, m.source_identity), m.ip,
        c.depth + 1, list_append(c.keys, m.key),
        list_prepend(coalesce(m.session, m.key), c.path), list_prepend(m.place, c.places)
    FROM chain AS c
    JOIN minted AS m ON m.key = c.parent_key
    WHERE c.depth < 10 AND NOT list_contains(c.keys, m.key)),
origins AS (
    SELECT * FROM chain
    QUALIFY row_number() OVER (PARTITION BY key ORDER BY depth DESC) = 1),
used AS (
    SELECT
        userIdentity.accessKeyId AS key,
        min(userIdentity.arn) AS session,
        min(userIdentity.sessionContext.sourceIdentity) AS source_identity,
        max(sessionCredentialFromConsole) AS console,
        min(_session_start) AS session_start,
        count(*) AS calls,
        max(eventTime) AS last_use,
        min(place(eventTime, source_id, record_no), 3) AS places
    FROM cloudtrail
    WHERE starts_with(userIdentity.accessKeyId, 'ASIA')
        AND userIdentity.invokedBy IS NULL
        AND eventTime >= $from AND eventTime < $to
    GROUP BY key),
answer AS (
    SELECT
        coalesce(o.session, u.session) AS session,
        key,
        CASE
            WHEN o.key IS NOT NULL THEN 'proven'
            WHEN u.source_identity IS NOT NULL OR u.console = 'true' THEN 'inferred'
            ELSE 'unknown'
        END AS confidence,
        coalesce(o.parent, u.source_identity) AS origin,
        o.parent_type AS origin_type,
        o.parent_key AS origin_key,
        o.ip AS origin_ip,
        coalesce(o.source_identity, u.source_identity) AS source_identity,
        CASE WHEN o.key IS NULL AND u.console = 'true' THEN 'console' ELSE o.via END AS via,
        coalesce(o.depth, 0) AS depth,
        array_to_string(list_prepend(o.parent, o.path), ' -> ') AS chain,
        coalesce(o.minted_at, u.session_start) AS minted_at,
        u.places[1].time AS first_use, u.last_use, coalesce(u.calls, 0) AS calls,
        list_concat(coalesce(o.places, []), coalesce(refs(u.places), [])) AS refs
    FROM origins AS o
    FULL JOIN used AS u USING (key)
    WHERE u.key IS NOT NULL OR (o.minted_at >= $from AND o.minted_at < $to))
SELECT * FROM answer
WHERE $of = ''
    OR contains(lower(concat_ws(' ', key, session, origin, source_identity, chain)), lower($of))
ORDER BY depth DESC, minted_at NULLS LAST, key
