--| title = "Whose access key this is"
--| question = "Whose is this access key, when was it made and by whom, when was it used first and last, and from where?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "none"
--| time = "first_use"
--| window = "self"
--| services = "all"
--| attack = ["T1552", "T1078.004"]
--| hit = "One row per key. confidence is 'proven' where the call that made it is in the evidence or a call names its owner, else 'unknown'."
--| benign = ["Every key that is used appears here"]
--| limits = ["A key made before the evidence starts has no maker here", "Keys of console sessions are never in an answer of STS: console-sessions finds their log-in"]
--| pivots = ["query session-chain --param of={key}", "timeline --who {key}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"
--| [params.key]
--| type = "text"
--| default = ""
--| about = "an access key id, or the start of one; all keys if empty"

WITH used AS (
    SELECT
        userIdentity.accessKeyId AS key,
        min(actor(userIdentity)) AS owner,
        min(coalesce(userIdentity.accountId, recipientAccountId)) AS account,
        count(*) AS calls,
        count(*) FILTER (is_write(readOnly, eventName)) AS changing,
        count(*) FILTER (is_denied(errorCode)) AS denied,
        max(eventTime) AS last_use,
        few(list(DISTINCT sourceIPAddress)) AS ips,
        few(list(DISTINCT userAgent)) AS agents,
        min(place(eventTime, source_id, record_no), 5) AS places
    FROM cloudtrail
    WHERE userIdentity.accessKeyId IS NOT NULL AND userIdentity.accessKeyId <> ''
        AND starts_with(userIdentity.accessKeyId, $key)
        AND (eventTime IS NULL OR (eventTime >= $from AND eventTime < $to))
    GROUP BY key),
made AS (
    SELECT
        _minted_access_key AS key,
        eventName AS made_by_call,
        eventTime AS made_at,
        actor(userIdentity) AS made_by,
        sourceIPAddress AS made_from,
        coalesce(
            (responseElements->>'$.accessKey.userName'),
            (responseElements->>'$.assumedRoleUser.arn'),
            (responseElements->>'$.federatedUser.arn'),
            userIdentity.arn) AS subject,
        recipientAccountId AS account,
        ref(source_id, record_no) AS made_ref
    FROM cloudtrail
    WHERE _minted_access_key IS NOT NULL AND errorCode IS NULL
        AND starts_with(_minted_access_key, $key)
    -- a call across accounts is logged in both: the caller's copy says more
    QUALIFY row_number() OVER (
        PARTITION BY key
        ORDER BY userIdentity.accessKeyId IS NULL, eventTime, source_id, record_no) = 1),
ended AS (
    SELECT
        (requestParameters->>'$.accessKeyId') AS key,
        arg_max(
            eventName || coalesce(' ' || (requestParameters->>'$.status'), ''),
            {'t': eventTime, 's': source_id, 'r': record_no}) AS last_change,
        max(eventTime) AS changed_at
    FROM cloudtrail
    WHERE eventName IN ('DeleteAccessKey', 'UpdateAccessKey') AND errorCode IS NULL
    GROUP BY key)
SELECT
    key,
    CASE left(key, 4)
        WHEN 'AKIA' THEN 'long-term' WHEN 'ASIA' THEN 'temporary' ELSE 'other'
    END AS kind,
    coalesce(used.owner, made.subject) AS owner,
    coalesce(used.account, made.account) AS account,
    CASE
        WHEN made.key IS NOT NULL OR used.owner IS NOT NULL THEN 'proven' ELSE 'unknown'
    END AS confidence,
    made_at, made_by, made_by_call, made_from,
    last_change, changed_at,
    places[1].time AS first_use, last_use, calls, changing, denied, ips, agents,
    list_concat(list_filter([made_ref], lambda each: each IS NOT NULL), refs(places)) AS refs
FROM used
FULL JOIN made USING (key)
LEFT JOIN ended USING (key)
ORDER BY first_use NULLS LAST, key
