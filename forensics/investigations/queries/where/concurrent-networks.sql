--| title = "One key in two networks at once"
--| question = "Which access key was active from two networks at the same time?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "overlap_start"
--| attack = ["T1078.004", "T1539"]
--| hit = "The same credentials used from two networks in overlapping half hours, above all with different agents and many switches."
--| benign = ["A proxy or VPN that leaves by several networks", "A key built into many machines"]
--| limits = ["Networks are /16 of IPv4 and /48 of IPv6: neighbours look alike, and big providers look many", "Calls that services make for the key are left out"]
--| pivots = ["query ip-story --param ip={ip_b}", "query credential-owner --param key={key}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
--| [params.gap]
--| type = "duration"
--| default = "30m"
--| about = "silence after which activity from a network has ended"

WITH calls AS (
    SELECT
        userIdentity.accessKeyId AS key, actor(userIdentity) AS principal, eventTime AS time,
        userAgent AS agent, sourceIPAddress AS ip, network_of(_sourceIPAddress) AS network,
        source_id, record_no
    FROM cloudtrail
    WHERE userIdentity.accessKeyId <> '' AND _sourceIPAddress IS NOT NULL AND eventTime IS NOT NULL),
several AS (
    SELECT key FROM calls GROUP BY key HAVING count(DISTINCT network) > 1),
stepped AS (
    SELECT
        c.*,
        coalesce(time - lag(time) OVER net > $gap, true)::INTEGER AS begins,
        lag(network) OVER (PARTITION BY key ORDER BY time, source_id, record_no) AS network_before
    FROM calls AS c SEMI JOIN several USING (key)
    WINDOW net AS (PARTITION BY key, network ORDER BY time, source_id, record_no)),
numbered AS (
    SELECT
        *,
        sum(begins) OVER (PARTITION BY key, network ORDER BY time, source_id, record_no) AS spell
    FROM stepped),
spells AS (
    SELECT
        key, network, spell, min(principal) AS principal, min(time) AS first_at,
        max(time) AS last_at, count(*) AS calls, min(ip) AS ip,
        list_sort(list(DISTINCT agent)) AS agents,
        min(place(time, source_id, record_no), 3) AS places
    FROM numbered GROUP BY key, network, spell),
switches AS (
    SELECT key, count(*) FILTER (network <> network_before) AS switches FROM stepped GROUP BY key)
SELECT
    a.key, a.principal,
    a.network AS network_a, b.network AS network_b, a.ip AS ip_a, b.ip AS ip_b,
    greatest(a.first_at, b.first_at) AS overlap_start,
    least(a.last_at, b.last_at) AS overlap_end,
    s.switches, a.calls AS calls_a, b.calls AS calls_b,
    len(list_intersect(a.agents, b.agents)) = 0 AS different_agents,
    few(a.agents) AS agents_a, few(b.agents) AS agents_b,
    list_concat(refs(a.places), refs(b.places)) AS refs
FROM spells AS a
JOIN spells AS b
    ON a.key = b.key AND a.network < b.network
    AND a.first_at <= b.last_at AND b.first_at <= a.last_at
JOIN switches AS s ON s.key = a.key
ORDER BY different_agents DESC, s.switches DESC, overlap_start, a.key, network_a, network_b, a.spell, b.spell
