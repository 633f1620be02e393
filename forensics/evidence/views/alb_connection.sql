SELECT
    source_id,
    record_no,
    'alb_connection' AS event_dataset,
    time AS event_time,
    'connection made' AS timestamp_desc,
    'us' AS time_precision,
    CASE
        WHEN tls_verify_status = 'Success' THEN 'success'
        WHEN starts_with(tls_verify_status, 'Failed') THEN 'failure'
        WHEN tls_protocol IS NOT NULL THEN 'success'
        ELSE 'unknown'
    END AS event_outcome,
    ['network', 'authentication'] AS event_category,
    CASE WHEN event_outcome = 'failure' THEN ['connection', 'denied'] ELSE ['connection'] END
        AS event_type,
    elb AS event_provider,
    'connect' AS event_action,
    nullif(regexp_extract(tls_verify_status, '^Failed:(.*)$', 1), '') AS error_code,
    _said(leaf_client_cert_subject) AS user_id,
    conn_trace_id AS session_uid,
    owner AS cloud_account_id,
    client_ip AS source_address,
    _client_ip AS source_ip_num,
    client_port AS source_port,
    listener_port AS destination_port,
    'tcp' AS network_transport,
    CASE WHEN elb IS NOT NULL THEN 'AWS::ElasticLoadBalancingV2::LoadBalancer' END
        AS resource_type,
    elb AS resource_id,
    concat(
        _endpoint(client_ip, client_port), ' as ' || user_id, ' connected to port ',
        listener_port, ': ', coalesce(tls_verify_status, event_outcome)) AS message
FROM alb_connection
