--| title = "Top talkers"
--| question = "Which pairs of addresses and ports carry most bytes, and what is refused most?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| hit = "An overview by bytes; `stats top vpc_flow …` groups by any other columns."
--| benign = ["Most traffic is"]
--| limits = ["One flow is seen at the interface of both ends, and counted twice where both are logged"]
--| pivots = ["query flow-between --param a={srcaddr} --param b={dstaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"

SELECT
    srcaddr, dstaddr, dstport, protocol, action,
    count(*) AS flows,
    sum(packets)::DOUBLE AS packets,
    sum(bytes)::DOUBLE AS bytes,
    min(v.start) AS first_seen,
    max(v.start) AS last_seen,
    refs(min(place(v.start, source_id, record_no), 3)) AS refs
FROM vpc_flow AS v
WHERE srcaddr IS NOT NULL
GROUP BY srcaddr, dstaddr, dstport, protocol, action
ORDER BY bytes DESC NULLS LAST, flows DESC, srcaddr, dstaddr, dstport, protocol, action
