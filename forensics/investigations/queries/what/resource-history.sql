--| title = "History of a resource"
--| question = "What happened to a resource, in every log, and which states did it have?"
--| tables = ["events"]
--| tier = "must"
--| signal = "none"
--| time = "time"
--| services = "all"
--| hit = "Every record that names the resource: changes, requests, recorded states, in order."
--| benign = ["Most of it is ordinary use"]
--| limits = ["A resource is named differently from log to log (id, name, ARN): ask for the part they share", "Calls that name it only inside their parameters are found by that text in the message"]
--| pivots = ["query around-event --param event={ref}", "query config-diff --param resource={resource}"]
--| reference = "https://docs.aws.amazon.com/config/latest/developerguide/view-manage-resource.html"
--| [params.resource]
--| type = "text"
--| about = "id, name or ARN of the resource, or the part that all logs share"

SELECT
    event_time AS time,
    event_dataset AS log,
    coalesce(user_arn, user_id, user_name, user_type) AS who,
    event_action AS action,
    event_outcome AS outcome,
    source_address AS address,
    resource_type,
    coalesce(resource_arn, resource_id) AS resource,
    message, ref
FROM events
WHERE contains(resource_id, $resource) OR contains(resource_arn, $resource)
    OR instance_id = $resource OR eni_id = $resource OR function_name = $resource
    OR event_provider = $resource OR contains(message, $resource)
ORDER BY time NULLS LAST, source_id, record_no
