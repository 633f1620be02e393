--| title = "Regular connections"
--| question = "Which hosts talk to which peers at regular intervals with regular size?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1071", "T1573"]
--| hit = "score near 1: equal gaps, even spread, equal size, all hours covered, as malware calls home."
--| benign = ["Monitoring, time, updates and agents of AWS are as regular"]
--| limits = ["Flows are counted per window: what is faster than the window looks like one flow", "Peers inside are listed too: --param outside=true leaves them out"]
--| pivots = ["query ip-story --param ip={dstaddr}", "query asset-intervals --param ip={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.count]
--| type = "integer"
--| default = 20
--| about = "connections at least"
--| [params.score]
--| type = "real"
--| default = 0.8
--| about = "score at least"
--| [params.outside]
--| type = "boolean"
--| default = true
--| about = "only peers on the internet"

WITH flows AS (
    SELECT
        interface_id, srcaddr, dstaddr, dstport, protocol, v.start AS time, epoch(v.start) AS t,
        bytes, source_id, record_no
    FROM vpc_flow AS v
    WHERE action = 'ACCEPT' AND dstport < 32768 AND v.start IS NOT NULL
        AND (NOT $outside OR (is_internal(_srcaddr) AND NOT is_internal(_dstaddr)))),
often AS (
    SELECT interface_id, srcaddr, dstaddr, dstport FROM flows
    GROUP BY ALL HAVING count(*) >= $count),
gaps AS (
    SELECT
        f.*, t - lag(t) OVER (
            PARTITION BY f.interface_id, f.srcaddr, f.dstaddr, f.dstport
            ORDER BY t, source_id, record_no) AS gap
    FROM flows AS f
    JOIN often AS o
        ON o.interface_id IS NOT DISTINCT FROM f.interface_id AND o.srcaddr = f.srcaddr
        AND o.dstaddr = f.dstaddr AND o.dstport = f.dstport),
pairs AS (
    SELECT
        interface_id, srcaddr, dstaddr, dstport, min(protocol) AS protocol,
        count(*) AS connections,
        median(gap) FILTER (gap > 0) AS gap, mad(gap) FILTER (gap > 0) AS gap_spread,
        quantile_cont(gap, [0.25, 0.5, 0.75]) FILTER (gap > 0) AS q,
        median(bytes) AS size, mad(bytes) AS size_spread,
        min(time) AS first_seen, max(time) AS last_seen,
        count(DISTINCT floor(t / 3600)) AS hours,
        sum(bytes)::DOUBLE AS bytes,
        min(place(time, source_id, record_no), 3) AS places
    FROM gaps GROUP BY interface_id, srcaddr, dstaddr, dstport),
scored AS (
    SELECT
        *,
        round((
            greatest(0, 1 - gap_spread / gap)
            + CASE WHEN q[3] - q[1] >= 10
                THEN 1 - abs((q[1] + q[3] - 2 * q[2]) / (q[3] - q[1])) ELSE 1 END
            + greatest(0, 1 - size_spread / nullif(size, 0))
            + least(1, hours / greatest(1, ceil((epoch(last_seen) - epoch(first_seen)) / 3600)))
        ) / 4, 3) AS score
    FROM pairs
    WHERE gap BETWEEN 10 AND 86400)
SELECT
    srcaddr, dstaddr, dstport, protocol, interface_id, connections, round(gap, 1) AS every_seconds,
    round(size, 1) AS usual_bytes, bytes, score, first_seen, last_seen, refs(places) AS refs
FROM scored
WHERE score >= $score
ORDER BY score DESC, connections DESC, srcaddr, dstaddr, dstport, interface_id
