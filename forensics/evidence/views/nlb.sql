SELECT
    source_id,
    record_no,
    'nlb' AS event_dataset,
    time AS event_time,
    'connection closed' AS timestamp_desc,
    's' AS time_precision,
    CASE
        WHEN tls_handshake_time_ms IS NOT NULL THEN 'success'
        WHEN tls_protocol_version IS NULL THEN 'failure'
        ELSE 'unknown'
    END AS event_outcome,
    ['network'] AS event_category,
    CASE WHEN event_outcome = 'failure' THEN ['connection', 'error'] ELSE ['connection'] END
        AS event_type,
    elb AS event_provider,
    'connect' AS event_action,
    'TLS alert ' || incoming_tls_alert AS error_code,
    coalesce(_account(cert_arn), owner) AS cloud_account_id,
    _region(cert_arn) AS cloud_region,
    client_ip AS source_address,
    _client_ip AS source_ip_num,
    client_port AS source_port,
    target_ip AS destination_ip,
    _target_ip AS destination_ip_num,
    target_port AS destination_port,
    'tcp' AS network_transport,
    received_bytes AS source_bytes,
    sent_bytes AS destination_bytes,
    domain_name AS url_domain,
    CASE WHEN elb IS NOT NULL THEN 'AWS::ElasticLoadBalancingV2::LoadBalancer' END
        AS resource_type,
    elb AS resource_id,
    concat(
        _endpoint(client_ip, client_port), ' connected to ', coalesce(elb, 'a load balancer'),
        ' as ' || url_domain, ', sent ' || received_bytes, ' and got ' || sent_bytes || ' bytes',
        ': ', coalesce(error_code, event_outcome)) AS message
FROM nlb
