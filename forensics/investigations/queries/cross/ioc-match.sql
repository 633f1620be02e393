--| title = "Known bad, found here"
--| question = "Which addresses, networks, domains, keys, ARNs and agents of a list occur in any log, how often, first and last?"
--| tables = ["events"]
--| lists = ["indicators"]
--| tier = "must"
--| signal = "high"
--| time = "first_seen"
--| services = "all"
--| hit = "One row per indicator, log and way it matched."
--| benign = ["Shared hosting and reused addresses: lists go stale"]
--| limits = ["The list that comes with the program is empty: give your own with --lists DIR, as indicators.toml or indicators.csv with the columns value, kind and why", "kind is one of ip, network, domain, text; text is looked for in who, key, agent, resource, url and message"]
--| pivots = ["query ip-story --param ip={indicator}", "around {ref}"]
--| reference = "https://oasis-open.github.io/cti-documentation/stix/intro.html"

WITH single AS (
    SELECT i.value, i.kind, i.why, 'address' AS matched, e.event_dataset, e.event_time, e.source_id,
        e.record_no, e.message
    FROM events AS e
    JOIN indicators AS i ON i.kind = 'ip' AND i.value IN (e.source_ip, e.destination_ip)
    UNION ALL
    SELECT i.value, i.kind, i.why, 'answer of DNS', e.event_dataset, e.event_time, e.source_id,
        e.record_no, e.message
    FROM events AS e
    JOIN indicators AS i ON i.kind = 'ip' AND list_contains(e.dns_answers, i.value)
    WHERE e.dns_answers IS NOT NULL
    UNION ALL
    SELECT i.value, i.kind, i.why, 'address', e.event_dataset, e.event_time, e.source_id,
        e.record_no, e.message
    FROM events AS e
    JOIN indicators AS i
        ON i.kind = 'network'
        AND (within(e.source_ip_num, e.source_ip, i.value)
            OR within(e.destination_ip_num, e.destination_ip, i.value))
    UNION ALL
    SELECT i.value, i.kind, i.why, 'name', e.event_dataset, e.event_time, e.source_id,
        e.record_no, e.message
    FROM events AS e
    JOIN indicators AS i
        ON i.kind = 'domain'
        AND (rtrim(lower(e.dns_question_name), '.') = lower(i.value)
            OR ends_with(rtrim(lower(e.dns_question_name), '.'), '.' || lower(i.value))
            OR lower(e.url_domain) = lower(i.value)
            OR ends_with(lower(e.url_domain), '.' || lower(i.value)))
    UNION ALL
    SELECT i.value, i.kind, i.why, 'text', e.event_dataset, e.event_time, e.source_id, e.record_no,
        e.message
    FROM events AS e
    JOIN indicators AS i
        ON i.kind = 'text' AND contains(
            concat_ws(' ', e.user_arn, e.user_id, e.access_key_id, e.user_agent_original,
                e.resource_id, e.resource_arn, e.url_full, e.request_id, e.message), i.value))
SELECT
    value AS indicator, kind, why, event_dataset AS log, matched,
    count(*) AS records,
    min(event_time) AS first_seen,
    max(event_time) AS last_seen,
    arg_min(message, {'t': event_time, 's': source_id, 'r': record_no}) AS example,
    refs(min(place(event_time, source_id, record_no), 5)) AS refs,
    refs(min(place(event_time, source_id, record_no), 1))[1] AS ref
FROM single
GROUP BY ALL
ORDER BY first_seen, indicator, kind, log, matched, why
