--| title = "Administration ports reached from outside"
--| question = "Which hosts were reached from the internet on ports of shells, desktops and databases?"
--| tables = ["vpc_flow"]
--| lists = ["admin_ports"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1133", "T1021.004", "T1021.001"]
--| hit = "Accepted flows to such a port with more than a handful of packets: somebody talked to it."
--| benign = ["Bastions that are open on purpose"]
--| limits = ["Accepted means that the firewall let it through, not that a log-in succeeded"]
--| pivots = ["query ip-story --param ip={srcaddr}", "query firewall-opened"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"

SELECT
    v.dstaddr, p.name AS service, v.dstport, v.srcaddr,
    count(*) AS flows,
    sum(v.packets)::DOUBLE AS packets,
    sum(v.bytes)::DOUBLE AS bytes,
    min(v.start) AS first_seen,
    max(v.start) AS last_seen,
    min(v.interface_id) AS interface_id,
    min(v.instance_id) AS instance_id,
    refs(min(place(v.start, v.source_id, v.record_no), 5)) AS refs
FROM vpc_flow AS v
JOIN admin_ports AS p ON TRY_CAST(p.port AS BIGINT) = v.dstport
WHERE v.action = 'ACCEPT' AND NOT is_internal(v._srcaddr) AND is_internal(v._dstaddr)
GROUP BY ALL
ORDER BY bytes DESC NULLS LAST, v.dstaddr, v.dstport, v.srcaddr, service
