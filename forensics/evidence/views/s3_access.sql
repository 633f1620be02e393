SELECT
    source_id,
    record_no,
    's3_access' AS event_dataset,
    requestdatetime AS event_time,
    'request received' AS timestamp_desc,
    's' AS time_precision,
    _http_outcome(httpstatus) AS event_outcome,
    ['file', 'web'] AS event_category,
    _http_type(httpstatus) AS event_type,
    's3.amazonaws.com' AS event_provider,
    operation AS event_action,
    errorcode AS error_code,
    nullif(regexp_extract(request_uri, '^([A-Z]+) ', 1), '') AS http_request_method,
    _is_reading(http_request_method) AS read_only,
    CASE WHEN requester IS NULL AND remoteip IS NOT NULL THEN 'anonymous' END AS user_type,
    CASE WHEN NOT starts_with(requester, 'arn:') THEN requester END AS user_id,
    CASE WHEN starts_with(requester, 'arn:') THEN requester END AS user_arn,
    _account(user_arn) AS user_account_id,
    owner AS cloud_account_id,
    nullif(regexp_extract(endpoint, '\.s3[.-](?:dualstack\.)?([a-z]+-[a-z-]+-\d)\.', 1), '')
        AS cloud_region,
    remoteip AS source_address,
    _remoteip AS source_ip_num,
    bytessent AS destination_bytes,
    useragent AS user_agent_original,
    httpstatus AS http_response_status_code,
    nullif(regexp_extract(request_uri, '^[A-Z]+ (.*?)(?: HTTP/[\d.]+)?$', 1), '') AS url_full,
    endpoint AS url_domain,
    CASE
        WHEN key IS NOT NULL THEN 'AWS::S3::Object'
        WHEN bucket_name IS NOT NULL THEN 'AWS::S3::Bucket'
    END AS resource_type,
    concat_ws('/', bucket_name, key) AS resource_id,
    accesspointarn AS resource_arn,
    requestid AS event_id,
    requestid AS request_id,
    hostid AS trace_id,
    concat(
        coalesce(requester, 'anonymous'), ' asked for ', coalesce(operation, '?'), ' on ',
        resource_id, ' from ' || remoteip, ': ',
        concat_ws(' ', httpstatus, errorcode)) AS message
FROM s3_access
