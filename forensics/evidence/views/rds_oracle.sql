SELECT
    source_id,
    record_no,
    'rds_oracle' AS event_dataset,
    time AS event_time,
    'action recorded' AS timestamp_desc,
    CASE WHEN kind = 'listener' THEN 's' ELSE 'us' END AS time_precision,
    CASE WHEN return_code = 0 THEN 'success' WHEN return_code IS NOT NULL THEN 'failure'
        ELSE 'unknown' END AS event_outcome,
    CASE WHEN kind = 'listener' OR action IN ('100', '101', 'LOGON', 'LOGOFF', 'CONNECT')
        THEN ['database', 'authentication'] ELSE ['database'] END AS event_category,
    CASE
        WHEN return_code IN (1017, 28000, 28001, 1045) THEN ['start', 'denied']
        WHEN kind = 'listener' OR action IN ('100', 'LOGON', 'CONNECT') THEN ['start']
        WHEN action IN ('101', 'LOGOFF') THEN ['end']
        WHEN return_code <> 0 THEN ['error']
        ELSE ['info']
    END AS event_type,
    coalesce(_database_of(log_group), 'oracle') AS event_provider,
    coalesce(action, kind) AS event_action,
    CASE WHEN return_code <> 0 THEN CAST(return_code AS VARCHAR) END AS error_code,
    coalesce(db_user, os_user) AS user_name,
    session_id AS session_uid,
    owner AS cloud_account_id,
    coalesce(_said(client_host), _said(client_name)) AS source_address,
    _client_host AS source_ip_num,
    client_port AS source_port,
    _said(client_program) AS user_agent_original,
    CASE WHEN object_name IS NOT NULL THEN 'database' END AS resource_type,
    nullif(concat_ws('.', object_schema, object_name), '') AS resource_id,
    sql_text,
    log_event_id AS event_id,
    concat(
        coalesce(nullif(db_user, ''), nullif(os_user, ''), 'the server'),
        ' at ' || source_address, ', ', event_action, ' ' || resource_id, ': ',
        coalesce(nullif(line.message, ''), nullif(line.sql_text, ''), event_outcome)) AS message
FROM rds_oracle AS line
