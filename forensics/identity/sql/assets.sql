-- tables: config_item cloudtrail vpc_flow
-- What is said of who held one address: a statement of a holder, or of an end, per row, in order.
-- $ip is the address as text, $number as the case prepares it, $spellings how logs may spell it.
WITH states AS (
    SELECT
        configurationItemCaptureTime AS time, resourceType, resourceId, configuration,
        coalesce(configurationItemStatus, '') LIKE '%Deleted%' AS is_gone,
        awsAccountId AS account, awsRegion AS region, source_id, record_no
    FROM config_item
    WHERE resourceType IN (
        'AWS::EC2::NetworkInterface', 'AWS::EC2::Instance', 'AWS::EC2::EIP')),
listed AS MATERIALIZED (
    SELECT
        *,
        list_has_any($spellings::VARCHAR[], list_concat(
            [(configuration->>'$.privateIpAddress'), (configuration->>'$.publicIpAddress'),
                (configuration->>'$.publicIp'), (configuration->>'$.ipv6Address'),
                (configuration->>'$.association.publicIp')],
            json_extract_string(configuration, '$.privateIpAddresses[*].privateIpAddress'),
            json_extract_string(configuration, '$.privateIpAddresses[*].association.publicIp'),
            json_extract_string(configuration, '$.ipv6Addresses[*].ipv6Address'))) AS has_it
    FROM states),
recorded AS MATERIALIZED (
    SELECT
        time, 'config_item' AS said_by,
        CASE WHEN is_gone THEN 'end' ELSE 'holds' END AS says,
        CASE resourceType
            WHEN 'AWS::EC2::NetworkInterface' THEN resourceId
            WHEN 'AWS::EC2::EIP' THEN (configuration->>'$.networkInterfaceId')
            ELSE list_filter(
                json_extract(configuration, '$.networkInterfaces[*]'),
                lambda nic: list_has_any(
                    $spellings::VARCHAR[],
                    [(nic->>'$.privateIpAddress'), (nic->>'$.association.publicIp')]))[1]
                ->>'$.networkInterfaceId'
        END AS eni,
        CASE resourceType
            WHEN 'AWS::EC2::Instance' THEN resourceId
            ELSE coalesce(
                (configuration->>'$.attachment.instanceId'), (configuration->>'$.instanceId'))
        END AS instance,
        coalesce((configuration->>'$.description'), (configuration->>'$.interfaceType')) AS purpose,
        (configuration->>'$.vpcId') AS vpc,
        'a recorded state of the ' || CASE resourceType
            WHEN 'AWS::EC2::NetworkInterface' THEN 'interface'
            WHEN 'AWS::EC2::Instance' THEN 'instance' ELSE 'elastic address' END AS words,
        account, region, source_id, record_no
    FROM listed WHERE has_it AND NOT is_gone),
calls AS MATERIALIZED (
    SELECT
        eventTime AS time, eventName AS words, requestParameters AS asked,
        responseElements AS told, recipientAccountId AS account, awsRegion AS region,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'ec2.amazonaws.com' AND errorCode IS NULL
        AND eventName IN (SELECT unnest([
            'RunInstances', 'CreateNetworkInterface', 'AssignPrivateIpAddresses',
            'AssignIpv6Addresses', 'AllocateAddress', 'AssociateAddress', 'AttachNetworkInterface',
            'DisassociateAddress', 'ReleaseAddress', 'UnassignPrivateIpAddresses',
            'UnassignIpv6Addresses', 'DeleteNetworkInterface', 'TerminateInstances']))),
machines AS MATERIALIZED (
    SELECT *, unnest(json_extract(told, '$.instancesSet.items[*]')) AS machine
    FROM calls WHERE words = 'RunInstances'),
interfaces AS (
    SELECT
        * EXCLUDE (machine), (machine->>'$.instanceId') AS instance,
        unnest(json_extract(machine, '$.networkInterfaceSet.items[*]')) AS nic
    FROM machines
    UNION ALL
    SELECT *, NULL, json_extract(told, '$.networkInterface')
    FROM calls WHERE words = 'CreateNetworkInterface'),
