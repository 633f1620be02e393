--| title = "Processes that began and how they ended"
--| question = "Which runs of a business process began, ended normally, ended with an error, or never ended?"
--| tables = ["cloudwatch", "lambda_log"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1489"]
--| hit = "One row per log stream with runs that failed or did not end: begun is more than ended."
--| benign = ["Runs that go on beyond the evidence"]
--| limits = ["Beginnings and ends are told by patterns: give those of the process in question", "A stream is taken for one line of work"]
--| pivots = ["around {ref}"]
--| reference = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html"
--| [params.begins]
--| type = "text"
--| default = "(?i)\\b(start(ed|ing)?|begin(ning)?|began)\\b"
--| about = "pattern (RE2) of a line that begins a run"
--| [params.ends]
--| type = "text"
--| default = "(?i)\\b(complet(ed|e)|finish(ed)?|succe(ss|eded)|done|end(ed)?)\\b"
--| about = "pattern (RE2) of a line that ends a run normally"
--| [params.fails]
--| type = "text"
--| default = "(?i)\\b(error|fail(ed|ure)?|fatal|abort(ed)?|exception|panic|killed)\\b"
--| about = "pattern (RE2) of a line that ends a run with an error"

WITH lines AS (
    SELECT log_group, log_stream, log_time AS time, message, source_id, record_no FROM cloudwatch
    UNION ALL
    SELECT
        coalesce(log_group, function_name), log_stream, coalesce(l.time, log_time), message,
        source_id, record_no
    FROM lambda_log AS l
    WHERE message IS NOT NULL),
judged AS (
    SELECT
        *,
        regexp_matches(message, $fails) AS fails,
        regexp_matches(message, $ends) AND NOT regexp_matches(message, $fails) AS ends,
        regexp_matches(message, $begins) AS begins
    FROM lines)
SELECT
    log_group, log_stream,
    count(*) FILTER (begins) AS begun,
    count(*) FILTER (ends) AS ended,
    count(*) FILTER (fails) AS failed,
    min(time) AS first_seen,
    max(time) AS last_seen,
    arg_max(message, {'t': time, 's': source_id, 'r': record_no}) FILTER (fails) AS last_failure,
    arg_max(message, {'t': time, 's': source_id, 'r': record_no}) AS last_line,
    refs(min(place(time, source_id, record_no), 5) FILTER (fails OR begins)) AS refs,
    refs(min(place(time, source_id, record_no), 1) FILTER (fails OR begins))[1] AS ref
FROM judged
GROUP BY log_group, log_stream
HAVING count(*) FILTER (fails) > 0 OR count(*) FILTER (begins) > count(*) FILTER (ends)
ORDER BY failed DESC, first_seen, log_group, log_stream
