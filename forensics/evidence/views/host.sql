SELECT
    source_id,
    record_no,
    'host' AS event_dataset,
    time AS event_time,
    'message logged' AS timestamp_desc,
    's' AS time_precision,
    CASE
        WHEN kind IN (
            'ssh_login_failed', 'ssh_invalid_user', 'ssh_denied', 'ssh_attempts_exceeded',
            'pam_failure') OR lower(result) IN ('failed', 'no')
            OR windows_event IN ('4625', '4771', '4776', '529') OR (kind IN ('sudo', 'su') AND reason <> '')
            THEN 'failure'
        WHEN kind IN ('ssh_login', 'session_opened', 'sudo', 'su', 'user_created')
            OR lower(result) IN ('success', 'yes') OR windows_event IN ('4624', '528')
            THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    CASE
        WHEN kind IN (
            'ssh_login', 'ssh_login_failed', 'ssh_login_partial', 'ssh_invalid_user', 'ssh_denied',
            'ssh_attempts_exceeded', 'pam_failure', 'su')
            OR windows_event IN ('4624', '4625', '4648', '4771', '4776', '528', '529')
            THEN ['host', 'authentication']
        WHEN kind IN ('session_opened', 'session_closed', 'ssh_disconnect')
            OR windows_event IN ('4634', '4647') THEN ['host', 'session']
        WHEN kind IN ('user_created', 'group_added', 'password_changed')
            OR windows_event IN ('4720', '4726', '4732') THEN ['host', 'iam']
        WHEN kind IN ('sudo', 'cron') OR windows_event = '4688' THEN ['host', 'process']
        ELSE ['host']
    END AS event_category,
    CASE
        WHEN event_outcome = 'failure' THEN ['denied']
        WHEN kind IN ('ssh_login', 'session_opened') OR windows_event IN ('4624', '4688', '528')
            THEN ['start']
        WHEN kind IN ('session_closed', 'ssh_disconnect') OR windows_event IN ('4634', '4647')
            THEN ['end']
        WHEN kind IN ('user_created', 'group_added') OR windows_event IN ('4720', '4732')
            THEN ['creation']
        WHEN kind = 'password_changed' THEN ['change']
        ELSE ['info']
    END AS event_type,
    coalesce(line.provider, program, channel, 'host') AS event_provider,
    coalesce('windows ' || windows_event, audit_type, kind) AS event_action,
    coalesce(sub_status, CASE WHEN event_outcome = 'failure' THEN kind END) AS error_code,
    line.reason AS error_message,
    coalesce(line.user_name, by_user, target_user) AS user_name,
    coalesce(line.audit_uid, line.uid) AS user_id,
    logon_id AS session_uid,
    owner AS cloud_account_id,
    line.source_ip AS source_address,
    _source_ip AS source_ip_num,
    TRY_CAST(line.source_port AS BIGINT) AS source_port,
    CASE WHEN coalesce(target_user, target_group) IS NOT NULL THEN 'account'
        WHEN hostname IS NOT NULL THEN 'host' END AS resource_type,
    coalesce(target_user, target_group, hostname) AS resource_id,
    coalesce(command, executable) AS process_command_line,
    log_event_id AS event_id,
    nullif(regexp_extract(
        concat(log_stream, ' ', hostname), '\b(i-[0-9a-f]{8,17})\b', 1), '') AS instance_id,
    concat(
        coalesce(hostname, 'a host'), ' ', event_provider, ': ',
        coalesce(nullif(line.message, ''), event_action, '?')) AS message
FROM host AS line
