--| title = "Most sent to the outside"
--| question = "Which own hosts sent most to the internet, and in which hours far more than usual?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "medium"
--| time = "hour"
--| attack = ["T1048", "T1041"]
--| hit = "An hour in which a host sends many times what it usually sends, above all to one peer."
--| benign = ["Backups, releases, content delivery"]
--| limits = ["Traffic by a VPC endpoint or a gateway shows the endpoint as peer", "Bytes are those of flow windows that begin in the hour"]
--| pivots = ["query ip-story --param ip={top_peer}", "query asset-intervals --param ip={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.megabytes]
--| type = "integer"
--| default = 100
--| about = "megabytes in an hour at least"

WITH sent AS (
    SELECT
        srcaddr, dstaddr, date_trunc('hour', v.start) AS hour, sum(bytes) AS bytes,
        count(*) AS flows, min(place(v.start, source_id, record_no), 3) AS places
    FROM vpc_flow AS v
    WHERE action = 'ACCEPT' AND is_internal(_srcaddr) AND NOT is_internal(_dstaddr)
        AND v.start IS NOT NULL
    GROUP BY ALL),
hours AS (
    SELECT
        srcaddr, hour, sum(bytes)::DOUBLE AS bytes, sum(flows)::BIGINT AS flows,
        count(*) AS peers,
        max({'bytes': bytes, 'peer': dstaddr}).peer AS top_peer,
        max(bytes)::DOUBLE AS top_bytes,
        list_sort(flatten(list(places)))[1:5] AS places
    FROM sent GROUP BY srcaddr, hour),
usual AS (
    SELECT *, median(bytes) OVER w AS usual_bytes, mad(bytes) OVER w AS spread, count(*) OVER w AS n
    FROM hours WINDOW w AS (PARTITION BY srcaddr))
SELECT
    hour, srcaddr, bytes, flows, peers, top_peer, top_bytes, usual_bytes,
    CASE WHEN n >= 5 AND spread > 0 THEN round((bytes - usual_bytes) / (1.4826 * spread), 1) END
        AS robust_z,
    refs(places) AS refs
FROM usual
WHERE bytes >= $megabytes * 1000000
    AND (n < 5 OR spread = 0 OR (bytes - usual_bytes) / (1.4826 * spread) > 6)
ORDER BY bytes DESC, hour, srcaddr
