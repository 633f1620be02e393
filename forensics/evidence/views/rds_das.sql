SELECT
    source_id,
    record_no,
    'rds_das' AS event_dataset,
    time AS event_time,
    'statement executed' AS timestamp_desc,
    'us' AS time_precision,
    CASE
        WHEN lower(error_message) NOT IN ('', 'none') THEN 'failure'
        WHEN kind <> 'event' OR exit_code IS NULL THEN 'unknown'
        WHEN upper(server_type) LIKE 'SQL%SERVER%'
            THEN CASE exit_code WHEN '1' THEN 'success' ELSE 'failure' END
        WHEN exit_code = '0' THEN 'success'
        ELSE 'failure'
    END AS event_outcome,
    CASE WHEN upper(command) IN ('CONNECT', 'LOGON', 'LOGIN', 'FAILED_CONNECT', 'DISCONNECT')
        THEN ['database', 'authentication'] ELSE ['database'] END AS event_category,
    CASE
        WHEN event_outcome = 'failure' THEN ['error']
        WHEN event_class = 'READ' THEN ['access']
        WHEN event_class IN ('WRITE', 'DDL', 'ROLE') THEN ['change']
        ELSE ['info']
    END AS event_type,
    coalesce(service_name, server_type, type, 'rds') AS event_provider,
    coalesce(command, event_class, kind) AS event_action,
    CASE WHEN event_outcome = 'failure' THEN exit_code END AS error_code,
    line.error_message,
    CASE event_class WHEN 'READ' THEN true WHEN 'WRITE' THEN false WHEN 'DDL' THEN false
        WHEN 'ROLE' THEN false END AS read_only,
    line.user_name,
    session_id AS session_uid,
    owner AS cloud_account_id,
    remote_host AS source_address,
    _remote_host AS source_ip_num,
    remote_port AS source_port,
    client_application AS user_agent_original,
    coalesce(object_type, CASE WHEN database_name IS NOT NULL THEN 'database' END)
        AS resource_type,
    concat_ws('/', database_name, object_name) AS resource_id,
    command_text AS sql_text,
    concat(
        coalesce(nullif(line.user_name, ''), 'the server'), ' at ' || nullif(remote_host, ''),
        ' did ', event_action, ' on ', coalesce(nullif(resource_id, ''), event_provider),
        ': ' || command_text, ': ' || nullif(line.error_message, 'none')) AS message
FROM rds_das AS line
