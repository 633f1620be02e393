--| title = "Data in names"
--| question = "Which domains are asked for so many long, random names that they carry data?"
--| tables = ["route53_resolver"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| attack = ["T1071.004", "T1048"]
--| hit = "Many different names below one domain, long and without repetition, often as TXT."
--| benign = ["Content networks, anti-virus and block lists ask in the same way"]
--| limits = ["The domain is the last two labels, or three below a two-letter suffix such as co.jp", "est_bytes is what the names can carry"]
--| pivots = ["query dns-who-resolved --param name={domain}", "query dns-to-flow"]
--| reference = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html"
--| [params.names]
--| type = "integer"
--| default = 50
--| about = "different names below a domain at least"

WITH asked AS (
    SELECT
        query_timestamp AS time, srcaddr, srcids.instance AS instance, query_type, rcode,
        string_split(rtrim(lower(query_name), '.'), '.') AS labels, source_id, record_no
    FROM route53_resolver
    WHERE query_name IS NOT NULL),
cut AS (
    SELECT
        *,
        CASE WHEN len(labels[-1]) = 2 AND len(labels[-2]) <= 3 THEN 3 ELSE 2 END AS own
    FROM asked),
parts AS (
    SELECT
        *, array_to_string(labels[-own:], '.') AS domain,
        array_to_string(labels[:-(own + 1)], '') AS sub
    FROM cut WHERE len(labels) > own),
letters AS (
    SELECT domain, entropy(letter) AS bits
    FROM (
        SELECT domain, unnest(string_split(sub, '')) AS letter
        FROM (SELECT DISTINCT domain, sub FROM parts))
    GROUP BY domain)
SELECT
    p.domain,
    count(*) AS queries,
    count(DISTINCT sub) AS names,
    round(avg(length(sub)), 1) AS mean_length,
    max(length(sub)) AS longest,
    round(min(l.bits), 2) AS bits_per_letter,
    round(avg((query_type IN ('TXT', 'NULL', 'CNAME', 'MX'))::INTEGER), 2) AS odd_types,
    round(avg((rcode = 'NXDOMAIN')::INTEGER), 2) AS nxdomain,
    sum(length(sub))::BIGINT * 5 // 8 AS est_bytes,
    few(list(DISTINCT srcaddr)) AS hosts,
    few(list(DISTINCT instance)) AS instances,
    min(time) AS first_seen,
    max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM parts AS p
JOIN letters AS l USING (domain)
GROUP BY p.domain
HAVING count(DISTINCT sub) >= $names AND count(DISTINCT sub) > 0.5 * count(*)
    AND (avg(length(sub)) > 25 OR min(l.bits) > 3.8)
    AND p.domain NOT IN ('amazonaws.com', 'cloudfront.net', 'in-addr.arpa', 'ip6.arpa')
ORDER BY est_bytes DESC, p.domain
