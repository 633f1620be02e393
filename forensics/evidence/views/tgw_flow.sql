SELECT
    source_id,
    record_no,
    'tgw_flow' AS event_dataset,
    flow.start AS event_time,
    flow."end" AS event_end,
    'flow window start' AS timestamp_desc,
    'window' AS time_precision,
    CASE WHEN has_losses THEN 'failure' WHEN packets > 0 THEN 'success' ELSE 'unknown' END
        AS event_outcome,
    ['network'] AS event_category,
    CASE WHEN srcaddr IS NULL THEN ['info'] ELSE ['connection'] END AS event_type,
    tgw_id AS event_provider,
    log_status AS event_action,
    CASE WHEN has_losses THEN 'packets lost' END AS error_code,
    coalesce(nullif(account_id, 'unknown'), owner) AS cloud_account_id,
    region AS cloud_region,
    nullif(tgw_src_vpc_account_id, 'unknown') AS user_account_id,
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
    CASE WHEN tgw_attachment_id IS NOT NULL THEN 'AWS::EC2::TransitGatewayAttachment' END
        AS resource_type,
    tgw_attachment_id AS resource_id,
    tgw_src_eni AS eni_id,
    CASE
        WHEN srcaddr IS NULL AND dstaddr IS NULL
            THEN concat(coalesce(tgw_id, 'a transit gateway'), ': ', coalesce(log_status, '?'))
        ELSE concat(
            _endpoint(srcaddr, srcport), ' sent ', coalesce(bytes || ' bytes', 'traffic'),
            ' by ' || network_transport, ' to ', _endpoint(dstaddr, dstport), ' through ',
            coalesce(tgw_id, 'a transit gateway'), ': ', coalesce(error_code, log_status, '?'))
    END AS message
FROM (
    SELECT
        *,
        greatest(
            packets_lost_no_route, packets_lost_blackhole, packets_lost_mtu_exceeded,
            packets_lost_ttl_expired) > 0
            AS has_losses
    FROM tgw_flow
) AS flow
