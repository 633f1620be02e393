--| title = "Feeling through buckets"
--| question = "Who listed many buckets, or met many refusals and missing objects in S3?"
--| tables = ["cloudtrail", "s3_access"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1619", "T1580"]
--| hit = "One reader asking for lists, access rules and locations of many buckets, or hitting 403 and 404 again and again."
--| benign = ["Inventory and security tools do the same every night"]
--| limits = ["Calls on buckets are in CloudTrail, on objects only where data events are recorded"]
--| pivots = ["timeline --who {who}", "query mass-download"]
--| reference = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"
--| [params.buckets]
--| type = "integer"
--| default = 5
--| about = "buckets asked about within an hour that make a finding"
--| [params.errors]
--| type = "integer"
--| default = 50
--| about = "refused or missing objects within an hour that make a finding"

WITH asked AS (
    SELECT
        eventTime AS time, coalesce(userIdentity.arn, userIdentity.accountId, 'anonymous') AS who,
        sourceIPAddress AS ip, _bucket AS bucket, eventName AS action,
        errorCode IS NOT NULL AS refused, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 's3.amazonaws.com'
        AND regexp_matches(
            eventName, '^(ListBuckets|ListObjects|GetBucket|HeadBucket|ListObjectVersions|GetAccountPublic)')
    UNION ALL
    SELECT
        requestdatetime, coalesce(requester, 'anonymous'), remoteip, bucket_name, operation,
        httpstatus IN (403, 404), source_id, record_no
    FROM s3_access
    WHERE httpstatus IN (403, 404) OR operation IN (
        'REST.GET.BUCKET', 'REST.GET.ACL', 'REST.GET.LOCATION', 'REST.GET.BUCKETPOLICY',
        'REST.HEAD.BUCKET', 'REST.GET.BUCKETVERSIONS'))
SELECT
    who, ip, date_trunc('hour', time) AS hour,
    count(DISTINCT bucket) AS buckets,
    count(*) AS requests,
    count(*) FILTER (refused) AS refused,
    min(time) AS first_seen,
    max(time) AS last_seen,
    few(list(DISTINCT bucket)) AS which,
    few(list(DISTINCT action)) AS actions,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM asked
WHERE time IS NOT NULL
GROUP BY ALL
HAVING count(DISTINCT bucket) >= $buckets OR count(*) FILTER (refused) >= $errors
ORDER BY buckets DESC, refused DESC, hour, who, ip
