--| title = "Principals at a glance"
--| question = "Per principal: what was done, from where, with which keys and agents, and which watched calls were allowed or denied?"
--| tables = ["cloudtrail"]
--| lists = ["watched_actions", "noise_principals"]
--| tier = "must"
--| signal = "none"
--| time = "first_seen"
--| attack = ["T1078.004"]
--| hit = "A principal with watched calls, many denials or several networks deserves `query timeline --param who=…`."
--| benign = ["Deployment roles make many watched calls by profession"]
--| limits = ["Sessions of a role are one principal, the role: session-chain tells who stood behind them", "Ten values at most are listed per column; the counts are of all"]
--| pivots = ["timeline --who {principal}", "query session-chain --param of={principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"
--| [params.principal]
--| type = "text"
--| default = ""
--| about = "only principals whose name or ARN holds this text"

WITH calls AS (
    SELECT
        actor(userIdentity) AS principal, userIdentity.type AS type,
        userIdentity.accessKeyId AS key, sourceIPAddress AS ip, userAgent AS agent,
        awsRegion AS region, eventSource AS service, call_name(eventName) AS action,
        is_write(readOnly, eventName) AS writes, is_denied(errorCode) AS denied,
        count(*) AS n, max(eventTime) AS last_seen,
        min(place(eventTime, source_id, record_no), 5) AS places
    FROM cloudtrail
    WHERE $principal = '' OR contains(lower(actor(userIdentity)), lower($principal))
    GROUP BY ALL),
marked AS (
    SELECT c.*, w.action IS NOT NULL AS watched
    FROM calls AS c
    LEFT JOIN watched_actions AS w ON w.service = c.service AND w.action = c.action),
principals AS (
    SELECT
        principal,
        min(type) AS type,
        min(places[1].time) AS first_seen,
        max(last_seen) AS last_seen,
        sum(n)::BIGINT AS calls,
        coalesce(sum(n) FILTER (writes), 0)::BIGINT AS changing,
        coalesce(sum(n) FILTER (denied), 0)::BIGINT AS denied,
        coalesce(sum(n) FILTER (watched AND NOT denied), 0)::BIGINT AS watched_allowed,
        coalesce(sum(n) FILTER (watched AND denied), 0)::BIGINT AS watched_denied,
        count(DISTINCT service || action) AS actions,
        count(DISTINCT ip) AS addresses,
        few(list(DISTINCT ip)) AS ips,
        few(list(DISTINCT region)) AS regions,
        few(list(DISTINCT key)) AS keys,
        few(list(DISTINCT agent)) AS agents,
        refs(list_sort(flatten(list(places)))[1:5]) AS refs
    FROM marked
    GROUP BY principal)
SELECT p.*
FROM principals AS p
WHERE NOT EXISTS (
    SELECT 1 FROM noise_principals AS n WHERE regexp_matches(p.principal, n.pattern))
ORDER BY watched_allowed DESC, changing DESC, calls DESC, principal
