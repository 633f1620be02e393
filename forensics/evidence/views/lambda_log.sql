SELECT
    source_id,
    record_no,
    'lambda_log' AS event_dataset,
    time AS event_time,
    'message logged' AS timestamp_desc,
    'ms' AS time_precision,
    CASE
        WHEN kind IN ('timeout', 'crash', 'exception') OR error IS NOT NULL
            OR invocation_status IN ('failure', 'error', 'timeout') OR error_type IS NOT NULL
            THEN 'failure'
        WHEN invocation_status = 'success' THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    ['process'] AS event_category,
    CASE
        WHEN event_outcome = 'failure' THEN ['error']
        WHEN kind = 'start' OR type = 'platform.start' THEN ['start']
        WHEN kind IN ('end', 'report') OR type IN ('platform.report', 'platform.runtimeDone')
            THEN ['end']
        ELSE ['info']
    END AS event_type,
    coalesce(line.function_name, _lambda_of(log_group)) AS resource_id,
    coalesce(resource_id, log_group, 'lambda.amazonaws.com')
        AS event_provider,
    coalesce(type, kind) AS event_action,
    coalesce(error_type, TRY(error->>'$.errorType'), nullif(invocation_status, 'success'))
        AS error_code,
    coalesce(line.error_message, TRY(error->>'$.errorMessage')) AS error_message,
    owner AS cloud_account_id,
    CASE WHEN resource_id IS NOT NULL THEN 'AWS::Lambda::Function' END AS resource_type,
    log_event_id AS event_id,
    request_id,
    coalesce(xray_trace_id, tracing) AS trace_id,
    resource_id AS function_name,
    concat(
        event_provider, ' ', event_action, ': ',
        coalesce(
            nullif(line.message, ''), line.error_message, error_code, request_id, event_outcome))
        AS message
FROM lambda_log AS line
