--| title = "The name behind a flow"
--| question = "Which name had a host just resolved when it connected to an address?"
--| tables = ["route53_resolver", "vpc_flow"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| attack = ["T1071.004"]
--| hit = "One row per host, address and name. No row for an address: the host knew it without asking."
--| benign = ["Shared addresses carry many names"]
--| limits = ["A name counts if it was resolved within --param span before the flow by the same host", "Flows are dated by the start of their window"]
--| pivots = ["query dns-who-resolved --param name={name}", "query flow-between --param a={srcaddr} --param b={dstaddr}"]
--| reference = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html"
--| [params.ip]
--| type = "text"
--| default = ""
--| about = "only flows to this address"
--| [params.span]
--| type = "duration"
--| default = "10m"
--| about = "how long before the flow the name may have been resolved"

WITH said AS (
    SELECT
        srcaddr, rtrim(lower(query_name), '.') AS name, query_timestamp AS time,
        unnest(list_transform(coalesce(answers, []), lambda each: (each.Rdata))) AS ip,
        source_id, record_no
    FROM route53_resolver
    WHERE rcode = 'NOERROR'),
flows AS (
    SELECT srcaddr, dstaddr, dstport, v.start AS time, bytes, source_id, record_no
    FROM vpc_flow AS v
    WHERE action = 'ACCEPT' AND ($ip = '' OR dstaddr = $ip)),
-- each flow with the last name that the host had resolved to the address
joined AS (
    SELECT
        f.srcaddr, f.dstaddr, f.dstport, s.name, f.time, f.bytes, f.source_id, f.record_no,
        s.source_id AS dns_source, s.record_no AS dns_record, s.time AS resolved_at
    FROM flows AS f
    JOIN said AS s
        ON s.srcaddr = f.srcaddr AND s.ip = f.dstaddr
        AND s.time <= f.time + INTERVAL 1 MINUTE AND s.time >= f.time - $span
    QUALIFY row_number() OVER (
        PARTITION BY f.source_id, f.record_no
        ORDER BY s.time DESC, s.source_id, s.record_no) = 1)
SELECT
    srcaddr, dstaddr, dstport, name,
    count(*) AS flows,
    sum(bytes)::DOUBLE AS bytes,
    min(time) AS first_seen,
    max(time) AS last_seen,
    list_concat(
        refs(min(place(resolved_at, dns_source, dns_record), 2)),
        refs(min(place(time, source_id, record_no), 3))) AS refs
FROM joined
GROUP BY srcaddr, dstaddr, dstport, name
ORDER BY first_seen, srcaddr, dstaddr, dstport, name
