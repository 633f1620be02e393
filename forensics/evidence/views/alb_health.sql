SELECT
    source_id,
    record_no,
    'alb_health' AS event_dataset,
    time AS event_time,
    'target checked' AS timestamp_desc,
    'us' AS time_precision,
    CASE status WHEN 'PASS' THEN 'success' WHEN 'FAIL' THEN 'failure' ELSE 'unknown' END
        AS event_outcome,
    ['network'] AS event_category,
    CASE status WHEN 'FAIL' THEN ['error'] ELSE ['info'] END AS event_type,
    coalesce(elb, target_group_id) AS event_provider,
    'health check' AS event_action,
    reason_code AS error_code,
    coalesce(_account(target_lambda_arn), owner) AS cloud_account_id,
    _region(target_lambda_arn) AS cloud_region,
    target_ip AS destination_ip,
    _target_ip AS destination_ip_num,
    target_port AS destination_port,
    status_code AS http_response_status_code,
    CASE WHEN target_group_id IS NOT NULL THEN 'AWS::ElasticLoadBalancingV2::TargetGroup' END
        AS resource_type,
    target_group_id AS resource_id,
    target_lambda_arn AS resource_arn,
    _function(target_lambda_arn) AS function_name,
    concat(
        'target ', coalesce(target_lambda_arn, _endpoint(target_ip, target_port)), ' of ',
        coalesce(target_group_id, '?'), ' was checked: ', concat_ws(' ', status, reason_code))
        AS message
FROM alb_health
