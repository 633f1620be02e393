--| title = "What a principal did for the first time"
--| question = "Which calls did a principal make for the first time in the window, and were they new to the whole estate?"
--| tables = ["cloudtrail"]
--| lists = ["watched_actions"]
--| tier = "must"
--| signal = "medium"
--| time = "first_seen"
--| window = "self"
--| needs = ["from"]
--| attack = ["T1078.004"]
--| hit = "A principal that existed before and begins to do something else; new_to_estate means that nobody did it before."
--| benign = ["A release, a new task, the first day of a month"]
--| limits = ["Before --from lies the baseline: with little evidence there, everything is new", "Roles are folded: what one session did before counts for all"]
--| pivots = ["timeline --who {principal}", "query principal-summary --param principal={principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"
--| [params.principal]
--| type = "text"
--| default = ""
--| about = "only principals whose name or ARN holds this text"

WITH seen AS (
    SELECT
        actor(userIdentity) AS principal, eventSource AS service, call_name(eventName) AS action,
        min(place(eventTime, source_id, record_no), 3) AS places,
        min(eventTime) AS first_seen,
        count(*) FILTER (eventTime >= $from AND eventTime < $to) AS calls,
        count(*) FILTER (eventTime >= $from AND eventTime < $to AND is_denied(errorCode)) AS denied,
        max(is_write(readOnly, eventName)) AS writes,
        arg_min(sourceIPAddress, {'t': eventTime, 's': source_id, 'r': record_no}) AS first_ip
    FROM cloudtrail
    WHERE eventTime IS NOT NULL
    GROUP BY ALL),
principals AS (
    SELECT principal, min(first_seen) AS born FROM seen GROUP BY principal),
estate AS (
    SELECT service, action, min(first_seen) AS born FROM seen GROUP BY service, action)
SELECT
    s.principal, s.service, s.action, s.first_seen, s.calls, s.denied, s.writes, s.first_ip,
    p.born < $from AS principal_existed_before,
    e.born >= $from AS new_to_estate,
    w.attack AS technique,
    refs(s.places) AS refs
FROM seen AS s
JOIN principals AS p USING (principal)
JOIN estate AS e ON e.service = s.service AND e.action = s.action
LEFT JOIN watched_actions AS w ON w.service = s.service AND w.action = s.action
WHERE s.first_seen >= $from AND s.first_seen < $to
    AND ($principal = '' OR contains(lower(s.principal), lower($principal)))
ORDER BY
    principal_existed_before AND technique IS NOT NULL DESC, new_to_estate DESC, s.first_seen,
    s.principal, s.service, s.action
