SELECT
    source_id,
    record_no,
    'vpc_flow' AS event_dataset,
    flow.start AS event_time,
    flow."end" AS event_end,
    'flow window start' AS timestamp_desc,
    'window' AS time_precision,
    ['network'] AS event_category,
    CASE action
        WHEN 'ACCEPT' THEN ['connection', 'allowed']
        WHEN 'REJECT' THEN ['connection', 'denied']
        ELSE ['info']
    END AS event_type,
    coalesce(vpc_id, interface_id) AS event_provider,
    coalesce(action, log_status) AS event_action,
    CASE action WHEN 'ACCEPT' THEN 'success' WHEN 'REJECT' THEN 'failure' ELSE 'unknown' END
        AS event_outcome,
    reject_reason AS error_code,
    coalesce(nullif(account_id, 'unknown'), owner) AS cloud_account_id,
    region AS cloud_region,
    srcaddr AS source_address,
    _srcaddr AS source_ip_num,
    srcport AS source_port,
    dstaddr AS destination_ip,
    _dstaddr AS destination_ip_num,
    dstport AS destination_port,
    _transport(protocol) AS network_transport,
    flow_direction AS network_direction,
    bytes AS source_bytes,
    packets,
    CASE WHEN interface_id IS NOT NULL THEN 'AWS::EC2::NetworkInterface' END AS resource_type,
    interface_id AS resource_id,
    instance_id,
    interface_id AS eni_id,
    CASE
        WHEN action IS NULL
            THEN concat(coalesce(interface_id, 'an interface'), ': ', coalesce(log_status, '?'))
        ELSE concat(
            _endpoint(srcaddr, srcport), ' sent ', coalesce(bytes || ' bytes', 'traffic'),
            coalesce(' by ' || network_transport, ''), ' to ', _endpoint(dstaddr, dstport), ': ',
            action)
    END AS message
FROM vpc_flow AS flow
