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
--| pivots = ["query around-event --param event={ref}", "query ip-story --param ip={address}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.who]
--| type = "text"
--| default = ""
--| about = "only actors whose ARN, id, name, key or kind holds this text"
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
    SELECT
        event_time AS time, time_precision, event_dataset AS log,
        coalesce(user_arn, user_id, user_name, user_type) AS who,
        event_action AS action, event_outcome AS outcome,
        source_address AS address, coalesce(resource_arn, resource_id) AS resource,
        message, source_id, record_no, ref
    FROM events
    WHERE event_time IS NOT NULL
        AND ($log = '' OR event_dataset = $log)
        AND ($ip = '' OR source_address = $ip OR destination_ip = $ip)
        AND ($who = '' OR contains(
            lower(concat_ws(' ', user_arn, user_id, user_name, access_key_id, user_type)),
            lower($who)))
        AND ($resource = '' OR contains(
            lower(concat_ws(' ', resource_arn, resource_id, instance_id, eni_id, function_name)),
            lower($resource)))
        AND ($action = '' OR contains(lower(event_action), lower($action)))
        AND (NOT $changes OR read_only IS DISTINCT FROM true)),
stepped AS (
    SELECT
        *,
        coalesce(
            time - lag(time) OVER (ORDER BY time, source_id, record_no) > INTERVAL 30 MINUTE,
            true)::INTEGER AS begins
    FROM chosen)
SELECT
    time, log, who, action, outcome, address, resource, message, time_precision,
    sum(begins) OVER (ORDER BY time, source_id, record_no)::BIGINT AS burst, ref
FROM stepped
ORDER BY time, source_id, record_no
