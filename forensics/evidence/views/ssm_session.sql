SELECT
    source_id,
    record_no,
    'ssm_session' AS event_dataset,
    time AS event_time,
    CASE kind WHEN 'batch' THEN 'sent' WHEN 'header' THEN 'session end' ELSE 'line logged' END
        AS timestamp_desc,
    's' AS time_precision,
    'unknown' AS event_outcome,
    ['process', 'session'] AS event_category,
    CASE kind WHEN 'header' THEN ['end'] ELSE ['info'] END AS event_type,
    'ssm.amazonaws.com' AS event_provider,
    kind AS event_action,
    run_as_user AS user_name,
    line.user_arn AS user_arn,
    _account(line.user_arn) AS user_account_id,
    session_id AS session_uid,
    owner AS cloud_account_id,
    region AS cloud_region,
    CASE WHEN line.instance_id IS NOT NULL THEN 'AWS::EC2::Instance' END AS resource_type,
    line.instance_id AS resource_id,
    command AS process_command_line,
    line.instance_id AS instance_id,
    concat(
        coalesce(line.user_arn, session_id, 'somebody'), ' on ' || line.instance_id, ', ',
        coalesce(kind, 'line'), ': ',
        coalesce(command, line.message, CAST(session_data AS VARCHAR))) AS message
FROM ssm_session AS line
