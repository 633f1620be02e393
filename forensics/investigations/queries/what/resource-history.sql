--| title = "History of a resource"
--| question = "What happened to a resource, in every log, and which states did it have?"
--| tables = ["events", "cloudtrail"]
--| tier = "must"
--| signal = "none"
--| time = "time"
--| services = "all"
--| hit = "Every record that names the resource: changes, requests, recorded states, in order."
--| benign = ["Most of it is ordinary use"]
--| limits = ["A resource is named differently from log to log (id, name, ARN): ask for the part they share", "Calls are found by the text of their parameters and answers as it stands there, escapes and all"]
--| pivots = ["around {ref}", "query config-diff --param resource={resource}"]
--| reference = "https://docs.aws.amazon.com/config/latest/developerguide/view-manage-resource.html"
--| [params.resource]
--| type = "text"
--| about = "id, name or ARN of the resource, or the part that all logs share"

-- Which rows they are is told by what is cheap to read; the rest is made for the first of them.
WITH named AS (
    SELECT 'cloudtrail' AS event_dataset, eventTime AS event_time, source_id, record_no
    FROM cloudtrail
    WHERE contains(requestParameters, $resource) OR contains(responseElements, $resource)
        OR contains(_bucket || '/' || coalesce(_object_key, ''), $resource)
        OR len(list_filter(resources, lambda each: contains(each.ARN, $resource))) > 0
        OR contains(userIdentity.arn, $resource) OR contains(userIdentity.principalId, $resource)
        OR contains(userIdentity.inScopeOf.credentialsIssuedTo, $resource)
        OR eventSource = $resource
    UNION ALL
    SELECT event_dataset, event_time, source_id, record_no
    FROM events
    WHERE event_dataset <> 'cloudtrail' AND (
        contains(resource_id, $resource) OR contains(resource_arn, $resource)
        OR instance_id = $resource OR eni_id = $resource OR function_name = $resource
        OR event_provider = $resource OR contains(message, $resource))),
chosen AS MATERIALIZED (
    SELECT * FROM named ORDER BY event_time NULLS LAST, source_id, record_no LIMIT $most)
SELECT
    e.event_time AS time,
    e.event_dataset AS log,
    coalesce(e.user_arn, e.user_id, e.user_name, e.user_type) AS who,
    e.event_action AS action,
    e.event_outcome AS outcome,
    e.source_address AS address,
    e.resource_type,
    coalesce(e.resource_arn, e.resource_id) AS resource,
    e.message, e.ref
FROM events AS e
JOIN chosen AS c
    ON c.event_dataset = e.event_dataset AND c.source_id = e.source_id
    AND c.record_no = e.record_no
WHERE e.source_id IN (SELECT source_id FROM chosen) AND e.record_no IN (SELECT record_no FROM chosen)
ORDER BY time NULLS LAST, e.source_id, e.record_no
