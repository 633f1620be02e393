SELECT
    source_id,
    record_no,
    'route53_public' AS event_dataset,
    query_timestamp AS event_time,
    'DNS query answered' AS timestamp_desc,
    's' AS time_precision,
    CASE WHEN rcode = 'NOERROR' THEN 'success' WHEN rcode <> '-' THEN 'failure' ELSE 'unknown' END
        AS event_outcome,
    ['network'] AS event_category,
    ['protocol'] AS event_type,
    hosted_zone_id AS event_provider,
    'DNS query' AS event_action,
    nullif(rcode, 'NOERROR') AS error_code,
    owner AS cloud_account_id,
    resolver_ip AS source_address,
    _resolver_ip AS source_ip_num,
    lower(_said(transport)) AS network_transport,
    nullif(regexp_replace(lower(query_name), '\.$', ''), '') AS dns_question_name,
    _said(query_type) AS dns_question_type,
    _said(rcode) AS dns_response_code,
    CASE WHEN hosted_zone_id IS NOT NULL THEN 'AWS::Route53::HostedZone' END AS resource_type,
    hosted_zone_id AS resource_id,
    concat(
        'resolver ', coalesce(resolver_ip, '?'), ' asked for ', coalesce(query_name, '?'),
        ' ' || query_type, ' on behalf of ' || _said(edns_client_subnet), ': ',
        coalesce(rcode, '?')) AS message
FROM route53_public
