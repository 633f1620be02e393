SELECT
    source_id,
    record_no,
    'cloudwatch' AS event_dataset,
    log_time AS event_time,
    'message logged' AS timestamp_desc,
    'ms' AS time_precision,
    'unknown' AS event_outcome,
    CAST([] AS VARCHAR[]) AS event_category,
    ['info'] AS event_type,
    log_group AS event_provider,
    'log' AS event_action,
    owner AS cloud_account_id,
    CASE WHEN log_group IS NOT NULL THEN 'AWS::Logs::LogGroup' END AS resource_type,
    log_group AS resource_id,
    log_event_id AS event_id,
    nullif(regexp_extract(log_stream, '^(i-[0-9a-f]{8,17})\b', 1), '') AS instance_id,
    coalesce(nullif(message, ''), 'an empty message') AS message
FROM cloudwatch
