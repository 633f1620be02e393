--| title = "Principals that are new"
--| question = "Which principals first appear in the window, and who made them?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| window = "self"
--| needs = ["from"]
--| attack = ["T1136.003"]
--| hit = "A user or role that first acts in the window; worse when it was also made in the window."
--| benign = ["New colleagues, new applications"]
--| limits = ["New means: not seen before --from in this evidence", "The maker is known only where the evidence holds CreateUser or CreateRole"]
--| pivots = ["timeline --who {principal}", "query new-credentials"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"

WITH seen AS (
    SELECT
        actor(userIdentity) AS principal,
        min(userIdentity.type) AS type,
        min(coalesce(userIdentity.accountId, recipientAccountId)) AS account,
        min(eventTime) AS first_seen,
        max(eventTime) AS last_seen,
        count(*) AS calls,
        few(list(DISTINCT sourceIPAddress)) AS ips,
        min(place(eventTime, source_id, record_no), 3) AS places
    FROM cloudtrail
    GROUP BY principal
    HAVING min(eventTime) >= $from AND min(eventTime) < $to),
made AS (
    SELECT
        coalesce((responseElements->>'$.user.arn'), (responseElements->>'$.role.arn')) AS principal,
        eventTime AS made_at,
        actor(userIdentity) AS made_by,
        ref(source_id, record_no) AS made_ref
    FROM cloudtrail
    WHERE eventSource = 'iam.amazonaws.com' AND eventName IN ('CreateUser', 'CreateRole')
        AND errorCode IS NULL
    QUALIFY row_number() OVER (
        PARTITION BY principal ORDER BY eventTime DESC, source_id, record_no) = 1)
SELECT
    s.principal, s.type, s.account, s.first_seen, s.last_seen, s.calls,
    m.made_at, m.made_by, s.ips,
    list_concat(list_filter([m.made_ref], lambda each: each IS NOT NULL), refs(s.places)) AS refs
FROM seen AS s
LEFT JOIN made AS m USING (principal)
ORDER BY s.first_seen, s.principal
