--| title = "Ports opened to the world"
--| question = "Which security groups, network filters and databases were opened to any address, by whom, and when were they closed?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "opened_at"
--| services = "acting"
--| attack = ["T1686.001"]
--| hit = "A way in from everywhere, above all for administration ports and for minutes only."
--| benign = ["Web servers are open to everybody on 80 and 443"]
--| limits = ["What stood open before the evidence is in public-exposure-windows", "closed_at is the next revocation in the same group of the same ports"]
--| pivots = ["query public-exposure-windows", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"

WITH rules AS (
    SELECT
        c.*,
        (requestParameters->>'$.groupId') AS named,
        unnest(coalesce(
            nullif(json_extract(requestParameters, '$.ipPermissions.items[*]'), []),
            nullif(json_extract(responseElements, '$.securityGroupRuleSet.items[*]'), []),
            [requestParameters::JSON])) AS rule
    FROM cloudtrail AS c
    WHERE eventSource = 'ec2.amazonaws.com' AND eventName IN (
        'AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress', 'ModifySecurityGroupRules',
        'CreateNetworkAclEntry', 'ReplaceNetworkAclEntry', 'DeleteNetworkAclEntry')),
read AS (
    SELECT
        *,
        coalesce(
            named, (rule->>'$.groupId'), (requestParameters->>'$.networkAclId'),
            (requestParameters->>'$.ModifySecurityGroupRulesRequest.GroupId')) AS resource,
        coalesce((rule->>'$.ipProtocol'), (rule->>'$.aclProtocol')) AS protocol,
        coalesce((rule->>'$.fromPort'), (rule->>'$.portRange.from')) AS from_port,
        coalesce((rule->>'$.toPort'), (rule->>'$.portRange.to')) AS to_port,
        regexp_matches(rule::VARCHAR, '"(0\.0\.0\.0/0|::/0)"') AS to_all,
        eventName IN ('RevokeSecurityGroupIngress', 'DeleteNetworkAclEntry') AS closes
    FROM rules),
opened AS (
    SELECT
        *,
        (SELECT min(c.eventTime) FROM read AS c
            WHERE c.closes AND c.errorCode IS NULL AND c.resource = o.resource
                AND c.eventTime >= o.eventTime
                AND (c.from_port IS NULL OR c.from_port IS NOT DISTINCT FROM o.from_port)) AS closed
    FROM read AS o
    WHERE NOT closes AND to_all
        AND (rule->>'$.egress') IS DISTINCT FROM 'true'
        AND (rule->>'$.isEgress') IS DISTINCT FROM 'true'
        AND coalesce((rule->>'$.ruleAction'), 'allow') = 'allow')
SELECT
    eventTime AS opened_at,
    CASE WHEN errorCode IS NULL THEN closed END AS closed_at,
    CASE WHEN errorCode IS NULL THEN CAST(closed - eventTime AS VARCHAR) END AS open_for,
    resource, protocol, from_port, to_port,
    actor(userIdentity) AS who,
    eventName AS action,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    recipientAccountId AS account,
    awsRegion AS region,
    ref(source_id, record_no) AS ref
FROM opened
ORDER BY opened_at, source_id, record_no, resource, protocol, from_port, to_port
