--| title = "Around an event"
--| question = "What else happened shortly before and after an event, and what has it in common with it?"
--| tables = ["events"]
--| tier = "must"
--| signal = "none"
--| time = "time"
--| services = "all"
--| hit = "Rows that share the key, actor, address, session or resource of the event come with the reason; --param same= (nothing) shows the others too."
--| benign = ["Things happen at the same time by chance"]
--| limits = ["Flow logs are dated by the start of their window, up to ten minutes early"]
--| pivots = ["timeline --who {who}", "query ip-story --param ip={address}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.event]
--| type = "event"
--| about = "the REF of the event"
--| [params.span]
--| type = "duration"
--| default = "10m"
--| about = "how long before and after"
--| [params.same]
--| type = "text"
--| default = "any"
--| about = "only rows that share this with it: any, actor, ip, resource, or a reason of in_common; empty for all rows"
--| [params.itself]
--| type = "boolean"
--| default = false
--| about = "show the event, too: in_common is 'itself'"
--| [params.nearest]
--| type = "integer"
--| default = 0
--| about = "only so many rows, those nearest in time; 0 for all"

WITH near AS (
    SELECT * FROM events
    WHERE event_time >= $event_time - $span AND event_time <= $event_time + $span),
centre AS (
    SELECT * FROM near WHERE source_id = $event_source AND record_no = $event_record),
related AS (
    SELECT
        n.*,
        n.source_id = c.source_id AND n.record_no = c.record_no AS is_itself,
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
    FROM near AS n LEFT JOIN centre AS c ON true)
SELECT
    event_time AS time,
    round(date_diff('millisecond', $event_time, event_time) / 1000, 3) AS seconds,
    CASE WHEN is_itself THEN ['itself'] ELSE in_common END AS in_common,
    event_dataset AS log,
    coalesce(user_arn, user_id, user_name, user_type) AS who,
    event_action AS action,
    event_outcome AS outcome,
    source_address AS address,
    coalesce(resource_arn, resource_id) AS resource,
    message, ref
FROM related
WHERE CASE
    WHEN coalesce(is_itself, false) THEN $itself
    WHEN $same = '' THEN true
    WHEN $same = 'any' THEN len(in_common) > 0
    WHEN $same = 'actor' THEN list_has_any(in_common, ['key', 'session', 'actor'])
    WHEN $same = 'ip' THEN list_contains(in_common, 'address')
    WHEN $same = 'resource' THEN list_has_any(in_common, ['resource', 'machine'])
    ELSE list_contains(in_common, $same) END
QUALIFY $nearest = 0 OR row_number() OVER (
    ORDER BY abs(date_diff('microsecond', $event_time, event_time)), event_time, source_id,
        record_no) <= $nearest
ORDER BY time, source_id, record_no
