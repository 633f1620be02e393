SELECT
    source_id,
    record_no,
    'cloudfront' AS event_dataset,
    time AS event_time,
    'response sent' AS timestamp_desc,
    's' AS time_precision,
    _http_outcome(sc_status) AS event_outcome,
    ['web'] AS event_category,
    _http_type(sc_status) AS event_type,
    cs_host AS event_provider,
    cs_method AS event_action,
    CASE WHEN x_edge_result_type = 'Error'
        THEN coalesce(x_edge_detailed_result_type, x_edge_result_type) END AS error_code,
    _is_reading(cs_method) AS read_only,
    connection_id AS session_uid,
    owner AS cloud_account_id,
    c_ip AS source_address,
    _c_ip AS source_ip_num,
    c_port AS source_port,
    cs_bytes AS source_bytes,
    sc_bytes AS destination_bytes,
    cs_user_agent AS user_agent_original,
    cs_method AS http_request_method,
    nullif(sc_status, 0) AS http_response_status_code,
    nullif(
        concat(
            _said(cs_protocol) || '://' || coalesce(x_host_header, cs_host), _said(cs_uri_stem),
            '?' || _said(cs_uri_query)),
        '') AS url_full,
    coalesce(x_host_header, cs_host) AS url_domain,
    CASE WHEN cs_host IS NOT NULL THEN 'AWS::CloudFront::Distribution' END AS resource_type,
    cs_host AS resource_id,
    x_edge_request_id AS event_id,
    event_id AS request_id,
    concat(
        coalesce(c_ip, 'somebody'), ' asked ', coalesce(url_domain, 'CloudFront'), ' to ',
        coalesce(cs_method, '?'), ' ', cs_uri_stem, ': ',
        concat_ws(' ', sc_status, x_edge_result_type)) AS message
FROM cloudfront
WHERE time IS NOT NULL OR timestamp_ms IS NULL

UNION ALL BY NAME

-- Who chooses the fields of a log can leave out date and time.
SELECT
    source_id,
    record_no,
    'cloudfront' AS event_dataset,
    timestamp_ms AS event_time,
    'response sent' AS timestamp_desc,
    'ms' AS time_precision,
    _http_outcome(sc_status) AS event_outcome,
    ['web'] AS event_category,
    _http_type(sc_status) AS event_type,
    cs_host AS event_provider,
    cs_method AS event_action,
    c_ip AS source_address,
    _c_ip AS source_ip_num,
    c_port AS source_port,
    cs_bytes AS source_bytes,
    sc_bytes AS destination_bytes,
    cs_user_agent AS user_agent_original,
    cs_method AS http_request_method,
    nullif(sc_status, 0) AS http_response_status_code,
    cs_uri_stem AS url_full,
    coalesce(x_host_header, cs_host) AS url_domain,
    x_edge_request_id AS request_id,
    concat(
        coalesce(c_ip, 'somebody'), ' asked ', coalesce(url_domain, 'CloudFront'), ' to ',
        coalesce(cs_method, '?'), ' ', cs_uri_stem, ': ', sc_status) AS message
FROM cloudfront
WHERE time IS NULL AND timestamp_ms IS NOT NULL
