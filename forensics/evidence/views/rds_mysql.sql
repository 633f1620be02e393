SELECT
    source_id,
    record_no,
    'rds_mysql' AS event_dataset,
    time AS event_time,
    'message logged' AS timestamp_desc,
    'us' AS time_precision,
    CASE
        WHEN kind IN ('access_denied', 'connection_aborted') OR level = 'ERROR' THEN 'failure'
        WHEN kind IN ('connect', 'slow') THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    CASE WHEN kind IN ('connect', 'access_denied') THEN ['database', 'authentication']
        ELSE ['database'] END AS event_category,
    CASE
        WHEN kind = 'access_denied' THEN ['start', 'denied']
        WHEN kind = 'connect' THEN ['start']
        WHEN kind = 'connection_aborted' OR command = 'Quit' THEN ['end']
        WHEN level = 'ERROR' THEN ['error']
        ELSE ['info']
    END AS event_type,
    coalesce(_database_of(log_group), 'mysql') AS event_provider,
    coalesce(command, kind) AS event_action,
    line.error_code,
    reason AS error_message,
    line.user_name,
    CAST(thread_id AS VARCHAR) AS session_uid,
    owner AS cloud_account_id,
    coalesce(nullif(client_host, ''), client_name) AS source_address,
    _client_host AS source_ip_num,
    CASE WHEN database_name IS NOT NULL THEN 'database' END AS resource_type,
    database_name AS resource_id,
    CASE WHEN kind = 'slow' OR command IN ('Query', 'Execute', 'Prepare') THEN line.message END
        AS sql_text,
    log_event_id AS event_id,
    concat(
        coalesce(nullif(line.user_name, ''), 'the server'), ' at ' || nullif(source_address, ''),
        ', ',
        event_action, ': ', coalesce(nullif(line.message, ''), reason, event_outcome)) AS message
FROM rds_mysql AS line
