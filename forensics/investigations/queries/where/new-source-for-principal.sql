--| title = "Principals from new networks or agents"
--| question = "Which principals or keys were first used from a network or an agent in the window?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| window = "self"
--| needs = ["from"]
--| attack = ["T1078.004"]
--| hit = "A principal with history appears from a network it never used."
--| benign = ["Travel, new offices, new runners of a pipeline"]
--| limits = ["Before --from lies the baseline: a principal without calls there is left out (`query new-principals` has those)", "Networks are /16 of IPv4 and /48 of IPv6"]
--| pivots = ["query ip-story --param ip={ip}", "timeline --who {principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"

WITH calls AS (
    SELECT
        actor(userIdentity) AS principal, network_of(_sourceIPAddress) AS network, eventTime AS time,
        sourceIPAddress AS ip, userAgent AS agent, userIdentity.accessKeyId AS key, eventName,
        is_write(readOnly, eventName) AS writes, source_id, record_no
    FROM cloudtrail
    WHERE _sourceIPAddress IS NOT NULL AND eventTime IS NOT NULL),
known AS (
    SELECT principal, min(time) AS born FROM calls GROUP BY principal HAVING min(time) < $from)
SELECT
    c.principal, c.network,
    min(c.ip) AS ip,
    min(c.time) AS first_seen,
    max(c.time) AS last_seen,
    count(*) AS calls,
    count(*) FILTER (c.writes) AS changing,
    min(k.born) AS principal_since,
    few(list(DISTINCT c.key)) AS keys,
    few(list(DISTINCT c.agent)) AS agents,
    few(list(DISTINCT c.eventName)) AS actions,
    refs(min(place(c.time, c.source_id, c.record_no), 5)) AS refs
FROM calls AS c
JOIN known AS k USING (principal)
GROUP BY c.principal, c.network
HAVING min(c.time) >= $from AND min(c.time) < $to
ORDER BY first_seen, c.principal, c.network
