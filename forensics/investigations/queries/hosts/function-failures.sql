--| title = "Functions that ended badly"
--| question = "Which invocations of functions failed, timed out, broke off or never reported their end?"
--| tables = ["lambda_log"]
--| tier = "should"
--| signal = "medium"
--| time = "started_at"
--| attack = ["T1499"]
--| hit = "One row per invocation that did not end normally, with its last error."
--| benign = ["Code has errors; a retry has the same request id and may succeed"]
--| limits = ["An invocation without a report may have ended outside the evidence", "What the platform says of the end depends on the function's log format and level"]
--| pivots = ["query request-trace --param id={request_id}", "query lambda-changes"]
--| reference = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"

WITH invocations AS (
    SELECT
        request_id,
        min(coalesce(function_name, regexp_extract(log_group, '([^/]+)$', 1))) AS function,
        min(coalesce(l.time, log_time)) AS started_at,
        max(coalesce(l.time, log_time)) AS last_seen,
        count(*) AS lines,
        bool_or(kind IN ('report', 'end') OR l.type IN ('platform.report', 'platform.runtimeDone'))
            AS has_end,
        bool_or(kind = 'start' OR l.type = 'platform.start') AS has_start,
        max(invocation_status) FILTER (invocation_status <> 'success') AS status,
        bool_or(kind = 'timeout') AS timed_out,
        max(duration_ms) AS duration_ms,
        max(max_memory_used_mb) AS memory_mb,
        max(memory_size_mb) AS memory_size_mb,
        arg_max(
            coalesce(error_type || ': ', '') || coalesce(error_message, message, ''),
            {'t': coalesce(l.time, log_time), 's': source_id, 'r': record_no})
            FILTER (error_type IS NOT NULL OR upper(level) IN ('ERROR', 'FATAL', 'CRITICAL'))
            AS last_error,
        min(place(coalesce(l.time, log_time), source_id, record_no), 5) AS places
    FROM lambda_log AS l
    WHERE request_id IS NOT NULL
    GROUP BY request_id)
SELECT
    started_at, function, request_id,
    CASE
        WHEN status = 'timeout' OR timed_out THEN 'timed out'
        WHEN status IS NOT NULL THEN status
        WHEN last_error IS NOT NULL THEN 'reported an error'
        ELSE 'no end in the evidence'
    END AS ended,
    last_error, duration_ms, memory_mb, memory_size_mb, lines, last_seen, refs(places) AS refs
FROM invocations
WHERE status IS NOT NULL OR timed_out OR last_error IS NOT NULL OR (has_start AND NOT has_end)
ORDER BY started_at NULLS LAST, request_id
