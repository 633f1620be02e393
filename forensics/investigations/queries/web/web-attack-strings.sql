--| title = "Attack strings in requests"
--| question = "Which requests carry the marks of injection, traversal, command execution or metadata theft, and which were answered with success?"
--| tables = ["events"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1190", "T1595.002"]
--| hit = "One row per address and class: succeeded above zero means that the request was answered like an ordinary one."
--| benign = ["Scanners try everything everywhere; refused requests are weather", "Search words and code samples in queries"]
--| limits = ["Bodies of requests are in no log", "Logs hold the URL as sent: it is looked at decoded once too", "Success is the status of the answer, not of the attack"]
--| pivots = ["query ip-story --param ip={ip}", "around {ref}"]
--| reference = "https://owasp.org/www-project-top-ten/"

WITH requests AS (
    SELECT
        event_dataset, event_time, source_address, url_domain, url_full, user_agent_original,
        http_response_status_code AS status, event_outcome, destination_bytes, source_id, record_no,
        lower(concat_ws(' ', url_full, TRY(url_decode(replace(url_full, '+', ' '))),
            user_agent_original)) AS words
    FROM events
    WHERE url_full IS NOT NULL),
classed AS (
    SELECT
        *,
        CASE
            WHEN regexp_matches(words, '\$\{(jndi|lower|upper|env|::-j)') THEN 'log4shell'
            WHEN regexp_matches(words, '169\.254\.169\.254|fd00:ec2::254|169\.254\.170\.2'
                || '|/latest/meta-data|/latest/api/token|0xa9fea9fe|2852039166') THEN 'metadata'
            WHEN regexp_matches(words, '\.\./\.\./|\.\.\\\.\.\\|/etc/(passwd|shadow)|/proc/self'
                || '|win\.ini|boot\.ini') THEN 'traversal'
            WHEN regexp_matches(words, 'union[\s/*]+(all[\s/*]+)?select|information_schema'
                || '|(''|"|\d)\s*(or|and)\s*(''|"|\d+\s*=)|sleep\(\d|benchmark\(|waitfor\s+delay'
                || '|xp_cmdshell|order\s+by\s+\d{2,}') THEN 'sql injection'
            WHEN regexp_matches(words, '[;|&`]\s*(cat|id|ls|wget|curl|nc|bash|sh|whoami|ping)\b'
                || '|\$\((cat|id|wget|curl|whoami)|cmd\.exe|powershell|/bin/(ba)?sh') THEN 'command'
            WHEN regexp_matches(words, '<script|javascript:|onerror\s*=|onload\s*=|<svg|<img[^>]+src')
                THEN 'script'
            WHEN regexp_matches(words, '(phpunit|eval-stdin|\.php\?.*=(http|php|data|expect)(s)?:'
                || '|/vendor/.*\.php|cgi-bin/.*\.(sh|pl)|_ignition|struts|ognl|class\.module)')
                THEN 'known hole'
            WHEN regexp_matches(words, '/\.(env|git|aws|ssh|svn|htpasswd|ds_store)(/|\s|$)'
                || '|wp-config|\.(bak|sql|old|pem|key)(\s|$|\?)|id_rsa|credentials') THEN 'secret file'
        END AS class
    FROM requests)
SELECT
    class, source_address AS ip,
    count(*) AS requests,
    count(*) FILTER (status BETWEEN 200 AND 299) AS succeeded,
    min(event_time) AS first_seen,
    max(event_time) AS last_seen,
    few(list(DISTINCT event_dataset)) AS logs,
    few(list(DISTINCT status)) AS statuses,
    few(list(DISTINCT url_domain)) AS hosts,
    few(list(DISTINCT url_full) FILTER (status BETWEEN 200 AND 299)) AS answered,
    few(list(DISTINCT url_full)) AS examples,
    few(list(DISTINCT user_agent_original)) AS agents,
    refs(min(place(event_time, source_id, record_no), 5)) AS refs,
    refs(min(place(event_time, source_id, record_no), 1))[1] AS ref
FROM classed
WHERE class IS NOT NULL
GROUP BY class, source_address
ORDER BY succeeded DESC, requests DESC, class, ip
