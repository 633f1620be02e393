--| title = "Principals that woke up"
--| question = "Which principals or keys were silent for a long time, and then active again?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "medium"
--| time = "woke_at"
--| window = "self"
--| attack = ["T1078.004"]
--| hit = "A key or principal that nobody used for weeks acts in the window, above all from a new network."
--| benign = ["Yearly jobs, emergency accounts in a drill"]
--| limits = ["Silence can only be as long as the evidence reaches back: a gap in the logs looks like silence (`query coverage`)"]
--| pivots = ["timeline --who {principal}", "query credential-owner --param key={key}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html"
--| [params.silence]
--| type = "duration"
--| default = "30d"
--| about = "how long it must have been silent"

WITH calls AS (
    SELECT
        actor(userIdentity) AS principal, userIdentity.accessKeyId AS key,
        eventTime AS time, eventName, sourceIPAddress, source_id, record_no,
        lag(eventTime) OVER (
            PARTITION BY actor(userIdentity),
                CASE WHEN starts_with(userIdentity.accessKeyId, 'AKIA')
                    THEN userIdentity.accessKeyId END  -- keys of sessions change all the time
            ORDER BY eventTime, source_id, record_no) AS before
    FROM cloudtrail
    WHERE eventTime IS NOT NULL)
SELECT
    w.principal, w.key,
    w.before AS last_before,
    w.time AS woke_at,
    CAST(w.time - w.before AS VARCHAR) AS silent_for,
    w.eventName AS first_action,
    w.sourceIPAddress AS ip,
    ref(w.source_id, w.record_no) AS ref
FROM calls AS w
WHERE w.time - w.before >= $silence AND w.time >= $from AND w.time < $to
ORDER BY woke_at, principal, w.source_id, w.record_no
