SELECT
    source_id,
    record_no,
    'cloudfront_connection' AS event_dataset,
    eventTimestamp AS event_time,
    'connection made' AS timestamp_desc,
    'ms' AS time_precision,
    CASE
        WHEN connectionStatus = 'Success' THEN 'success'
        WHEN starts_with(connectionStatus, 'Failed') THEN 'failure'
        ELSE 'unknown'
    END AS event_outcome,
    ['network', 'authentication'] AS event_category,
    CASE WHEN event_outcome = 'failure' THEN ['connection', 'denied'] ELSE ['connection'] END
        AS event_type,
    distributionId AS event_provider,
    'connect' AS event_action,
    nullif(regexp_extract(connectionStatus, '^Failed:(.*)$', 1), '') AS error_code,
    _said(clientLeafCertSubject) AS user_id,
    connection_id AS session_uid,
    owner AS cloud_account_id,
    clientIp AS source_address,
    _clientIp AS source_ip_num,
    clientPort AS source_port,
    'tcp' AS network_transport,
    tlsSni AS url_domain,
    CASE WHEN distributionId IS NOT NULL THEN 'AWS::CloudFront::Distribution' END AS resource_type,
    distributionId AS resource_id,
    concat(
        _endpoint(clientIp, clientPort), ' as ' || user_id, ' connected to ',
        coalesce(tlsSni, 'CloudFront'), ': ', coalesce(connectionStatus, event_outcome)) AS message
FROM cloudfront_connection
