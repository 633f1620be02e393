SELECT
    source_id,
    record_no,
    'rds_mysql_audit' AS event_dataset,
    time AS event_time,
    'statement executed' AS timestamp_desc,
    CASE dialect WHEN 'aurora' THEN 'us' ELSE 's' END AS time_precision,
    CASE WHEN operation = 'FAILED_CONNECT' OR retcode <> 0 THEN 'failure' WHEN retcode = 0
        THEN 'success' ELSE 'unknown' END AS event_outcome,
    CASE
        WHEN operation IN ('CONNECT', 'FAILED_CONNECT', 'CHANGEUSER')
            THEN ['database', 'authentication']
        WHEN operation = 'DISCONNECT' THEN ['database', 'session']
        ELSE ['database']
    END AS event_category,
    CASE
        WHEN operation = 'FAILED_CONNECT' THEN ['start', 'denied']
        WHEN operation IN ('CONNECT', 'CHANGEUSER') THEN ['start']
        WHEN operation = 'DISCONNECT' THEN ['end']
        WHEN operation = 'READ' THEN ['access']
        WHEN operation IN ('WRITE', 'CREATE', 'ALTER', 'RENAME', 'DROP') THEN ['change']
        ELSE ['info']
    END AS event_type,
    coalesce(serverhost, _database_of(log_group), 'mysql') AS event_provider,
    coalesce(operation, kind) AS event_action,
    CAST(nullif(retcode, 0) AS VARCHAR) AS error_code,
    CASE operation WHEN 'READ' THEN true WHEN 'WRITE' THEN false END AS read_only,
    username AS user_name,
    CAST(connectionid AS VARCHAR) AS session_uid,
    owner AS cloud_account_id,
    client_host AS source_address,
    _client_host AS source_ip_num,
    CASE WHEN database IS NOT NULL THEN 'database' END AS resource_type,
    database AS resource_id,
    CASE WHEN operation = 'QUERY' THEN object END AS sql_text,
    log_event_id AS event_id,
    concat(
        coalesce(nullif(username, ''), 'somebody'), ' at ' || nullif(client_host, ''), ' did ',
        event_action, ' on ', coalesce(nullif(database, ''), event_provider), ': ' || object,
        ': error ' || error_code) AS message
FROM rds_mysql_audit
