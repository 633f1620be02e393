--| title = "Which machine held an address when"
--| question = "Which network interface, instance or function held an address at a given time?"
--| tables = ["config_item", "cloudtrail", "vpc_flow"]
--| tier = "must"
--| signal = "none"
--| time = "valid_from"
--| window = "self"
--| services = "all"
--| hit = "One row per address, interface and spell. An address without a row is unresolved at that time, never resolved to today's owner."
--| benign = ["Addresses are given again to the next machine within minutes"]
--| limits = ["'proven': a recorded state or an answer of the API says so; 'inferred': only flow logs, which name interface and instance", "Private addresses are unique only within a VPC", "The end is known where the evidence holds the release, the deletion, or the next holder"]
--| pivots = ["query resource-history --param resource={eni}", "query ip-story --param ip={ip}"]
--| reference = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html"
--| [params.ip]
--| type = "text"
--| default = ""
--| about = "only this address"
--| [params.moment]
--| type = "text"
--| default = ""
--| about = "only holders at this time, in UTC, like 2024-05-01 10:00"

WITH states AS (
    SELECT
        configurationItemCaptureTime AS time, 'config_item' AS said_by, resourceId AS eni,
        (configuration->>'$.attachment.instanceId') AS instance,
        coalesce(
            (configuration->>'$.description'), (configuration->>'$.interfaceType')) AS purpose,
        (configuration->>'$.vpcId') AS vpc,
        unnest(list_concat(
            json_extract_string(configuration, '$.privateIpAddresses[*].privateIpAddress'),
            json_extract_string(configuration, '$.privateIpAddresses[*].association.publicIp'),
            json_extract_string(configuration, '$.ipv6Addresses[*].ipv6Address'))) AS ip,
        awsAccountId AS account, source_id, record_no
    FROM config_item
    WHERE resourceType = 'AWS::EC2::NetworkInterface'
        AND coalesce(configurationItemStatus, '') NOT LIKE '%Deleted%'),
answers AS (
    SELECT
        *,
        unnest(list_concat(
            json_extract(responseElements, '$.instancesSet.items[*].networkInterfaceSet.items[*]'),
            [json_extract(responseElements, '$.networkInterface')])) AS nic
    FROM cloudtrail
    WHERE eventSource = 'ec2.amazonaws.com' AND errorCode IS NULL
        AND eventName IN ('RunInstances', 'CreateNetworkInterface')),
made AS (
    SELECT
        eventTime AS time, 'cloudtrail' AS said_by, (nic->>'$.networkInterfaceId') AS eni,
        list_filter(
            json_extract(responseElements, '$.instancesSet.items[*]'),
            lambda each: contains(each::VARCHAR, (nic->>'$.networkInterfaceId')))[1] AS machine,
        (nic->>'$.description') AS purpose, (nic->>'$.vpcId') AS vpc,
        (nic->>'$.privateIpAddress') AS ip, recipientAccountId AS account, source_id, record_no
    FROM answers),
associated AS (
    SELECT
        eventTime AS time, 'cloudtrail' AS said_by,
        (requestParameters->>'$.networkInterfaceId') AS eni,
        (requestParameters->>'$.instanceId') AS instance, NULL AS purpose, NULL AS vpc,
        (requestParameters->>'$.publicIp') AS ip, recipientAccountId AS account, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'AssociateAddress'
        AND errorCode IS NULL),
flows AS (
    SELECT
        min(v.start) AS time, 'vpc_flow' AS said_by, interface_id AS eni,
        min(instance_id) AS instance, NULL AS purpose, min(vpc_id) AS vpc,
        CASE WHEN flow_direction = 'ingress' THEN dstaddr ELSE srcaddr END AS ip,
        min(account_id) AS account,
        min(place(v.start, source_id, record_no)).source AS source_id,
        min(place(v.start, source_id, record_no)).record AS record_no,
        max(v."end") AS last_at
    FROM vpc_flow AS v
    WHERE interface_id IS NOT NULL AND flow_direction IS NOT NULL
        AND ($ip = '' OR srcaddr = $ip OR dstaddr = $ip)
    GROUP BY interface_id, ip),
held AS (
    SELECT time, said_by, eni, instance, purpose, vpc, ip, account, source_id, record_no FROM states
    UNION ALL
    SELECT time, said_by, eni, (machine->>'$.instanceId'), purpose, vpc, ip, account, source_id,
        record_no FROM made
    UNION ALL SELECT * FROM associated
    UNION ALL
    SELECT time, said_by, eni, instance, purpose, vpc, ip, account, source_id, record_no FROM flows),
ends AS (
    SELECT resourceId AS gone, configurationItemCaptureTime AS time FROM config_item
    WHERE resourceType = 'AWS::EC2::NetworkInterface' AND configurationItemStatus LIKE '%Deleted%'
    UNION ALL
    SELECT
        unnest(list_concat(
            [(requestParameters->>'$.networkInterfaceId')],
            json_extract_string(requestParameters, '$.instancesSet.items[*].instanceId'))),
        eventTime
    FROM cloudtrail
    WHERE eventSource = 'ec2.amazonaws.com' AND errorCode IS NULL
        AND eventName IN ('DeleteNetworkInterface', 'TerminateInstances')
    UNION ALL
    SELECT (requestParameters->>'$.publicIp'), eventTime FROM cloudtrail
    WHERE eventSource = 'ec2.amazonaws.com' AND errorCode IS NULL
        AND eventName IN ('DisassociateAddress', 'ReleaseAddress')),
holders AS (
    SELECT
        ip, coalesce(eni, instance) AS holder, min(eni) AS eni, min(instance) AS instance,
        min(purpose) AS purpose, min(vpc) AS vpc, min(account) AS account,
        min(time) AS valid_from, max(time) AS last_stated,
        list_sort(list(DISTINCT said_by)) AS said_by,
        min(place(time, source_id, record_no), 5) AS places
    FROM held
    WHERE ip IS NOT NULL AND time IS NOT NULL AND ($ip = '' OR ip = $ip)
    GROUP BY ip, holder),
ended AS (
    SELECT
        h.*,
        (SELECT min(e.time) FROM ends AS e
            WHERE e.gone IN (h.eni, h.instance, h.ip) AND e.time >= h.valid_from) AS ended_at,
        lead(valid_from) OVER (
            PARTITION BY ip, coalesce(vpc, '') ORDER BY valid_from, holder) AS next_holder
    FROM holders AS h),
spells AS (
    SELECT *, least(ended_at, next_holder) AS valid_to FROM ended)
SELECT
    ip, eni, instance, purpose, vpc, account, valid_from, valid_to, last_stated, said_by,
    CASE WHEN said_by = ['vpc_flow'] THEN 'inferred' ELSE 'proven' END AS confidence,
    refs(places) AS refs
FROM spells
WHERE valid_from < $to AND (valid_to IS NULL OR valid_to > $from)
    AND ($moment = '' OR (
        valid_from <= TRY_CAST($moment AS TIMESTAMP)
        AND (valid_to IS NULL OR valid_to > TRY_CAST($moment AS TIMESTAMP))))
ORDER BY ip, valid_from, holder
