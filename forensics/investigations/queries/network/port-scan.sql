--| title = "Scans of ports and hosts"
--| question = "Which sources tried many ports of a host, or one port of many hosts, within a short time?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1046"]
--| hit = "An inside source that scans is an intruder at work; the internet scans everybody all day."
--| benign = ["Scanners of one's own", "Monitoring of many hosts at one port"]
--| limits = ["Security groups drop without an answer: what is rejected is logged where flow logs hold REJECT"]
--| pivots = ["query ip-story --param ip={srcaddr}", "query asset-intervals --param ip={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.ports]
--| type = "integer"
--| default = 20
--| about = "ports of a host within an hour at least"
--| [params.hosts]
--| type = "integer"
--| default = 20
--| about = "hosts at a port within an hour at least"

WITH tried AS (
    SELECT
        srcaddr, _srcaddr, dstaddr, dstport, action, date_trunc('hour', v.start) AS hour,
        v.start AS time, source_id, record_no
    FROM vpc_flow AS v
    WHERE dstport < 32768 AND v.start IS NOT NULL AND srcaddr IS NOT NULL),
vertical AS (
    SELECT
        'ports of a host' AS kind, srcaddr, min(_srcaddr) AS number, hour, dstaddr AS target,
        count(DISTINCT dstport) AS tried, count(*) FILTER (action = 'ACCEPT') AS accepted,
        few(list(DISTINCT dstport)) AS examples, min(time) AS first_seen, max(time) AS last_seen,
        min(place(time, source_id, record_no), 5) AS places
    FROM tried GROUP BY srcaddr, hour, dstaddr
    HAVING count(DISTINCT dstport) >= $ports),
horizontal AS (
    SELECT
        'hosts at a port', srcaddr, min(_srcaddr), hour, dstport::VARCHAR,
        count(DISTINCT dstaddr), count(*) FILTER (action = 'ACCEPT'),
        few(list(DISTINCT dstport)), min(time), max(time),
        min(place(time, source_id, record_no), 5)
    FROM tried GROUP BY srcaddr, hour, dstport
    HAVING count(DISTINCT dstaddr) >= $hosts)
SELECT
    kind, srcaddr, is_internal(number) AS inside, target, tried, accepted, examples AS ports,
    first_seen, last_seen, refs(places) AS refs
FROM (SELECT * FROM vertical UNION ALL SELECT * FROM horizontal)
ORDER BY inside DESC, tried DESC, first_seen, kind, srcaddr, target
