--| title = "Calls by service and action"
--| question = "Which calls dominate, how often do they fail, and who makes them?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| hit = "An overview: rare calls and calls that mostly fail are worth a look."
--| benign = ["Everything that runs every day"]
--| limits = ["`stats count cloudtrail COLUMN` counts by any other column"]
--| pivots = ["timeline --action {action}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"

SELECT
    eventSource AS service,
    call_name(eventName) AS action,
    count(*) AS calls,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    count(*) FILTER (errorCode IS NOT NULL) AS failed,
    count(*) FILTER (is_denied(errorCode)) AS denied,
    count(DISTINCT actor(userIdentity)) AS principals,
    count(DISTINCT sourceIPAddress) AS addresses,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    refs(min(place(eventTime, source_id, record_no), 3)) AS refs
FROM cloudtrail
GROUP BY ALL
ORDER BY calls DESC, service, action