answered AS (
    SELECT
        time, words, (nic->>'$.networkInterfaceId') AS eni, instance,
        (nic->>'$.description') AS purpose, (nic->>'$.vpcId') AS vpc,
        account, region, source_id, record_no
    FROM interfaces
    WHERE list_has_any($spellings::VARCHAR[], list_concat(
        [(nic->>'$.privateIpAddress'), (nic->>'$.association.publicIp')],
        json_extract_string(nic, '$.privateIpAddressesSet.items[*].privateIpAddress'),
        json_extract_string(nic, '$.privateIpAddressesSet.item[*].privateIpAddress'),
        json_extract_string(nic, '$.privateIpAddressesSet.items[*].association.publicIp'),
        json_extract_string(nic, '$.ipv6AddressesSet.items[*].ipv6Address')))
    UNION ALL
    -- an instance without a list of interfaces still has an address
    SELECT
        time, words, (machine->>'$.networkInterfaceSet.items[0].networkInterfaceId'),
        (machine->>'$.instanceId'), NULL, (machine->>'$.vpcId'), account, region,
        source_id, record_no
    FROM machines
    WHERE list_has_any(
        $spellings::VARCHAR[], [(machine->>'$.privateIpAddress'), (machine->>'$.ipAddress')])),
given AS (
    SELECT
        time, words, (asked->>'$.networkInterfaceId') AS eni, NULL AS instance, NULL AS purpose,
        NULL AS vpc, account, region, source_id, record_no
    FROM calls
    WHERE words IN ('AssignPrivateIpAddresses', 'AssignIpv6Addresses')
        AND len(list_filter($spellings::VARCHAR[], lambda each:
            contains(coalesce(told::VARCHAR, '') || coalesce(asked::VARCHAR, ''),
                '"' || each || '"'))) > 0),
-- an elastic address is called by its allocation, too
allocated AS MATERIALIZED (
    SELECT DISTINCT (told->>'$.allocationId') AS allocation FROM calls
    WHERE words = 'AllocateAddress' AND (told->>'$.publicIp') = $ip
        AND (told->>'$.allocationId') IS NOT NULL),
associated AS MATERIALIZED (
    SELECT
        time, words, (asked->>'$.networkInterfaceId') AS eni, (asked->>'$.instanceId') AS instance,
        NULL AS purpose, NULL AS vpc, account, region, source_id, record_no,
        (told->>'$.associationId') AS association
    FROM calls
    WHERE words = 'AssociateAddress'
        AND ((asked->>'$.publicIp') = $ip
            OR (asked->>'$.allocationId') IN (SELECT allocation FROM allocated))),
said AS (
    SELECT time, said_by, says, eni, instance, purpose, vpc, words, account, region,
        time AS last, source_id, record_no
    FROM recorded
    UNION ALL
    SELECT time, 'cloudtrail', 'holds', eni, instance, purpose, vpc, words, account, region, time,
        source_id, record_no
    FROM answered
    UNION ALL
    SELECT time, 'cloudtrail', 'holds', eni, instance, purpose, vpc, words, account, region, time,
        source_id, record_no
    FROM given
    UNION ALL
    SELECT time, 'cloudtrail', 'holds', eni, instance, purpose, vpc, words, account, region, time,
        source_id, record_no
    FROM associated),
-- Whose the address is in a flow: the record says which way it looks at it.
flowing AS MATERIALIZED (
    SELECT
        f.start AS time, f."end" AS last, interface_id AS eni, instance_id AS instance,
        vpc_id AS vpc, account_id AS account, region,
        srcaddr, dstaddr, flow_direction, source_id, record_no
    FROM vpc_flow AS f
    WHERE interface_id IS NOT NULL AND f.start IS NOT NULL
        AND (
            (_srcaddr = $number AND list_contains($spellings::VARCHAR[], srcaddr))
            OR (_dstaddr = $number AND list_contains($spellings::VARCHAR[], dstaddr)))),
seen AS (
    SELECT
        min(time) AS time, max(coalesce(last, time)) AS last, eni, min(instance) AS instance,
        min(vpc) AS vpc, min(account) AS account, min(region) AS region,
        min({'time': time, 'source': source_id, 'record': record_no}) AS first
    FROM flowing
    WHERE list_contains($spellings::VARCHAR[],
        CASE flow_direction WHEN 'ingress' THEN dstaddr WHEN 'egress' THEN srcaddr END)
    GROUP BY eni, date_trunc('hour', time)),
