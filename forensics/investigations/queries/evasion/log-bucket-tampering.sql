--| title = "Tampering with buckets that hold logs"
--| question = "Who changed, emptied or read the buckets that logs are delivered to?"
--| tables = ["cloudtrail", "s3_access", "cloudtrail_digest", "config_item"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1685.002", "T1485.001", "T1070", "T1654"]
--| hit = "Deleted logs, a short lifecycle, a changed policy or versioning on a bucket of logs; reading logs tells an intruder what is seen."
--| benign = ["Log tools read the bucket all day, from their own role"]
--| limits = ["Buckets of logs are those named by trails, digests, Config deliveries and --param buckets", "Objects deleted by lifecycle are not in CloudTrail; S3 access logs show S3.EXPIRE.OBJECT"]
--| pivots = ["query object-access-ledger --param bucket={bucket}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"
--| [params.buckets]
--| type = "texts"
--| default = ""
--| about = "further buckets that hold logs, divided by commas"

WITH log_buckets AS (
    SELECT digestS3Bucket AS bucket FROM cloudtrail_digest
    UNION SELECT s3Bucket FROM config_item
    UNION SELECT coalesce((requestParameters->>'$.s3BucketName'), (responseElements->>'$.s3BucketName'))
    FROM cloudtrail
    WHERE eventSource = 'cloudtrail.amazonaws.com' AND eventName IN ('CreateTrail', 'UpdateTrail')
    UNION SELECT (requestParameters->>'$.deliveryChannel.s3BucketName')
    FROM cloudtrail WHERE eventName = 'PutDeliveryChannel'
    UNION SELECT unnest($buckets::VARCHAR[])),
touched AS (
    SELECT
        eventTime AS time, coalesce(userIdentity.arn, userIdentity.accountId, 'anonymous') AS who,
        sourceIPAddress AS ip, _bucket AS bucket, eventName AS action, _object_key AS key,
        errorCode AS error, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 's3.amazonaws.com'
        AND _bucket IN (SELECT bucket FROM log_buckets WHERE bucket IS NOT NULL)
        AND (is_write(readOnly, eventName) OR eventName = 'GetObject')
        AND eventName NOT IN ('CreateBucket', 'PutBucketTagging')
        AND NOT (eventName = 'PutObject' AND regexp_matches(_object_key, 'AWSLogs/'))
    UNION ALL
    SELECT
        requestdatetime, coalesce(requester, 'anonymous'), remoteip, bucket_name, operation, key,
        errorcode, source_id, record_no
    FROM s3_access
    WHERE bucket_name IN (SELECT bucket FROM log_buckets WHERE bucket IS NOT NULL)
        AND regexp_matches(
            operation, 'DELETE|EXPIRE|^REST\.PUT\.(BUCKETPOLICY|LIFECYCLE|VERSIONING|ACL)|MULTI_OBJECT'))
SELECT
    bucket, action, who, ip,
    count(*) AS requests,
    count(DISTINCT key) AS objects,
    count(*) FILTER (error IS NOT NULL) AS refused,
    min(time) AS first_seen,
    max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM touched
GROUP BY bucket, action, who, ip
ORDER BY first_seen, bucket, action, who, ip
