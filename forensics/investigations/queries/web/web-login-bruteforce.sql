--| title = "Guessing of passwords on web pages"
--| question = "Which addresses were refused many times at log-in pages, and did one of their requests succeed then?"
--| tables = ["events"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1110"]
--| hit = "Many refusals, then an answer of another kind from the same address at the same page."
--| benign = ["A forgotten password, an office behind one address"]
--| limits = ["Pages that answer 200 to a wrong password are not seen as refusing", "Log-in pages are told by --param pages"]
--| pivots = ["query ip-story --param ip={ip}"]
--| reference = "https://owasp.org/www-community/attacks/Brute_force_attack"
--| [params.pages]
--| type = "text"
--| default = "(?i)(login|signin|sign-in|logon|auth|token|session|wp-login|xmlrpc)"
--| about = "pattern (RE2) of the paths of log-in pages"
--| [params.count]
--| type = "integer"
--| default = 20
--| about = "refusals at least"

WITH tries AS (
    SELECT
        source_address AS ip, url_domain AS host,
        regexp_extract(url_full, '^(?:[a-z]+://[^/]+)?([^?]*)', 1) AS page,
        http_response_status_code AS status, event_time AS time, user_agent_original AS agent,
        event_dataset, source_id, record_no
    FROM events
    WHERE url_full IS NOT NULL AND regexp_matches(url_full, $pages)
        AND event_dataset IN ('alb', 'clb', 'cloudfront', 'apigw_access') AND event_time IS NOT NULL),
refused AS (
    SELECT ip, page, count(*) AS refusals, min(time) AS first_refused, max(time) AS last_refused
    FROM tries WHERE status IN (400, 401, 403, 422, 429) GROUP BY ip, page)
SELECT
    t.ip, t.page,
    min(r.refusals) AS refusals,
    count(*) FILTER (t.status BETWEEN 200 AND 399 AND t.time > r.first_refused) AS succeeded_after,
    min(t.time) FILTER (t.status BETWEEN 200 AND 399 AND t.time > r.first_refused) AS succeeded_at,
    min(t.time) AS first_seen,
    max(t.time) AS last_seen,
    few(list(DISTINCT t.host)) AS hosts,
    few(list(DISTINCT t.agent)) AS agents,
    few(list(DISTINCT t.event_dataset)) AS logs,
    refs(min(place(t.time, t.source_id, t.record_no), 5)) AS refs
FROM tries AS t
JOIN refused AS r ON r.ip = t.ip AND r.page = t.page
WHERE r.refusals >= $count
GROUP BY t.ip, t.page
ORDER BY succeeded_after > 0 DESC, refusals DESC, t.ip, t.page
