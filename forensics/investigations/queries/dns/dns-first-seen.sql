--| title = "Domains that are new"
--| question = "Which domains were first asked for in the window, and by few hosts?"
--| tables = ["route53_resolver"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| window = "self"
--| needs = ["from"]
--| attack = ["T1568"]
--| hit = "A domain nobody asked for before, asked for by one host."
--| benign = ["People and updates find new domains every day"]
--| limits = ["Before --from lies the baseline"]
--| pivots = ["query dns-who-resolved --param name={domain}"]
--| reference = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html"
--| [params.hosts]
--| type = "integer"
--| default = 3
--| about = "hosts at most"

WITH asked AS (
    SELECT
        string_split(rtrim(lower(query_name), '.'), '.') AS labels, srcaddr,
        query_timestamp AS time, query_name, rcode, source_id, record_no
    FROM route53_resolver
    WHERE query_name IS NOT NULL AND query_timestamp < $to),
named AS (
    SELECT
        *,
        array_to_string(
            labels[-(CASE WHEN len(labels[-1]) = 2 AND len(labels[-2]) <= 3 THEN 3 ELSE 2 END):],
            '.') AS domain
    FROM asked)
SELECT
    domain,
    min(time) AS first_seen,
    max(time) AS last_seen,
    count(*) AS queries,
    count(DISTINCT srcaddr) AS hosts,
    few(list(DISTINCT srcaddr)) AS who,
    few(list(DISTINCT query_name)) AS names,
    few(list(DISTINCT rcode)) AS codes,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM named
GROUP BY domain
HAVING min(time) >= $from AND count(DISTINCT srcaddr) <= $hosts
ORDER BY first_seen, domain
