--| title = "Watched calls"
--| question = "Which calls that intruders make were made, how often allowed and denied, and by whom?"
--| tables = ["cloudtrail"]
--| lists = ["watched_actions"]
--| tier = "must"
--| signal = "low"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1078.004", "T1098", "T1685", "T1485"]
--| hit = "One row per call and technique: each is ordinary in some hands. Look at calls that only one principal makes, and at those first seen in the incident."
--| benign = ["Deployment and administration use many of them every day"]
--| limits = ["Only calls on the list: replace watched_actions.toml with --lists to watch others", "Reading data (GetObject, GetSecretValue) appears only where data events are recorded"]
--| pivots = ["query first-seen-actions --from …", "timeline --action {action}"]
--| reference = "https://attack.mitre.org/matrices/enterprise/cloud/iaas/"
--| [params.action]
--| type = "text"
--| default = ""
--| about = "only calls whose name holds this text"

SELECT
    w.attack AS technique,
    c.eventSource AS service,
    w.action,
    w.why,
    count(*) FILTER (errorCode IS NULL) AS allowed,
    count(*) FILTER (is_denied(errorCode)) AS denied,
    count(*) FILTER (errorCode IS NOT NULL AND NOT is_denied(errorCode)) AS failed,
    count(DISTINCT actor(userIdentity)) AS principals,
    few(list(DISTINCT actor(userIdentity))) AS who,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM cloudtrail AS c
JOIN watched_actions AS w ON w.service = c.eventSource AND w.action = call_name(c.eventName)
WHERE $action = '' OR contains(lower(w.action), lower($action))
GROUP BY ALL
ORDER BY principals, technique, service, w.action
