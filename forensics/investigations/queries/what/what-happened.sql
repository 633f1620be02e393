--| title = "What it did, and what was done to it"
--| question = "Which actions did a principal take, or were taken on a resource, how often, with what outcome, from when to when?"
--| tables = ["events", "cloudtrail"]
--| tier = "must"
--| signal = "none"
--| time = "first_seen"
--| services = "all"
--| hit = "One row per log, action and outcome: role tells whether it acted (did) or was acted on (done to it)."
--| benign = ["Most of it is ordinary use"]
--| limits = ["Names, ids and ARNs are matched whole: `find` says where else the value stands", "A role's sessions are found by the ARN of the role; a session only by its own", "A call is taken to act on whatever its parameters and its answer name"]
--| pivots = ["around {ref}", "timeline --action {action}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.value]
--| type = "text"
--| about = "ARN, name or id of a principal or resource; a bucket stands for its objects too"

WITH acting AS (
    SELECT
        event_dataset AS log, event_action AS action, event_outcome AS outcome,
        event_time AS time, source_id, record_no, 'did' AS role,
        coalesce(resource_arn, resource_id) AS other
    FROM events
    WHERE user_arn = $value OR user_id = $value OR user_name = $value OR access_key_id = $value
        OR (contains($value, '@') AND session_uid = $value)
        OR starts_with(user_id, $value || ':')
        OR ends_with(user_arn, '/' || $value)
        OR starts_with(user_arn, sessions_of($value))),
-- Of a call, any value of its parameters and its answer that is the resource, or an ARN that ends
-- in it. What `events` takes for the subject of a call is one of these; finding it costs more.
called_on AS (
    SELECT
        'cloudtrail' AS log, eventName AS action, outcome(errorCode, _sign_in) AS error,
        eventTime AS time, source_id, record_no, userIdentity AS caller
    FROM cloudtrail
    WHERE _bucket = $value OR _bucket || '/' || _object_key = $value
        OR (contains(requestParameters, $value) AND (
            contains(requestParameters, to_json($value)::VARCHAR)
            OR contains(requestParameters, '/' || substr(to_json($value)::VARCHAR, 2))
            OR contains(requestParameters, ':' || substr(to_json($value)::VARCHAR, 2))))
        OR (contains(responseElements, $value) AND (
            contains(responseElements, to_json($value)::VARCHAR)
            OR contains(responseElements, '/' || substr(to_json($value)::VARCHAR, 2))
            OR contains(responseElements, ':' || substr(to_json($value)::VARCHAR, 2))))
        OR len(list_filter(resources, lambda each: each.ARN = $value
            OR starts_with(each.ARN, $value || '/') OR ends_with(each.ARN, '/' || $value)
            OR ends_with(each.ARN, ':' || $value))) > 0
        OR userIdentity.inScopeOf.credentialsIssuedTo = $value),
acted_on AS (
    SELECT
        log, action, CASE error WHEN 'success' THEN 'success' ELSE 'failure' END AS outcome,
        time, source_id, record_no, 'done to it' AS role, actor(caller) AS other
    FROM called_on
    UNION ALL
    SELECT
        event_dataset, event_action, event_outcome, event_time, source_id, record_no, 'done to it',
        coalesce(user_arn, user_id, user_name, user_type, source_address)
    FROM events
    WHERE event_dataset <> 'cloudtrail' AND (
        resource_id = $value OR resource_arn = $value OR instance_id = $value
        OR eni_id = $value OR function_name = $value OR event_provider = $value
        OR starts_with(resource_id, $value || '/')
        OR ends_with(resource_id, '/' || $value) OR ends_with(resource_arn, '/' || $value)
        OR ends_with(resource_arn, ':' || $value))),
touched AS (
    SELECT * FROM acting
    UNION ALL
    SELECT * FROM acted_on)
SELECT
    role, log, action, outcome,
    count(*) AS records,
    min(time) AS first_seen,
    max(time) AS last_seen,
    count(DISTINCT other) AS others,
    min(other) AS other,
    refs(min(place(time, source_id, record_no), 5)) AS refs,
    refs(min(place(time, source_id, record_no), 1))[1] AS ref
FROM touched
GROUP BY role, log, action, outcome
ORDER BY role, records DESC, log, action NULLS LAST, outcome
