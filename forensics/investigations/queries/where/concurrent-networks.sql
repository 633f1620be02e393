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

WITH several AS (
    SELECT userIdentity.accessKeyId AS key, row_number() OVER (ORDER BY key) AS id
    FROM cloudtrail
    WHERE userIdentity.accessKeyId <> '' AND _sourceIPAddress IS NOT NULL AND eventTime IS NOT NULL
    GROUP BY key
    HAVING min(_sourceIPAddress // 65536) <> max(_sourceIPAddress // 65536)),
-- Numbers only, until it is known which spells meet; calls of one moment are of one spell.
calls AS (
    SELECT s.id, c._sourceIPAddress // 65536 AS network, c.eventTime AS time, source_id, record_no
    FROM cloudtrail AS c
    JOIN several AS s ON s.key = c.userIdentity.accessKeyId
    WHERE c._sourceIPAddress IS NOT NULL AND c.eventTime IS NOT NULL),
stepped AS (
    SELECT
        *,
        coalesce(
            time - lag(time) OVER (PARTITION BY id, network ORDER BY time) > $gap,
            true)::INTEGER AS begins
    FROM calls),
numbered AS MATERIALIZED (
    SELECT
        *, sum(begins) OVER (PARTITION BY id, network ORDER BY time)::BIGINT AS spell
    FROM stepped),
spells AS (
    SELECT
        id, network, spell, min(time) AS first_at, max(time) AS last_at, count(*) AS calls
    FROM numbered GROUP BY id, network, spell),
-- Spells meet in the quarter of a day in which the later one begins: compared are only those that
-- both reach into it, not all of a key.
quarters AS (
    SELECT
        *,
        unnest(generate_series(
            time_bucket(INTERVAL 6 HOUR, first_at), time_bucket(INTERVAL 6 HOUR, last_at),
            INTERVAL 6 HOUR)) AS quarter
    FROM spells),
met AS MATERIALIZED (
    SELECT
        a.id, a.network AS network_a, b.network AS network_b, a.spell AS spell_a,
        b.spell AS spell_b, greatest(a.first_at, b.first_at) AS overlap_start,
        least(a.last_at, b.last_at) AS overlap_end, a.calls AS calls_a, b.calls AS calls_b
    FROM quarters AS a
    JOIN quarters AS b
        ON a.id = b.id AND a.quarter = b.quarter AND a.network < b.network
        AND a.first_at <= b.last_at AND b.first_at <= a.last_at
    WHERE a.quarter = time_bucket(INTERVAL 6 HOUR, greatest(a.first_at, b.first_at))),
switches AS (
    SELECT id, count(*) FILTER (network <> network_before) AS switches
    FROM (
        SELECT
            id, network,
            lag(network) OVER (PARTITION BY id ORDER BY time, source_id, record_no)
                AS network_before
        FROM calls SEMI JOIN met USING (id))
    GROUP BY id),
involved AS (
    SELECT id, network_a AS network, spell_a AS spell FROM met
    UNION
    SELECT id, network_b, spell_b FROM met),
told AS MATERIALIZED (
    SELECT
        n.id, n.network, n.spell, min(actor(c.userIdentity)) AS principal,
        min(c.sourceIPAddress) AS ip, list_sort(list_distinct(list(c.userAgent))) AS agents,
        min(place(n.time, n.source_id, n.record_no), 3) AS places
    FROM numbered AS n
    JOIN involved AS i ON i.id = n.id AND i.network = n.network AND i.spell = n.spell
    JOIN cloudtrail AS c ON c.source_id = n.source_id AND c.record_no = n.record_no
    GROUP BY n.id, n.network, n.spell),
ranked AS MATERIALIZED (
    SELECT
        m.*, k.key, s.switches, len(list_intersect(a.agents, b.agents)) = 0 AS different_agents
    FROM met AS m
    JOIN told AS a ON a.id = m.id AND a.network = m.network_a AND a.spell = m.spell_a
    JOIN told AS b ON b.id = m.id AND b.network = m.network_b AND b.spell = m.spell_b
    JOIN several AS k ON k.id = m.id
    JOIN switches AS s ON s.id = m.id
    ORDER BY
        different_agents DESC, s.switches DESC, m.overlap_start, k.key, m.network_a, m.network_b,
        m.spell_a, m.spell_b
    LIMIT $most)
SELECT
    r.key, a.principal,
    network_of(r.network_a * 65536) AS network_a, network_of(r.network_b * 65536) AS network_b,
    a.ip AS ip_a, b.ip AS ip_b, r.overlap_start, r.overlap_end, r.switches, r.calls_a, r.calls_b,
    r.different_agents, few(a.agents) AS agents_a, few(b.agents) AS agents_b,
    list_concat(refs(a.places), refs(b.places)) AS refs
FROM ranked AS r
JOIN told AS a ON a.id = r.id AND a.network = r.network_a AND a.spell = r.spell_a
JOIN told AS b ON b.id = r.id AND b.network = r.network_b AND b.spell = r.spell_b
ORDER BY
    r.different_agents DESC, r.switches DESC, r.overlap_start, r.key, r.network_a, r.network_b,
    r.spell_a, r.spell_b
