--| title = "Around an event"
--| question = "What else happened shortly before and after an event, and what has it in common with it?"
--| tables = ["events"]
--| tier = "must"
--| signal = "none"
--| time = "time"
--| window = "self"
--| services = "all"
--| hit = "Rows that share the key, actor, address, session or resource of the event come with the reason; --param shared=true leaves out the others."
--| benign = ["Things happen at the same time by chance"]
--| limits = ["Flow logs are dated by the start of their window, up to ten minutes early"]
--| pivots = ["query timeline --param who={who}", "query ip-story --param ip={address}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.event]
--| type = "event"
--| about = "the REF of the event"
--| [params.span]
--| type = "duration"
--| default = "10m"
--| about = "how long before and after"
--| [params.shared]
--| type = "boolean"
--| default = true
--| about = "only rows that have something in common with it"

WITH near AS (
    SELECT * FROM events
    WHERE event_time >= $event_time - $span AND event_time <= $event_time + $span
        AND event_time >= $from AND event_time < $to),
centre AS (
    SELECT * FROM near WHERE source_id = $event_source AND record_no = $event_record),
related AS (
    SELECT
        n.*,
        list_filter(
            [
                CASE WHEN n.access_key_id = c.access_key_id THEN 'key' END,
                CASE WHEN n.session_uid = c.session_uid THEN 'session' END,
                CASE WHEN n.user_arn = c.user_arn OR n.user_id = c.user_id THEN 'actor' END,
                CASE WHEN c.source_ip IN (n.source_ip, n.destination_ip)
                    OR c.destination_ip IN (n.source_ip, n.destination_ip) THEN 'address' END,
                CASE WHEN n.resource_id = c.resource_id OR n.resource_arn = c.resource_arn
                    THEN 'resource' END,
                CASE WHEN n.instance_id = c.instance_id OR n.eni_id = c.eni_id THEN 'machine' END,
                CASE WHEN n.request_id = c.request_id OR n.trace_id = c.trace_id THEN 'request' END
            ],
            lambda each: each IS NOT NULL) AS in_common
    FROM near AS n, centre AS c
    WHERE n.source_id <> c.source_id OR n.record_no <> c.record_no)
SELECT
    event_time AS time,
    round(date_diff('millisecond', $event_time, event_time) / 1000, 3) AS seconds,
    in_common,
    event_dataset AS log,
    coalesce(user_arn, user_id, user_name, user_type) AS who,
    event_action AS action,
    event_outcome AS outcome,
    source_address AS address,
    coalesce(resource_arn, resource_id) AS resource,
    message, ref
FROM related
WHERE NOT $shared OR len(in_common) > 0
ORDER BY time, source_id, record_no
