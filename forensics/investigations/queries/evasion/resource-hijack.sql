--| title = "Services used at others' cost"
--| question = "Who tried out or used mail, text messages and language models, and how much?"
--| tables = ["cloudtrail"]
--| lists = ["hijack_calls"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| attack = ["T1496", "T1496.004"]
--| hit = "Long-term keys that ask for sending quotas or models, in regions nobody uses, then send or invoke."
--| benign = ["Applications that send mail or use models by design"]
--| limits = ["Single mails, messages and invocations appear only where data events are recorded"]
--| pivots = ["timeline --who {who}", "query unusual-compute"]
--| reference = "https://attack.mitre.org/techniques/T1496/004/"

SELECT
    h.kind,
    actor(userIdentity) AS who,
    userIdentity.accessKeyId AS key,
    awsRegion AS region,
    count(*) AS calls,
    count(*) FILTER (errorCode IS NOT NULL) AS failed,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT eventName)) AS actions,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    few(list(DISTINCT (requestParameters->>'$.modelId'))) AS models,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM cloudtrail AS c
JOIN hijack_calls AS h ON h.service = c.eventSource AND h.action = call_name(c.eventName)
GROUP BY ALL
ORDER BY first_seen, h.kind, who, key, region
