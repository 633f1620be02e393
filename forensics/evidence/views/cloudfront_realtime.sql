SELECT
    source_id,
    record_no,
    'cloudfront_realtime' AS event_dataset,
    timestamp AS event_time,
    'response sent' AS timestamp_desc,
    'ms' AS time_precision,
    _http_outcome(sc_status) AS event_outcome,
    ['web'] AS event_category,
    _http_type(sc_status) AS event_type,
    x_host_header AS event_provider,
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
    -- Unlike that of standard logs, cs_uri_stem has the query, and cs_host is the viewer's.
    nullif(
        concat(
            _said(cs_protocol) || '://' || coalesce(cs_host, x_host_header), _said(cs_uri_stem)),
        '') AS url_full,
    coalesce(cs_host, x_host_header) AS url_domain,
    CASE WHEN x_host_header IS NOT NULL THEN 'AWS::CloudFront::Distribution' END AS resource_type,
    x_host_header AS resource_id,
    x_edge_request_id AS event_id,
    event_id AS request_id,
    concat(
        coalesce(c_ip, 'somebody'), ' asked ', coalesce(url_domain, 'CloudFront'), ' to ',
        coalesce(cs_method, '?'), ' ', cs_uri_stem, ': ',
        concat_ws(' ', sc_status, x_edge_result_type)) AS message
FROM cloudfront_realtime
