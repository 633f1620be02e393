--| title = "Who caused a recorded change"
--| question = "Which API call lies behind each recorded change of a resource?"
--| tables = ["config_item", "cloudtrail"]
--| tier = "should"
--| signal = "none"
--| time = "time"
--| window = "self"
--| services = "all"
--| attack = ["T1578"]
--| hit = "One row per recorded state with the call that most likely caused it."
--| benign = ["States recorded on a schedule have no cause"]
--| limits = ["'proven' where the state names the event, else 'inferred': the last changing call that names the resource in the --param span before"]
--| pivots = ["around {cause_ref}"]
--| reference = "https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html"
--| [params.resource]
--| type = "text"
--| about = "id, name or ARN of the resource"
--| [params.span]
--| type = "duration"
--| default = "2h"
--| about = "how long before the recording the call may lie"

WITH states AS (
    SELECT
        configurationItemCaptureTime AS time, resourceType AS type, resourceId AS resource_id,
        awsAccountId AS account, configurationItemStatus AS status, relatedEvents, source_id,
        record_no
    FROM config_item
    WHERE $resource IN (resourceId, resourceName, ARN)
        AND configurationItemCaptureTime >= $from AND configurationItemCaptureTime < $to),
causes AS (
    SELECT
        s.source_id, s.record_no,
        max({
            'named': coalesce(list_contains(s.relatedEvents, c.eventID), false),
            't': c.eventTime, 's': c.source_id, 'r': c.record_no, 'who': actor(c.userIdentity),
            'action': c.eventName, 'ip': c.sourceIPAddress}) AS cause
    FROM states AS s
    JOIN cloudtrail AS c
        ON c.eventTime <= s.time AND c.eventTime >= s.time - $span AND c.errorCode IS NULL
        AND is_write(c.readOnly, c.eventName)
        AND (list_contains(s.relatedEvents, c.eventID) OR contains(
            concat_ws(' ', c.requestParameters::VARCHAR, c.responseElements::VARCHAR),
            s.resource_id))
    GROUP BY s.source_id, s.record_no)
SELECT
    s.time, s.type, s.resource_id, s.status, s.account,
    CASE WHEN c.cause IS NULL THEN 'unknown' WHEN c.cause.named THEN 'proven' ELSE 'inferred' END
        AS confidence,
    c.cause.who AS who, c.cause.action AS action, c.cause.ip AS ip, c.cause.t AS called_at,
    CASE WHEN c.cause IS NOT NULL THEN ref(c.cause.s, c.cause.r) END AS cause_ref,
    ref(s.source_id, s.record_no) AS ref
FROM states AS s
LEFT JOIN causes AS c ON c.source_id = s.source_id AND c.record_no = s.record_no
ORDER BY s.time, s.type, s.resource_id, s.source_id, s.record_no
