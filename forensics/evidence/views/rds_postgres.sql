SELECT
    source_id,
    record_no,
    'rds_postgres' AS event_dataset,
    time AS event_time,
    'message logged' AS timestamp_desc,
    'ms' AS time_precision,
    CASE
        WHEN error_severity IN ('ERROR', 'FATAL', 'PANIC') THEN 'failure'
        WHEN kind IN ('connection_authorized', 'disconnection', 'statement', 'duration')
            THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    CASE
        WHEN starts_with(kind, 'connection') OR identity IS NOT NULL
            OR starts_with(sql_state_code, '28') THEN ['database', 'authentication']
        WHEN kind = 'disconnection' THEN ['database', 'session']
        ELSE ['database']
    END AS event_category,
    CASE
        WHEN starts_with(sql_state_code, '28') OR sql_state_code = '42501' THEN ['denied']
        WHEN event_outcome = 'failure' THEN ['error']
        WHEN starts_with(kind, 'connection') THEN ['start']
        WHEN kind = 'disconnection' THEN ['end']
        WHEN audit_class = 'READ' THEN ['access']
        WHEN audit_class IN ('WRITE', 'DDL', 'ROLE') THEN ['change']
        ELSE ['info']
    END AS event_type,
    coalesce(_database_of(log_group), 'postgresql') AS event_provider,
    coalesce(command, command_tag, kind) AS event_action,
    nullif(sql_state_code, '00000') AS error_code,
    CASE WHEN event_outcome = 'failure' THEN line.message END AS error_message,
    CASE audit_class WHEN 'READ' THEN true WHEN 'WRITE' THEN false WHEN 'DDL' THEN false
        WHEN 'ROLE' THEN false END AS read_only,
    identity AS user_id,
    line.user_name,
    coalesce(session_id, CAST(process_id AS VARCHAR)) AS session_uid,
    owner AS cloud_account_id,
    remote_host AS source_address,
    _remote_host AS source_ip_num,
    remote_port AS source_port,
    application_name AS user_agent_original,
    coalesce(object_type, CASE WHEN database_name IS NOT NULL THEN 'database' END)
        AS resource_type,
    concat_ws('/', database_name, object_name) AS resource_id,
    coalesce(line.statement, line.query) AS sql_text,
    log_event_id AS event_id,
    concat(
        coalesce(nullif(line.user_name, ''), 'the server'), ' at ' || nullif(remote_host, ''),
        ', ', event_action, ': ',
        coalesce(nullif(line.statement, ''), nullif(line.message, ''), event_outcome)) AS message
FROM rds_postgres AS line
