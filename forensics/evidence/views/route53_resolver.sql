SELECT
    source_id,
    record_no,
    'route53_resolver' AS event_dataset,
    query_timestamp AS event_time,
    'DNS query' AS timestamp_desc,
    's' AS time_precision,
    CASE
        WHEN firewall_rule_action = 'BLOCK' THEN 'failure'
        WHEN rcode = 'NOERROR' THEN 'success'
        WHEN rcode IS NOT NULL THEN 'failure'
        ELSE 'unknown'
    END AS event_outcome,
    ['network'] AS event_category,
    CASE WHEN firewall_rule_action = 'BLOCK' THEN ['protocol', 'denied'] ELSE ['protocol'] END
        AS event_type,
    vpc_id AS event_provider,
    'DNS query' AS event_action,
    coalesce(firewall_rule_action, nullif(rcode, 'NOERROR')) AS error_code,
    coalesce(account_id, owner) AS cloud_account_id,
    region AS cloud_region,
    srcaddr AS source_address,
    _srcaddr AS source_ip_num,
    srcport AS source_port,
    lower(transport) AS network_transport,
    nullif(regexp_replace(lower(query_name), '\.$', ''), '') AS dns_question_name,
    query_type AS dns_question_type,
    rcode AS dns_response_code,
    list_transform(answers, lambda answer: answer.Rdata) AS dns_answers,
    CASE WHEN vpc_id IS NOT NULL THEN 'AWS::EC2::VPC' END AS resource_type,
    vpc_id AS resource_id,
    coalesce(
        srcids.instance,
        list_filter(srcid_list, lambda source: starts_with(source, 'i-'))[1]) AS instance_id,
    concat(
        coalesce(instance_id, srcaddr, 'somebody'), ' asked for ', coalesce(query_name, '?'),
        ' ' || query_type, ': ', coalesce(error_code, rcode, '?')) AS message
FROM route53_resolver
WHERE query_timestamp IS NOT NULL OR last_observed_at IS NULL

UNION ALL BY NAME

-- Events of DNS Firewall, which tell of many queries at once.
SELECT
    source_id,
    record_no,
    'route53_resolver' AS event_dataset,
    last_observed_at AS event_time,
    'last observed' AS timestamp_desc,
    's' AS time_precision,
    CASE firewall_rule_action WHEN 'BLOCK' THEN 'failure' ELSE 'unknown' END AS event_outcome,
    ['network'] AS event_category,
    CASE firewall_rule_action WHEN 'BLOCK' THEN ['protocol', 'denied'] ELSE ['protocol'] END
        AS event_type,
    'DNS query' AS event_action,
    firewall_rule_action AS error_code,
    coalesce(account_id, owner) AS cloud_account_id,
    region AS cloud_region,
    srcaddr AS source_address,
    _srcaddr AS source_ip_num,
    srcport AS source_port,
    lower(transport) AS network_transport,
    nullif(regexp_replace(lower(query_name), '\.$', ''), '') AS dns_question_name,
    query_type AS dns_question_type,
    CASE WHEN vpc_id IS NOT NULL THEN 'AWS::EC2::VPC' END AS resource_type,
    vpc_id AS resource_id,
    concat(
        coalesce(srcaddr, 'somebody'), ' asked for ', coalesce(query_name, '?'),
        ' ' || query_type, ': ', coalesce(firewall_rule_action, '?')) AS message
FROM route53_resolver
WHERE query_timestamp IS NULL AND last_observed_at IS NOT NULL
