--| title = "Traffic between two"
--| question = "What did two addresses or networks send each other, when, over which ports, and was it let through?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "none"
--| time = "time"
--| hit = "Each row is one flow and window, in order."
--| benign = ["Neighbours talk"]
--| limits = ["Traffic within an interface's own subnet appears at both interfaces"]
--| pivots = ["query dns-to-flow --param ip={dstaddr}", "query asset-intervals --param ip={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.a]
--| type = "network"
--| about = "an address or network"
--| [params.b]
--| type = "network"
--| default = "0.0.0.0/0"
--| about = "the other one"

SELECT
    v.start AS time, v."end" AS until, srcaddr, srcport, dstaddr, dstport, protocol, packets,
    bytes, action, flow_direction AS direction, interface_id, instance_id,
    ref(source_id, record_no) AS ref
FROM vpc_flow AS v
WHERE (within(_srcaddr, srcaddr, $a) AND within(_dstaddr, dstaddr, $b))
    OR (within(_srcaddr, srcaddr, $b) AND within(_dstaddr, dstaddr, $a))
ORDER BY v.start, source_id, record_no
