--| title = "From the web page into the cloud"
--| question = "Which addresses first talked to a web front end and then called the AWS API, by which identity?"
--| tables = ["events"]
--| tier = "should"
--| signal = "high"
--| time = "first_call"
--| services = "acting"
--| attack = ["T1190", "T1552.005"]
--| hit = "An address that attacked or scanned a site and hours later signs calls: its credentials were found behind the site."
--| benign = ["Developers use their own site and the API from the same office"]
--| limits = ["An intruder may use another address for each: instance-creds-outside tells by the credentials"]
--| pivots = ["query ip-story --param ip={ip}", "query instance-creds-outside"]
--| reference = "https://attack.mitre.org/techniques/T1552/005/"
--| [params.span]
--| type = "duration"
--| default = "24h"
--| about = "how long after the last request the call may come"

WITH web AS (
    SELECT
        source_ip AS ip, count(*) AS requests,
        count(*) FILTER (http_response_status_code >= 400) AS refused,
        min(event_time) AS first_request, max(event_time) AS last_request,
        few(list(DISTINCT event_dataset)) AS logs,
        min(place(event_time, source_id, record_no), 2) AS places
    FROM events
    WHERE event_dataset IN ('alb', 'clb', 'cloudfront', 'waf', 'apigw_access', 'nlb')
        AND source_ip IS NOT NULL
    GROUP BY source_ip),
calls AS (
    SELECT
        e.source_ip AS ip, coalesce(e.user_arn, e.user_id) AS who, min(e.event_time) AS first_call,
        max(e.event_time) AS last_call, count(*) AS calls,
        count(*) FILTER (e.read_only IS DISTINCT FROM true) AS changing,
        few(list(DISTINCT e.event_action)) AS actions,
        few(list(DISTINCT e.access_key_id)) AS keys,
        min(place(e.event_time, e.source_id, e.record_no), 3) AS places
    FROM events AS e
    JOIN web AS w ON w.ip = e.source_ip AND e.event_time >= w.first_request
    WHERE e.event_dataset = 'cloudtrail'
    GROUP BY ALL)
SELECT
    ip, c.who, w.first_request, w.last_request, w.requests, w.refused, w.logs,
    c.first_call, c.last_call, c.calls, c.changing, c.actions, c.keys,
    list_concat(refs(w.places), refs(c.places)) AS refs
FROM web AS w
JOIN calls AS c USING (ip)
WHERE c.first_call <= w.last_request + $span
ORDER BY c.first_call, ip, c.who
