SELECT
    source_id,
    record_no,
    'apigw_execution' AS event_dataset,
    time AS event_time,
    'step logged' AS timestamp_desc,
    'ms' AS time_precision,
    CASE WHEN kind IN ('failed', 'unauthorized', 'throttled') THEN 'failure'
        ELSE _http_outcome(status_code) END AS event_outcome,
    ['web', 'api'] AS event_category,
    CASE
        WHEN event_outcome = 'failure' THEN ['error']
        WHEN kind = 'start' THEN ['start']
        WHEN kind = 'completed' THEN ['end']
        ELSE ['info']
    END AS event_type,
    coalesce(
        domain_name,
        nullif(regexp_extract(log_group, '^API-Gateway-Execution-Logs_(.+)$', 1), ''),
        'apigateway.amazonaws.com') AS event_provider,
    kind AS event_action,
    reason AS error_message,
    principal AS user_id,
    owner AS cloud_account_id,
    forwarded_for AS source_address,
    _forwarded_for AS source_ip_num,
    user_agent AS user_agent_original,
    http_method AS http_request_method,
    status_code AS http_response_status_code,
    coalesce(path, endpoint) AS url_full,
    domain_name AS url_domain,
    api_stage AS resource_id,
    extended_request_id AS event_id,
    line.request_id AS request_id,
    xray_trace_id AS trace_id,
    concat(
        'request ', coalesce(line.request_id, '?'), ', ', coalesce(kind, 'step'), ': ',
        coalesce(nullif(line.message, ''), event_outcome)) AS message
FROM apigw_execution AS line
