--| title = "Who resolved a name, or got an address"
--| question = "Which hosts asked for a name or for names below it, or were given an address as the answer?"
--| tables = ["route53_resolver"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| attack = ["T1071.004"]
--| hit = "One row per host and name, with the answers."
--| benign = ["Mail gateways and scanners resolve what others were sent"]
--| limits = ["Only queries that went over the resolver of the VPC"]
--| pivots = ["query ip-story --param ip={srcaddr}", "query flow-between --param a={srcaddr}"]
--| reference = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html"
--| [params.name]
--| type = "text"
--| default = ""
--| about = "a name; those below it count too"
--| [params.ip]
--| type = "text"
--| default = ""
--| about = "an address that was the answer"

WITH asked AS (
    SELECT
        rtrim(lower(query_name), '.') AS name, query_type, rcode, srcaddr,
        srcids.instance AS instance, query_timestamp AS time,
        list_transform(coalesce(answers, []), lambda each: coalesce((each.Rdata), '')) AS said,
        source_id, record_no
    FROM route53_resolver)
SELECT
    name, srcaddr, instance,
    count(*) AS queries,
    few(list(DISTINCT query_type)) AS types,
    few(list(DISTINCT rcode)) AS codes,
    few(flatten(list(said))) AS answers,
    min(time) AS first_seen,
    max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM asked
WHERE ($name <> '' AND (
        name = rtrim(lower($name), '.') OR ends_with(name, '.' || rtrim(lower($name), '.'))))
    OR ($ip <> '' AND list_contains(said, $ip))
GROUP BY name, srcaddr, instance
ORDER BY first_seen, name, srcaddr, instance
