--| title = "Who touched an object or prefix"
--| question = "Who read, wrote or deleted objects of a bucket below a prefix?"
--| tables = ["cloudtrail", "s3_access"]
--| tier = "should"
--| signal = "none"
--| time = "time"
--| services = "all"
--| attack = ["T1530"]
--| hit = "Each row is one request for an object, from one log or both."
--| benign = ["The applications that own the bucket"]
--| limits = ["Keys in S3 access logs are URL-encoded, those in CloudTrail are not: the prefix is compared with both as given", "CloudTrail shows objects only where data events are recorded; S3 access logs are best effort"]
--| pivots = ["query ip-story --param ip={ip}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html"
--| [params.bucket]
--| type = "text"
--| about = "the bucket"
--| [params.prefix]
--| type = "text"
--| default = ""
--| about = "only keys that start so"

WITH requests AS (
    SELECT
        coalesce(c.eventTime, s.requestdatetime) AS time,
        coalesce(c.userIdentity.arn, s.requester, c.userIdentity.accountId, 'anonymous') AS who,
        coalesce(c.sourceIPAddress, s.remoteip) AS ip,
        coalesce(c.eventName, s.operation) AS action,
        coalesce(c._object_key, s.key) AS key,
        coalesce(c.errorCode, s.errorcode, s.httpstatus::VARCHAR, 'success') AS outcome,
        coalesce(s.bytessent, c._bytes_out) AS bytes_out,
        c._bytes_in AS bytes_in,
        coalesce(c.userAgent, s.useragent) AS agent,
        coalesce(c.requestID, s.requestid) AS request_id,
        list_filter(
            [CASE WHEN c.source_id IS NOT NULL THEN ref(c.source_id, c.record_no) END,
                CASE WHEN s.source_id IS NOT NULL THEN ref(s.source_id, s.record_no) END],
            lambda each: each IS NOT NULL) AS refs
    FROM (
        SELECT * FROM cloudtrail
        WHERE eventSource = 's3.amazonaws.com' AND _bucket = $bucket AND _object_key IS NOT NULL
    ) AS c
    FULL JOIN (
        SELECT * FROM s3_access WHERE bucket_name = $bucket AND key IS NOT NULL
    ) AS s ON s.requestid = c.requestID)
SELECT * FROM requests
WHERE starts_with(key, $prefix)
ORDER BY time, request_id, refs
