--| title = "Made, empowered, used"
--| question = "Which users were created, given rights and credentials, and then used, within a short time?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "created_at"
--| services = "acting"
--| attack = ["T1136.003", "T1098.003", "T1098.001"]
--| hit = "A user who is made, gets rights, gets a key or password, and acts within hours: a back door in one row."
--| benign = ["Scripts that on-board a colleague"]
--| limits = ["Only users of IAM; what lies outside the window is not joined"]
--| pivots = ["timeline --who {subject}", "query credential-owner --param key={key}"]
--| reference = "https://attack.mitre.org/techniques/T1136/003/"
--| [params.within]
--| type = "duration"
--| default = "24h"
--| about = "from the making of the user to its credential"

WITH created AS (
    SELECT
        eventTime AS created_at, (requestParameters->>'$.userName') AS subject,
        actor(userIdentity) AS created_by, sourceIPAddress AS ip, recipientAccountId AS account,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateUser' AND errorCode IS NULL),
empowered AS (
    SELECT
        (requestParameters->>'$.userName') AS subject, recipientAccountId AS account,
        eventTime AS time,
        coalesce(
            (requestParameters->>'$.policyArn'), (requestParameters->>'$.policyName'),
            (requestParameters->>'$.groupName')) AS rights,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'iam.amazonaws.com' AND errorCode IS NULL
        AND eventName IN ('AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup')),
credentials AS (
    SELECT
        coalesce(
            (requestParameters->>'$.userName'), (responseElements->>'$.accessKey.userName')) AS subject,
        recipientAccountId AS account, eventTime AS time, eventName AS kind,
        _minted_access_key AS key, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'iam.amazonaws.com' AND errorCode IS NULL
        AND eventName IN ('CreateAccessKey', 'CreateLoginProfile')),
used AS (
    SELECT
        userIdentity.userName AS subject, userIdentity.accountId AS account,
        count(*) AS calls,
        min({'t': eventTime, 'ip': sourceIPAddress, 's': source_id, 'r': record_no}) AS first
    FROM cloudtrail
    WHERE userIdentity.type = 'IAMUser'
    GROUP BY ALL),
joined AS (
    SELECT
        c.subject, c.account, c.created_at, c.created_by, c.ip,
        min(e.time) AS empowered_at, few(list(DISTINCT e.rights)) AS rights,
        min(k.time) AS credential_at, few(list(DISTINCT k.kind)) AS credentials, min(k.key) AS key,
        c.source_id, c.record_no,
        min(place(e.time, e.source_id, e.record_no)) AS empowering,
        min(place(k.time, k.source_id, k.record_no)) AS crediting
    FROM created AS c
    JOIN credentials AS k
        ON k.subject = c.subject AND k.account IS NOT DISTINCT FROM c.account
        AND k.time BETWEEN c.created_at AND c.created_at + $within
    LEFT JOIN empowered AS e
        ON e.subject = c.subject AND e.account IS NOT DISTINCT FROM c.account
        AND e.time >= c.created_at AND e.time <= c.created_at + $within
    GROUP BY ALL)
SELECT
    j.subject, j.account, j.created_at, j.created_by, j.ip, j.empowered_at, j.rights,
    j.credential_at, j.credentials, j.key,
    u.first.t AS first_use, u.first.ip AS used_from, coalesce(u.calls, 0) AS calls,
    list_concat(
        [ref(j.source_id, j.record_no), ref(j.crediting.source, j.crediting.record)],
        list_filter(
            [CASE WHEN j.empowering.source IS NOT NULL
                    THEN ref(j.empowering.source, j.empowering.record) END,
                CASE WHEN u.first IS NOT NULL THEN ref(u.first.s, u.first.r) END],
            lambda each: each IS NOT NULL)) AS refs
FROM joined AS j
LEFT JOIN used AS u ON u.subject = j.subject AND u.account IS NOT DISTINCT FROM j.account
ORDER BY j.created_at, j.subject, j.account, j.source_id, j.record_no
