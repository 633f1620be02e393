--| title = "Credentials of a machine used elsewhere"
--| question = "Which keys of instance roles were used from addresses outside, though the instance's own calls come from another?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1552.005", "T1078.004"]
--| hit = "The same session of an instance was used from two networks: its credentials left the machine."
--| benign = ["A machine that leaves by NAT and by a VPC endpoint shows both addresses", "Replaced elastic addresses"]
--| limits = ["The instance's own network is that of its first call and of calls by its agents", "Addresses inside the VPC (by endpoint) are never foreign"]
--| pivots = ["query ip-story --param ip={ip}", "query session-chain --param of={instance}"]
--| reference = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html"

WITH calls AS (
    SELECT
        regexp_extract(userIdentity.arn, '/(i-[0-9a-f]{8,17})$', 1) AS instance,
        userIdentity.sessionContext.sessionIssuer.arn AS role,
        userIdentity.accessKeyId AS key, sourceIPAddress AS ip, _sourceIPAddress AS number,
        network_of(_sourceIPAddress) AS network, userAgent AS agent, eventName, eventTime AS time,
        vpcEndpointId, readOnly, source_id, record_no
    FROM cloudtrail
    WHERE userIdentity.type = 'AssumedRole' AND _sourceIPAddress IS NOT NULL
        AND regexp_matches(userIdentity.arn, '/i-[0-9a-f]{8,17}$')),
own AS (
    SELECT instance, network FROM calls
    QUALIFY row_number() OVER (PARTITION BY instance ORDER BY time, source_id, record_no) = 1
    UNION
    SELECT instance, network FROM calls WHERE contains(agent, 'amazon-ssm-agent')),
known AS (
    SELECT instance, list_sort(list(DISTINCT network)) AS own_networks FROM own GROUP BY instance)
SELECT
    c.instance, c.role, c.ip, c.network, min(k.own_networks) AS own_networks,
    count(*) AS calls,
    count(*) FILTER (is_write(c.readOnly, c.eventName)) AS changing,
    min(c.time) AS first_seen,
    max(c.time) AS last_seen,
    few(list(DISTINCT c.key)) AS keys,
    few(list(DISTINCT c.eventName)) AS actions,
    few(list(DISTINCT c.agent)) AS agents,
    refs(min(place(c.time, c.source_id, c.record_no), 5)) AS refs
FROM calls AS c
JOIN known AS k USING (instance)
WHERE NOT list_contains(k.own_networks, c.network)
    AND c.vpcEndpointId IS NULL
GROUP BY c.instance, c.role, c.ip, c.network
ORDER BY first_seen, c.instance, c.role, c.ip
