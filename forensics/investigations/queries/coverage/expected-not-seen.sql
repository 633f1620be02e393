--| title = "Named here, but not in the evidence"
--| question = "Which accounts, trails and copies do the logs name whose own logs are not in the evidence?"
--| tables = ["cloudtrail", "config_item"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "A reason to ask for more: the other half of a call across accounts, or all of an account, is elsewhere."
--| benign = ["Accounts of vendors and of AWS are nobody's to collect"]
--| limits = ["An account is known by its calls in CloudTrail only"]
--| pivots = ["coverage", "query cross-account-callers"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"

WITH own AS (
    SELECT DISTINCT recipientAccountId AS account FROM cloudtrail
    WHERE recipientAccountId IS NOT NULL),
named AS (
    SELECT
        'account of a role taken' AS what, account_of((requestParameters->>'$.roleArn')) AS account,
        eventTime AS time, source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'sts.amazonaws.com' AND starts_with(eventName, 'AssumeRole')
        AND userIdentity.type IS DISTINCT FROM 'AWSService'
    UNION ALL
    SELECT 'account of a caller', userIdentity.accountId, eventTime, source_id, record_no
    FROM cloudtrail WHERE userIdentity.accountId <> recipientAccountId
    UNION ALL
    SELECT 'account of a resource', awsAccountId, configurationItemCaptureTime, source_id, record_no
    FROM config_item)
SELECT
    what, account AS subject,
    count(*) AS records, min(time) AS first_seen, max(time) AS last_seen,
    refs(min(place(time, source_id, record_no), 5)) AS refs
FROM named
WHERE regexp_full_match(account, '\d{12}') AND account NOT IN (FROM own)
GROUP BY what, account
UNION ALL
SELECT
    'other copy of a shared event', sharedEventID,
    count(*), min(eventTime), max(eventTime), refs(min(place(eventTime, source_id, record_no), 5))
FROM cloudtrail
WHERE sharedEventID IS NOT NULL
GROUP BY sharedEventID
HAVING count(*) = 1
ORDER BY what, first_seen, subject
