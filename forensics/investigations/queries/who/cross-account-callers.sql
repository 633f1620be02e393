--| title = "Callers from other accounts"
--| question = "Which outside accounts act here, over which roles, since when?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1199"]
--| hit = "An account that is nobody's: compare with the accounts of the organization and of known vendors."
--| benign = ["Accounts of the same organization, given with --param own=…", "Vendors that monitor the account by a role"]
--| limits = ["The caller's account is what the record names; calls by AWS services are left out", "Resources shared by policy show callers only where their data events are logged"]
--| pivots = ["timeline --who {caller}", "query session-chain --param of={caller_account}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_aws-accounts.html"
--| [params.own]
--| type = "texts"
--| default = ""
--| about = "accounts of one's own, divided by commas; they are left out"

WITH calls AS (
    SELECT
        recipientAccountId AS account,
        coalesce(userIdentity.accountId, account_of(userIdentity.arn),
            split_part(userIdentity.principalId, ':', 1)) AS caller_account,
        coalesce(userIdentity.arn, userIdentity.principalId) AS caller,
        eventName, errorCode, sourceIPAddress, eventTime, source_id, record_no,
        (requestParameters->>'$.roleArn') AS role
    FROM cloudtrail
    WHERE recipientAccountId IS NOT NULL
        AND coalesce(userIdentity.accountId, account_of(userIdentity.arn)) <> recipientAccountId)
SELECT
    account, caller_account, caller,
    count(*) AS calls,
    count(*) FILTER (is_denied(errorCode)) AS denied,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT role)) AS roles,
    few(list(DISTINCT eventName)) AS actions,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM calls
WHERE regexp_full_match(caller_account, '\d{12}')
    AND NOT list_contains($own::VARCHAR[], caller_account)
GROUP BY account, caller_account, caller
ORDER BY first_seen, account, caller_account, caller
