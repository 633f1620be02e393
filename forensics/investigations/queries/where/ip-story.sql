--| title = "The story of an address"
--| question = "What did an address or network do in all logs: visits, identities, targets, outcomes, bytes?"
--| tables = ["events"]
--| tier = "must"
--| signal = "none"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1190", "T1078.004"]
--| hit = "One row per visit and log: an address that scans, then signs in, then calls the API is one story."
--| benign = ["Offices, VPNs and proxies stand for many people"]
--| limits = ["A visit ends after --param gap of silence", "Addresses behind a load balancer or CDN are those of the balancer"]
--| pivots = ["timeline --ip {address}", "around {ref}"]
--| reference = "https://www.elastic.co/guide/en/ecs/current/index.html"
--| [params.ip]
--| type = "network"
--| about = "an address, or a network like 198.51.100.0/24 or 2001:db8::/32"
--| [params.gap]
--| type = "duration"
--| default = "30m"
--| about = "silence that ends a visit"

WITH seen AS NOT MATERIALIZED (
    SELECT *, source_ip AS address, true AS outgoing FROM events
    WHERE source_ip_num IS NOT NULL AND within(source_ip_num, source_address, $ip)
    UNION ALL
    SELECT *, destination_ip, false FROM events
    WHERE destination_ip_num IS NOT NULL AND within(destination_ip_num, destination_ip, $ip)),
moments AS (
    SELECT DISTINCT event_time FROM seen WHERE event_time IS NOT NULL),
stepped AS (
    SELECT
        event_time,
        coalesce(event_time - lag(event_time) OVER (ORDER BY event_time) > $gap, true)::INTEGER
            AS begins
    FROM moments),
numbered AS (
    SELECT event_time, sum(begins) OVER (ORDER BY event_time)::BIGINT AS visit FROM stepped)
SELECT
    visit,
    event_dataset AS log,
    min(event_time) AS first_seen,
    max(event_time) AS last_seen,
    count(*) AS records,
    count(*) FILTER (event_outcome = 'failure') AS failures,
    count(DISTINCT address) AS addresses,
    min(address) AS address,
    few(list(DISTINCT coalesce(user_arn, user_id, user_name))) AS identities,
    few(list(DISTINCT event_action)) AS actions,
    few(list(DISTINCT coalesce(
        destination_ip || ':' || destination_port, resource_arn, resource_id, url_domain))) AS targets,
    few(list(DISTINCT user_agent_original)) AS agents,
    (coalesce(sum(source_bytes) FILTER (outgoing), 0)
        + coalesce(sum(destination_bytes) FILTER (NOT outgoing), 0))::DOUBLE AS bytes_from,
    (coalesce(sum(destination_bytes) FILTER (outgoing), 0)
        + coalesce(sum(source_bytes) FILTER (NOT outgoing), 0))::DOUBLE AS bytes_to,
    arg_min(message, {'t': event_time, 's': source_id, 'r': record_no, 'o': outgoing}) AS opened_with,
    arg_min(ref, {'t': event_time, 's': source_id, 'r': record_no, 'o': outgoing}) AS ref
FROM seen
JOIN numbered USING (event_time)
GROUP BY visit, event_dataset
ORDER BY visit, first_seen, log
