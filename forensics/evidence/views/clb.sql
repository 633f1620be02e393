SELECT
    source_id,
    record_no,
    'clb' AS event_dataset,
    clb.timestamp AS event_time,
    'request received' AS timestamp_desc,
    'us' AS time_precision,
    _http_outcome(elb_response_code) AS event_outcome,
    CASE WHEN elb_response_code IS NULL THEN ['network'] ELSE ['web'] END AS event_category,
    CASE WHEN elb_response_code IS NULL THEN ['connection'] ELSE _http_type(elb_response_code) END
        AS event_type,
    elb_name AS event_provider,
    _said(request_verb) AS http_request_method,
    coalesce(http_request_method, 'connect') AS event_action,
    _is_reading(http_request_method) AS read_only,
    owner AS cloud_account_id,
    request_ip AS source_address,
    _request_ip AS source_ip_num,
    request_port AS source_port,
    backend_ip AS destination_ip,
    _backend_ip AS destination_ip_num,
    backend_port AS destination_port,
    received_bytes AS source_bytes,
    sent_bytes AS destination_bytes,
    user_agent AS user_agent_original,
    elb_response_code AS http_response_status_code,
    url AS url_full,
    _host_of(url) AS url_domain,
    CASE WHEN elb_name IS NOT NULL THEN 'AWS::ElasticLoadBalancing::LoadBalancer' END
        AS resource_type,
    elb_name AS resource_id,
    CASE
        WHEN http_request_method IS NULL
            THEN concat(
                _endpoint(request_ip, request_port), ' connected to ',
                coalesce(elb_name, 'a load balancer'))
        ELSE concat(
            _endpoint(request_ip, request_port), ' asked ', coalesce(elb_name, 'a load balancer'),
            ' to ', http_request_method, ' ', url_full, ': ', elb_response_code)
    END AS message
FROM clb
