--| title = "Regions without history"
--| question = "In which regions was something changed that had no changes before the window?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "first_seen"
--| window = "self"
--| services = "acting"
--| needs = ["from"]
--| attack = ["T1535"]
--| hit = "Changes in a region that nobody used: machines there are easily overlooked."
--| benign = ["Expansion to a region", "Consoles touch regions when somebody clicks the list (reading only)"]
--| limits = ["Before --from lies the baseline", "Global services are logged in us-east-1"]
--| pivots = ["query unusual-compute", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"

WITH regions AS (
    SELECT awsRegion AS region, recipientAccountId AS account, min(eventTime) AS born
    FROM cloudtrail
    WHERE is_write(readOnly, eventName) AND eventType IS DISTINCT FROM 'AwsConsoleSignIn'
    GROUP BY ALL)
SELECT
    r.account, r.region,
    min(c.eventTime) AS first_seen,
    max(c.eventTime) AS last_seen,
    count(*) AS changes,
    count(*) FILTER (c.errorCode IS NOT NULL) AS failed,
    min(actor(c.userIdentity)) AS who,
    count(DISTINCT actor(c.userIdentity)) AS principals,
    few(list(DISTINCT c.eventName)) AS actions,
    few(list(DISTINCT c.sourceIPAddress)) AS ips,
    refs(min(place(c.eventTime, c.source_id, c.record_no), 5)) AS refs
FROM cloudtrail AS c
JOIN regions AS r
    ON r.region = c.awsRegion AND r.account IS NOT DISTINCT FROM c.recipientAccountId
WHERE r.born >= $from AND c.eventTime < $to AND is_write(c.readOnly, c.eventName)
    AND c.eventType IS DISTINCT FROM 'AwsConsoleSignIn'
GROUP BY r.account, r.region
ORDER BY first_seen, r.account, r.region
