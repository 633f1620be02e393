--| title = "Rare agents and known tools"
--| question = "Which user agents name tools of intruders, or are used by one principal only?"
--| tables = ["cloudtrail"]
--| lists = ["known_tools"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1059.009"]
--| hit = "A tool for attacking or copying, or an agent that nobody else uses and that makes few calls."
--| benign = ["Auditors use the same tools", "Self-written programs are alone by nature"]
--| limits = ["A caller chooses what its agent says", "Versions are stripped, so that an upgrade is not new"]
--| pivots = ["timeline --who {principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
--| [params.rare]
--| type = "integer"
--| default = 20
--| about = "calls up to which an agent of one principal counts as rare"

WITH calls AS (
    SELECT
        actor(userIdentity) AS principal, userAgent AS agent, count(*) AS n,
        min(place(eventTime, source_id, record_no), 3) AS places, max(eventTime) AS last_seen,
        few(list(DISTINCT sourceIPAddress)) AS ips, few(list(DISTINCT eventName)) AS actions
    FROM cloudtrail
    WHERE userAgent <> ''
    GROUP BY ALL),
families AS (
    SELECT
        *,
        trim(regexp_replace(
            regexp_replace(lower(agent), '[/#][\w.+-]*', '', 'g'), '\s+', ' ', 'g'), ' []') AS family
    FROM calls),
merged AS (
    SELECT
        principal, family, min(agent) AS example, sum(n)::BIGINT AS calls,
        min(places[1].time) AS first_seen, max(last_seen) AS last_seen,
        few(flatten(list(ips))) AS ips, few(flatten(list(actions))) AS actions,
        list_sort(flatten(list(places)))[1:5] AS places
    FROM families GROUP BY principal, family),
judged AS (
    SELECT
        m.*, count(*) OVER (PARTITION BY family) AS principals,
        (SELECT min(t.name || ': ' || t.kind) FROM known_tools AS t
            WHERE contains(lower(m.example), t.text)) AS tool
    FROM merged AS m)
SELECT
    principal, example AS agent, tool, calls, principals, first_seen, last_seen, ips, actions,
    refs(places) AS refs
FROM judged
WHERE tool IS NOT NULL OR (principals = 1 AND calls <= $rare)
ORDER BY tool IS NULL, calls, principal, family
