--| title = "Scanners of web pages"
--| question = "Which addresses asked for many different paths that do not exist?"
--| tables = ["events"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1595.003"]
--| hit = "Many paths, most of them missing: somebody feels for doors. Found are the paths that were answered."
--| benign = ["Search engines, monitoring, broken links"]
--| limits = ["One address may be many people"]
--| pivots = ["query ip-story --param ip={ip}", "query web-attack-strings"]
--| reference = "https://attack.mitre.org/techniques/T1595/003/"
--| [params.paths]
--| type = "integer"
--| default = 30
--| about = "different missing or refused paths within an hour at least"

WITH asked AS (
    SELECT
        source_address AS ip, date_trunc('hour', event_time) AS hour,
        regexp_extract(url_full, '^(?:[a-z]+://[^/]+)?([^?]*)', 1) AS page,
        http_response_status_code AS status, event_time AS time, user_agent_original AS agent,
        event_dataset, source_id, record_no
    FROM events
    WHERE url_full IS NOT NULL AND event_time IS NOT NULL
        AND event_dataset IN ('alb', 'clb', 'cloudfront', 'apigw_access', 'waf'))
SELECT
    ip, hour,
    count(*) AS requests,
    count(DISTINCT page) AS paths,
    count(DISTINCT page) FILTER (status BETWEEN 400 AND 499) AS missing,
    few(list(DISTINCT page) FILTER (status BETWEEN 200 AND 299)) AS found,
    few(list(DISTINCT agent)) AS agents,
    few(list(DISTINCT event_dataset)) AS logs,
    min(time) AS first_seen,
    max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM asked
GROUP BY ip, hour
HAVING count(DISTINCT page) FILTER (status BETWEEN 400 AND 499) >= $paths
ORDER BY missing DESC, hour, ip
