--| title = "Timeline"
--| question = "What happened in order, in all logs, by one actor, from one address, to one resource, or of one kind?"
--| tables = ["events"]
--| tier = "must"
--| signal = "none"
--| time = "time"
--| services = "acting"
--| hit = "Rows of all logs in one order; burst counts up after every 30 minutes of silence."
--| benign = ["Everything that happened is here"]
--| limits = ["Times of flow logs are the start of a window, of load balancers the end of a request: time_precision says how exact each is"]
--| pivots = ["around {ref}", "query ip-story --param ip={address}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.who]
--| type = "text"
--| default = ""
--| about = "only actors whose ARN, id, name, key or kind holds this text; a role stands for its sessions"
--| [params.ip]
--| type = "text"
--| default = ""
--| about = "only from or to this address"
--| [params.resource]
--| type = "text"
--| default = ""
--| about = "only resources whose id or ARN holds this text"
--| [params.action]
--| type = "text"
--| default = ""
--| about = "only actions whose name holds this text"
--| [params.log]
--| type = "text"
--| default = ""
--| about = "only this log, like cloudtrail or alb"
--| [params.changes]
--| type = "boolean"
--| default = false
--| about = "only what does not just read"

WITH chosen AS (
    -- Only what tells which rows come first: the rest is made for these alone.
    SELECT event_dataset, event_time, source_id, record_no
    FROM events
    WHERE event_time IS NOT NULL
        AND ($log = '' OR event_dataset = $log)
        AND ($ip = '' OR source_address = $ip OR destination_ip = $ip)
        AND ($who = '' OR contains(
            lower(concat_ws(' ', user_arn, user_id, user_name, access_key_id, user_type)),
            lower($who)) OR starts_with(user_arn, sessions_of($who)))
        AND ($resource = '' OR contains(
            lower(concat_ws(' ', resource_arn, resource_id, instance_id, eni_id, function_name)),
            lower($resource)))
        AND ($action = '' OR contains(lower(event_action), lower($action)))
        AND (NOT $changes OR read_only IS DISTINCT FROM true)
    ORDER BY event_time, source_id, record_no
    LIMIT $most),
stepped AS (
    SELECT
        *,
        coalesce(
            event_time - lag(event_time) OVER (ORDER BY event_time, source_id, record_no)
                > INTERVAL 30 MINUTE,
            true)::INTEGER AS begins
    FROM chosen),
numbered AS (
    SELECT
        *, sum(begins) OVER (ORDER BY event_time, source_id, record_no)::BIGINT AS burst
    FROM stepped)
SELECT
    e.event_time AS time, e.event_dataset AS log,
    coalesce(e.user_arn, e.user_id, e.user_name, e.user_type) AS who,
    e.event_action AS action, e.event_outcome AS outcome, e.source_address AS address,
    coalesce(e.resource_arn, e.resource_id) AS resource,
    e.message, e.time_precision, n.burst, e.ref
FROM events AS e
JOIN numbered AS n USING (event_dataset, event_time, source_id, record_no)
ORDER BY time, e.source_id, e.record_no