-- Flow logs without a direction: an address that takes part in everything an interface does with
-- several others is the interface's own.
undirected AS (
    SELECT interface_id AS eni
    FROM (
        SELECT
            interface_id,
            (_srcaddr = $number AND list_contains($spellings::VARCHAR[], srcaddr)) AS sends,
            (_dstaddr = $number AND list_contains($spellings::VARCHAR[], dstaddr)) AS receives,
            CASE WHEN sends THEN dstaddr ELSE srcaddr END AS peer
        FROM vpc_flow
        WHERE interface_id IN (SELECT eni FROM flowing WHERE flow_direction IS NULL)
            AND srcaddr IS NOT NULL)
    GROUP BY interface_id
    HAVING bool_and(coalesce(sends, false) OR coalesce(receives, false))
        AND count(DISTINCT peer) > 1),
guessed AS (
    SELECT
        min(time) AS time, max(coalesce(last, time)) AS last, eni, min(instance) AS instance,
        min(vpc) AS vpc, min(account) AS account, min(region) AS region,
        min({'time': time, 'source': source_id, 'record': record_no}) AS first
    FROM flowing WHERE eni IN (SELECT eni FROM undirected)
    GROUP BY eni, date_trunc('hour', time)),
statements AS (
    SELECT * FROM said
    UNION ALL
    SELECT time, 'vpc_flow', 'holds', eni, instance, NULL, vpc,
        'flow logs that look from the interface', account, region, last, first.source, first.record
    FROM seen
    UNION ALL
    SELECT time, 'vpc_flow', 'holds', eni, instance, NULL, vpc,
        'flow logs in which all traffic of the interface is with it', account, region, last,
        first.source, first.record
    FROM guessed),
attached AS (
    SELECT
        (asked->>'$.networkInterfaceId') AS eni,
        max_by((asked->>'$.instanceId'), {'t': time, 's': source_id, 'r': record_no}) AS instance
    FROM calls WHERE words = 'AttachNetworkInterface' GROUP BY eni),
known AS MATERIALIZED (
    SELECT
        s.*, coalesce(s.instance, max(s.instance) OVER each_eni, a.instance) AS on_instance,
        coalesce(s.vpc, max(s.vpc) OVER each_eni) AS in_vpc
    FROM statements AS s LEFT JOIN attached AS a USING (eni)
    WHERE coalesce(s.eni, s.instance) IS NOT NULL AND s.time IS NOT NULL
    WINDOW each_eni AS (PARTITION BY s.eni)),
holders AS MATERIALIZED (
    SELECT eni, on_instance AS instance FROM known),
gone AS (
    SELECT time, unnest(list_concat(
            [(asked->>'$.networkInterfaceId')],
            json_extract_string(asked, '$.instancesSet.items[*].instanceId'))) AS what, words,
        source_id, record_no
    FROM calls WHERE words IN ('DeleteNetworkInterface', 'TerminateInstances')
    UNION ALL
    SELECT time, (asked->>'$.networkInterfaceId'), words, source_id, record_no
    FROM calls
    WHERE words IN ('UnassignPrivateIpAddresses', 'UnassignIpv6Addresses')
        AND len(list_filter($spellings::VARCHAR[], lambda each:
            contains(asked::VARCHAR, '"' || each || '"'))) > 0
    UNION ALL
    SELECT time, $ip, words, source_id, record_no
    FROM calls
    WHERE words IN ('DisassociateAddress', 'ReleaseAddress')
        AND ((asked->>'$.publicIp') = $ip
            OR (asked->>'$.allocationId') IN (SELECT allocation FROM allocated)
            OR (asked->>'$.associationId') IN (SELECT association FROM associated))
    UNION ALL
    SELECT time, resourceId, 'the recorded deletion', source_id, record_no
    FROM listed WHERE is_gone
    UNION ALL
    SELECT time, resourceId, 'a recorded state without it', source_id, record_no
    FROM listed
    WHERE NOT is_gone AND NOT has_it AND resourceType = 'AWS::EC2::NetworkInterface'
        AND resourceId IN (SELECT eni FROM holders)
        AND json_type(configuration, '$.privateIpAddresses') = 'ARRAY')
SELECT
    time, last, said_by, says, coalesce(eni, on_instance) AS holder, eni, on_instance AS instance,
    purpose, in_vpc AS vpc, account, region, words, source_id, record_no
FROM known
UNION ALL
SELECT
    time, time, 'end', 'ends', what, NULL, NULL, NULL, NULL, NULL, NULL, words, source_id, record_no
FROM gone
WHERE what IS NOT NULL AND time IS NOT NULL
    AND (what = $ip OR what IN (SELECT eni FROM holders) OR what IN (SELECT instance FROM holders))
ORDER BY time, says DESC, holder, source_id, record_no
