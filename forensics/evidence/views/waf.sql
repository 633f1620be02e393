SELECT
    source_id,
    record_no,
    'waf' AS event_dataset,
    waf.timestamp AS event_time,
    'request evaluated' AS timestamp_desc,
    'ms' AS time_precision,
    CASE action WHEN 'ALLOW' THEN 'success' WHEN 'BLOCK' THEN 'failure' ELSE 'unknown' END
        AS event_outcome,
    ['web', 'network'] AS event_category,
    CASE action
        WHEN 'ALLOW' THEN ['access', 'allowed']
        WHEN 'BLOCK' THEN ['access', 'denied']
        ELSE ['access']
    END AS event_type,
    webaclId AS event_provider,
    action AS event_action,
    CASE WHEN action <> 'ALLOW' THEN terminatingRuleId END AS error_code,
    _is_reading(httpRequest.httpMethod) AS read_only,
    coalesce(_account(webaclId), owner) AS cloud_account_id,
    _region(webaclId) AS cloud_region,
    httpRequest.clientIp AS source_address,
    _clientIp AS source_ip_num,
    requestBodySize AS source_bytes,
    _user_agent AS user_agent_original,
    httpRequest.httpMethod AS http_request_method,
    responseCodeSent AS http_response_status_code,
    nullif(concat(httpRequest.uri, '?' || nullif(httpRequest.args, '')), '') AS url_full,
    coalesce(_host, httpRequest.host) AS url_domain,
    httpSourceName AS resource_type,
    httpSourceId AS resource_id,
    CASE WHEN starts_with(httpSourceId, 'arn:') THEN httpSourceId END AS resource_arn,
    httpRequest.requestId AS event_id,
    event_id AS request_id,
    concat(
        coalesce(httpRequest.clientIp, 'somebody'), ' asked ',
        coalesce(url_domain, resource_id, 'a site'),
        ' to ', coalesce(httpRequest.httpMethod, '?'), ' ', httpRequest.uri, ': ',
        concat_ws(' by ', action, terminatingRuleId)) AS message
FROM waf
