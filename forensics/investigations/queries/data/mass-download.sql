--| title = "Mass downloads from S3"
--| question = "Who read far more objects from a bucket in an hour than usual, and how many records and bytes were they?"
--| tables = ["cloudtrail", "s3_access"]
--| tier = "must"
--| signal = "high"
--| time = "hour"
--| services = "acting"
--| attack = ["T1530", "T1619"]
--| hit = "Hours in which a reader took many objects and many more than in its other hours; keys is the approximate number of records taken."
--| benign = ["Backups, analytics, content delivery from the bucket"]
--| limits = ["CloudTrail shows reads only where data events are recorded; S3 access logs are best effort", "One request in both logs is counted once, by its request id", "Who is the ARN in CloudTrail and may be a canonical id in S3 access logs"]
--| pivots = ["query object-access-ledger --param bucket={bucket}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"
--| [params.count]
--| type = "integer"
--| default = 100
--| about = "reads in an hour that make an hour worth looking at"

WITH reads AS (
    SELECT
        coalesce(c.eventTime, s.requestdatetime) AS time,
        coalesce(c.userIdentity.arn, s.requester, c.userIdentity.accountId, 'anonymous') AS who,
        coalesce(c.sourceIPAddress, s.remoteip) AS ip,
        coalesce(c._bucket, s.bucket_name) AS bucket,
        coalesce(c._object_key, s.key) AS key,
        coalesce(c._bytes_out, s.bytessent) AS bytes,
        c.source_id IS NOT NULL AS in_cloudtrail,
        s.source_id IS NOT NULL AS in_s3_access,
        coalesce(c.source_id, s.source_id) AS source_id,
        coalesce(c.record_no, s.record_no) AS record_no
    FROM (
        SELECT * FROM cloudtrail
        WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject' AND errorCode IS NULL
    ) AS c
    FULL JOIN (
        SELECT * FROM s3_access
        WHERE operation = 'REST.GET.OBJECT' AND httpstatus IN (200, 206)
    ) AS s ON s.requestid = c.requestID),
hours AS (
    SELECT
        who, bucket, date_trunc('hour', time) AS hour, count(*) AS reads,
        count(DISTINCT key) AS keys, sum(bytes)::HUGEINT AS bytes, few(list(DISTINCT ip)) AS ips,
        count(*) FILTER (in_cloudtrail) AS in_cloudtrail,
        count(*) FILTER (in_s3_access) AS in_s3_access,
        min(place(time, source_id, record_no), 5) AS places
    FROM reads
    WHERE time IS NOT NULL
    GROUP BY ALL),
usual AS (
    SELECT
        *, median(reads) OVER w AS usual_reads, mad(reads) OVER w AS spread, count(*) OVER w AS n
    FROM hours WINDOW w AS (PARTITION BY who, bucket))
SELECT
    hour, who, bucket, reads, keys, bytes::DOUBLE AS bytes, ips, usual_reads,
    CASE WHEN n >= 5 AND spread > 0
        THEN round((reads - usual_reads) / (1.4826 * spread), 1) END AS robust_z,
    in_cloudtrail, in_s3_access, refs(places) AS refs
FROM usual
WHERE reads >= $count
    AND (n < 5 OR spread = 0 OR (reads - usual_reads) / (1.4826 * spread) > 6)
ORDER BY keys DESC, bytes DESC NULLS LAST, hour, who, bucket
