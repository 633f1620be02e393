--| title = "Bursts of denied calls"
--| question = "Who ran into many denials in a short time, over how many kinds of call, and what succeeded afterwards?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1580", "T1526", "T1087.004"]
--| hit = "Somebody tries out what a key may do. Changes that succeed in the hour after tell what it could."
--| benign = ["A pipeline that lacks a right fails again and again at the same call (kinds = 1)", "Consoles probe for what they may show"]
--| limits = ["Denials are told by error codes, of which services use many", "Data events that are not recorded show no denials"]
--| pivots = ["query ip-story --param ip={ip}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
--| [params.count]
--| type = "integer"
--| default = 10
--| about = "denials in the span that make a burst"
--| [params.span]
--| type = "duration"
--| default = "10m"
--| about = "the span in which they must lie, and the silence that ends a burst"

WITH denied AS (
    SELECT
        coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.accountId) AS who,
        userIdentity.accessKeyId AS key, sourceIPAddress AS ip, eventTime AS time,
        split_part(eventSource, '.', 1) || ':' || eventName AS action,
        is_write(readOnly, eventName) AS writes, source_id, record_no
    FROM cloudtrail
    WHERE is_denied(errorCode) AND eventTime IS NOT NULL),
counted AS (
    SELECT
        *,
        count(*) OVER (
            PARTITION BY who, ip ORDER BY time
            RANGE BETWEEN $span PRECEDING AND CURRENT ROW) AS together,
        coalesce(
            time - lag(time) OVER (PARTITION BY who, ip ORDER BY time, source_id, record_no) > $span,
            true)::INTEGER AS begins
    FROM denied),
numbered AS (
    SELECT
        *, sum(begins) OVER (PARTITION BY who, ip ORDER BY time, source_id, record_no) AS burst
    FROM counted),
bursts AS (
    SELECT
        who, ip, burst, min(time) AS first_seen, max(time) AS last_seen, count(*) AS denied,
        count(DISTINCT action) AS kinds, count(*) FILTER (writes) AS denied_changes,
        few(list(DISTINCT key)) AS keys, few(list(DISTINCT action)) AS actions,
        min(place(time, source_id, record_no), 5) AS places
    FROM numbered GROUP BY who, ip, burst
    HAVING max(together) >= $count),
changes AS (
    SELECT
        coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.accountId) AS who,
        eventTime AS time, eventName
    FROM cloudtrail
    WHERE errorCode IS NULL AND is_write(readOnly, eventName)
        AND coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.accountId)
            IN (SELECT who FROM bursts)),
after AS (
    SELECT
        b.who, b.ip, b.burst, count(*) AS changes, few(list(DISTINCT c.eventName)) AS succeeded
    FROM bursts AS b
    JOIN changes AS c
        ON c.who = b.who AND c.time > b.first_seen AND c.time <= b.last_seen + INTERVAL 1 HOUR
    GROUP BY b.who, b.ip, b.burst)
SELECT
    b.who, b.ip, b.first_seen, b.last_seen, b.denied, b.kinds, b.denied_changes, b.actions, b.keys,
    coalesce(a.changes, 0) AS changes_within_an_hour, a.succeeded, refs(b.places) AS refs
FROM bursts AS b
LEFT JOIN after AS a
    ON a.who IS NOT DISTINCT FROM b.who AND a.ip IS NOT DISTINCT FROM b.ip AND a.burst = b.burst
ORDER BY b.kinds DESC, b.denied DESC, b.first_seen, b.who, b.ip
