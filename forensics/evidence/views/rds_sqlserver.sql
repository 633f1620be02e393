SELECT
    source_id,
    record_no,
    'rds_sqlserver' AS event_dataset,
    time AS event_time,
    'message logged' AS timestamp_desc,
    CASE WHEN kind = 'agent' THEN 's' ELSE 'ms' END AS time_precision,
    CASE
        WHEN kind IN ('login_failed', 'error') OR level = '!' THEN 'failure'
        WHEN kind = 'login_succeeded' THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    CASE WHEN starts_with(kind, 'login') THEN ['database', 'authentication'] ELSE ['database'] END
        AS event_category,
    CASE
        WHEN kind = 'login_failed' THEN ['start', 'denied']
        WHEN kind = 'login_succeeded' THEN ['start']
        WHEN event_outcome = 'failure' THEN ['error']
        ELSE ['info']
    END AS event_type,
    coalesce(_database_of(log_group), 'sqlserver') AS event_provider,
    kind AS event_action,
    line.error_code,
    reason AS error_message,
    line.user_name,
    process AS session_uid,
    owner AS cloud_account_id,
    _said(client_host) AS source_address,
    _client_host AS source_ip_num,
    log_event_id AS event_id,
    concat(
        coalesce(nullif(line.user_name, ''), 'the server'), ' at ' || source_address,
        ', ', kind, ': ', coalesce(nullif(line.message, ''), reason, event_outcome)) AS message
FROM rds_sqlserver AS line
