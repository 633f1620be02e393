--| title = "Destruction, and what makes it last"
--| question = "What was deleted, emptied or re-encrypted in numbers, and which ways back (versions, backups, keys) were cut off?"
--| tables = ["cloudtrail", "s3_access"]
--| lists = ["destruction_calls"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1485", "T1486", "T1490", "T1485.001"]
--| hit = "Ways back cut off before data goes, many deletions in an hour, objects written anew with a key that the caller brought."
--| benign = ["Taking down a stack or an environment deletes everything in it"]
--| limits = ["Deleted objects appear only where data events or access logs are recorded"]
--| pivots = ["timeline --who {who}", "query created-in-window"]
--| reference = "https://attack.mitre.org/techniques/T1485/"
--| [params.count]
--| type = "integer"
--| default = 10
--| about = "deletions in an hour that make a finding; cutting off a way back always does"

WITH done AS (
    SELECT
        d.effect, d.recovery, actor(userIdentity) AS who, sourceIPAddress AS ip,
        eventSource AS service, call_name(eventName) AS action, eventTime AS time,
        coalesce(
            _bucket, (requestParameters->>'$.keyId'), (requestParameters->>'$.dBInstanceIdentifier'),
            (requestParameters->>'$.dBClusterIdentifier'),
            (requestParameters->>'$.dBSnapshotIdentifier'), (requestParameters->>'$.snapshotId'),
            (requestParameters->>'$.volumeId'), (requestParameters->>'$.tableName'),
            (requestParameters->>'$.backupVaultName'), (requestParameters->>'$.secretId'),
            (requestParameters->>'$.fileSystemId'), (requestParameters->>'$.stackName'),
            (requestParameters->>'$.instancesSet.items[0].instanceId')) AS resource,
        _object_key AS key, errorCode AS error, source_id, record_no
    FROM cloudtrail AS c
    JOIN destruction_calls AS d ON d.service = c.eventSource AND d.action = call_name(c.eventName)
    WHERE eventName <> 'PutBucketVersioning'
        OR contains(requestParameters->>'$.VersioningConfiguration', 'Suspended')
    UNION ALL
    SELECT
        'encrypts', '', actor(userIdentity), sourceIPAddress, eventSource, eventName, eventTime,
        _bucket, _object_key, errorCode, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 's3.amazonaws.com' AND eventName IN ('PutObject', 'CopyObject')
        AND (requestParameters->>'$."x-amz-server-side-encryption-customer-algorithm"') IS NOT NULL
    UNION ALL
    SELECT
        'deletes', '', coalesce(requester, 'anonymous'), remoteip, 's3.amazonaws.com', operation,
        requestdatetime, bucket_name, key, errorcode, source_id, record_no
    FROM s3_access AS s
    WHERE operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT')
        AND NOT EXISTS (
            SELECT 1 FROM cloudtrail AS c
            WHERE c.requestID = s.requestid AND c.eventSource = 's3.amazonaws.com'
                AND starts_with(c.eventName, 'DeleteObject')))
SELECT
    date_trunc('hour', time) AS hour, effect, who, service, action,
    count(*) AS calls,
    count(*) FILTER (error IS NOT NULL) AS failed,
    count(DISTINCT coalesce(resource, '') || '/' || coalesce(key, '')) AS things,
    min(recovery) AS recovery,
    min(time) AS first_seen,
    max(time) AS last_seen,
    few(list(DISTINCT resource)) AS resources,
    few(list(DISTINCT ip)) AS ips,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM done
WHERE time IS NOT NULL
GROUP BY ALL
HAVING count(*) >= $count OR effect IN ('cuts off a way back', 'makes unreadable')
ORDER BY first_seen, effect, who, service, action
