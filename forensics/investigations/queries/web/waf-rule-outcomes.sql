--| title = "What the web firewall did"
--| question = "Which rules and labels matched, from where, and what was only counted and let through?"
--| tables = ["waf"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| attack = ["T1190"]
--| hit = "Rules that only count show what would have been blocked: counted_and_allowed above zero reached the application."
--| benign = ["Rules on trial count before they block"]
--| limits = ["Requests may be dropped from the log by its filter"]
--| pivots = ["query web-attack-strings", "stats count waf httpRequest.country action"]
--| reference = "https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html"

WITH matched AS (
    SELECT
        webaclId, terminatingRuleId AS rule, terminatingRuleType AS kind, 'decided' AS how, action,
        httpRequest, waf.timestamp AS time, source_id, record_no
    FROM waf
    UNION ALL
    SELECT
        webaclId, counted.ruleId, NULL, 'counted', action, httpRequest, time, source_id, record_no
    FROM (
        SELECT
            webaclId, action, httpRequest, waf.timestamp AS time, source_id, record_no,
            unnest(nonTerminatingMatchingRules) AS counted
        FROM waf))
SELECT
    regexp_extract(webaclId, '/webacl/([^/]+)', 1) AS web_acl,
    rule, kind, how, action,
    count(*) AS requests,
    count(*) FILTER (how = 'counted' AND action = 'ALLOW') AS counted_and_allowed,
    count(DISTINCT httpRequest.clientIp) AS clients,
    few(list(DISTINCT httpRequest.country)) AS countries,
    few(list(DISTINCT httpRequest.uri)) AS paths,
    min(time) AS first_seen,
    max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM matched
GROUP BY webaclId, rule, kind, how, action
ORDER BY requests DESC, webaclId, rule, how, action, kind
