--| title = "What was created"
--| question = "Which users, roles, keys, machines, functions, buckets and other things were created in the window, and were they deleted again?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "created_at"
--| window = "self"
--| services = "acting"
--| attack = ["T1578.002", "T1136.003"]
--| hit = "Things that an intruder made and that are still there have to be cleaned up; those deleted soon after were tools."
--| benign = ["Every deployment creates things"]
--| limits = ["The name is taken from the parameters or the answer, by the habits of each service: gone_at is known where both calls name it alike"]
--| pivots = ["timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"

WITH calls AS (
    SELECT
        *,
        regexp_extract(
            call_name(eventName), '^(Create|Run|Register|Delete|Terminate|Deregister)(.*)$',
            ['verb', 'kind']) AS said
    FROM cloudtrail
    WHERE errorCode IS NULL AND regexp_matches(
        eventName, '^(Create|RunInstances|RegisterTaskDefinition|Delete|TerminateInstances|Deregister)')),
named AS (
    SELECT
        *,
        CASE WHEN said.verb IN ('Delete', 'Terminate', 'Deregister') THEN 'gone' ELSE 'made' END AS what,
        CASE WHEN said.kind = 'Instances' THEN 'Instance' ELSE said.kind END AS kind,
        unnest(coalesce(
            nullif(json_extract_string(responseElements, '$.instancesSet.items[*].instanceId'), []),
            nullif(json_extract_string(requestParameters, '$.instancesSet.items[*].instanceId'), []),
            [coalesce(
                (responseElements->>'$.accessKey.accessKeyId'),
                (requestParameters->>'$.accessKeyId'),
                (requestParameters->>'$.userName'), (requestParameters->>'$.roleName'),
                (requestParameters->>'$.groupName'), (requestParameters->>'$.policyName'),
                (requestParameters->>'$.functionName'), (requestParameters->>'$.bucketName'),
                (requestParameters->>'$.dBInstanceIdentifier'), (requestParameters->>'$.keyName'),
                (responseElements->>'$.groupId'), (requestParameters->>'$.groupId'),
                (responseElements->>'$.snapshotId'), (requestParameters->>'$.snapshotId'),
                (responseElements->>'$.volumeId'), (requestParameters->>'$.volumeId'),
                (responseElements->>'$.vpc.vpcId'), (requestParameters->>'$.vpcId'),
                (requestParameters->>'$.stackName'), (requestParameters->>'$.tableName'),
                (requestParameters->>'$.clusterName'), (requestParameters->>'$.family'),
                (requestParameters->>'$.name'), (requestParameters->>'$.secretId'))])) AS name
    FROM calls)
SELECT
    m.eventTime AS created_at,
    m.kind,
    m.name,
    actor(m.userIdentity) AS who,
    m.recipientAccountId AS account,
    m.awsRegion AS region,
    m.eventName AS action,
    m.sourceIPAddress AS ip,
    g.eventTime AS gone_at,
    actor(g.userIdentity) AS gone_by,
    g.eventTime IS NULL AS still_there,
    list_filter(
        [ref(m.source_id, m.record_no),
            CASE WHEN g.source_id IS NOT NULL THEN ref(g.source_id, g.record_no) END],
        lambda each: each IS NOT NULL) AS refs
FROM named AS m
LEFT JOIN named AS g
    ON g.what = 'gone' AND g.kind = m.kind AND g.name = m.name
    AND g.eventSource = m.eventSource AND g.eventTime >= m.eventTime
    AND g.recipientAccountId IS NOT DISTINCT FROM m.recipientAccountId
WHERE m.what = 'made' AND m.eventTime >= $from AND m.eventTime < $to
QUALIFY row_number() OVER (
    PARTITION BY m.source_id, m.record_no, m.name
    ORDER BY g.eventTime, g.source_id, g.record_no) = 1
ORDER BY created_at, m.source_id, m.record_no, m.name
