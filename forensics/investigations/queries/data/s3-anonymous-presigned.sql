--| title = "Anonymous reads and shared links"
--| question = "Which objects were read by nobody in particular, or by one presigned link from several addresses?"
--| tables = ["s3_access"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1530", "T1567"]
--| hit = "Anonymous success means that the object is public; a presigned link used from many addresses was passed on."
--| benign = ["Websites and downloads that are public on purpose", "Links sent to several people"]
--| limits = ["The signature of a link is in the request line: equal links are equal requests", "Access logs are best effort"]
--| pivots = ["query object-access-ledger --param bucket={bucket} --param prefix={key}"]
--| reference = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html"

WITH reads AS (
    SELECT
        bucket_name AS bucket, key, requester, remoteip AS ip, bytessent, httpstatus, useragent,
        requestdatetime AS time, source_id, record_no,
        CASE
            WHEN authtype = 'QueryString' THEN 'presigned'
            WHEN requester IS NULL THEN 'anonymous'
        END AS access,
        regexp_extract(request_uri, 'X-Amz-Signature=([0-9a-fA-F]+)', 1) AS signature
    FROM s3_access
    WHERE operation = 'REST.GET.OBJECT' AND (authtype = 'QueryString' OR requester IS NULL))
SELECT
    access, bucket, key, requester,
    count(*) AS reads,
    count(*) FILTER (httpstatus IN (200, 206)) AS succeeded,
    sum(bytessent)::DOUBLE AS bytes,
    count(DISTINCT ip) AS addresses,
    min(time) AS first_seen,
    max(time) AS last_seen,
    few(list(DISTINCT ip)) AS ips,
    few(list(DISTINCT useragent)) AS agents,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM reads
GROUP BY access, bucket, key, requester, CASE WHEN access = 'presigned' THEN signature END
HAVING count(*) FILTER (httpstatus IN (200, 206)) > 0
    AND (access = 'anonymous' OR count(DISTINCT ip) > 1)
ORDER BY bytes DESC NULLS LAST, first_seen, bucket, key, requester, min(signature)
