--| title = "Names that do not exist"
--| question = "Which hosts asked for many names that do not exist, and do they look made up?"
--| tables = ["route53_resolver"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1568.002"]
--| hit = "Many different names without answer in an hour, long or without pattern: an algorithm looks for its master."
--| benign = ["Search lists of resolvers append domains to every name"]
--| limits = ["bits_per_letter above 3.5 is what random letters have"]
--| pivots = ["query ip-story --param ip={srcaddr}", "query dns-tunnel"]
--| reference = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html"
--| [params.names]
--| type = "integer"
--| default = 30
--| about = "different names without answer within an hour at least"

WITH failed AS (
    SELECT
        srcaddr, srcids.instance AS instance, date_trunc('hour', query_timestamp) AS hour,
        rtrim(lower(query_name), '.') AS name, query_timestamp AS time, source_id, record_no
    FROM route53_resolver
    WHERE rcode = 'NXDOMAIN' AND query_name IS NOT NULL AND query_timestamp IS NOT NULL),
letters AS (
    SELECT srcaddr, hour, entropy(letter) AS bits
    FROM (
        SELECT srcaddr, hour, unnest(string_split(split_part(name, '.', 1), '')) AS letter
        FROM (SELECT DISTINCT srcaddr, hour, name FROM failed))
    GROUP BY srcaddr, hour)
SELECT
    f.srcaddr, f.hour, min(f.instance) AS instance,
    count(*) AS queries,
    count(DISTINCT f.name) AS names,
    round(min(l.bits), 2) AS bits_per_letter,
    few(list(DISTINCT f.name)) AS examples,
    min(f.time) AS first_seen,
    max(f.time) AS last_seen,
    refs(min(place(f.time, f.source_id, f.record_no), 5)) AS refs
FROM failed AS f
JOIN letters AS l ON l.srcaddr IS NOT DISTINCT FROM f.srcaddr AND l.hour = f.hour
GROUP BY f.srcaddr, f.hour
HAVING count(DISTINCT f.name) >= $names
ORDER BY names DESC, f.hour, f.srcaddr
