--| title = "First refused, then let in"
--| question = "Which sources were rejected at a port and later accepted there?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "high"
--| time = "accepted_at"
--| attack = ["T1046", "T1133"]
--| hit = "A door was opened between the two times: firewall-opened tells by whom."
--| benign = ["Somebody was let in on request"]
--| limits = ["Only sources outside; answers to own requests are not counted (ports above 32767)"]
--| pivots = ["query firewall-opened", "query ip-story --param ip={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.count]
--| type = "integer"
--| default = 3
--| about = "refusals at least"

WITH inbound AS (
    SELECT
        srcaddr, dstaddr, dstport, action, v.start AS time, bytes, source_id, record_no
    FROM vpc_flow AS v
    WHERE NOT is_internal(_srcaddr) AND is_internal(_dstaddr) AND dstport < 32768
        AND v.start IS NOT NULL),
refused AS (
    SELECT
        srcaddr, dstaddr, dstport, count(*) AS rejections, min(time) AS refused_from,
        min(place(time, source_id, record_no), 2) AS places
    FROM inbound WHERE action = 'REJECT' GROUP BY ALL),
accepted AS (
    SELECT i.srcaddr, i.dstaddr, i.dstport, min(i.time) AS accepted_at, count(*) AS accepted,
        sum(i.bytes)::DOUBLE AS bytes, min(place(i.time, i.source_id, i.record_no), 2) AS places
    FROM inbound AS i
    JOIN refused AS r
        ON r.srcaddr = i.srcaddr AND r.dstaddr = i.dstaddr AND r.dstport = i.dstport
        AND i.time > r.refused_from
    WHERE i.action = 'ACCEPT' GROUP BY ALL)
SELECT
    srcaddr, dstaddr, dstport, r.rejections, r.refused_from, a.accepted_at, a.accepted, a.bytes,
    list_concat(refs(r.places), refs(a.places)) AS refs
FROM refused AS r
JOIN accepted AS a USING (srcaddr, dstaddr, dstport)
WHERE r.rejections >= $count
ORDER BY a.accepted_at, srcaddr, dstaddr, dstport
