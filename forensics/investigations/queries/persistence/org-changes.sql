--| title = "Changes of the organization"
--| question = "Which accounts were made, invited, removed or closed, and which limits of the organization were lifted?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1666", "T1531", "T1685"]
--| hit = "Leaving the organization or detaching a policy takes an account out of central control."
--| benign = ["Account vending, reorganisation"]
--| limits = ["Calls of the organization are logged in its management account, in us-east-1"]
--| pivots = ["timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_security_incident-response.html"

SELECT
    eventTime AS time,
    actor(userIdentity) AS who,
    eventName AS action,
    coalesce(
        (requestParameters->>'$.targetId'), (requestParameters->>'$.accountId'),
        (requestParameters->>'$.target.id'), (requestParameters->>'$.email'),
        (requestParameters->>'$.handshakeId'), (requestParameters->>'$.regionName')) AS subject,
    coalesce(
        (requestParameters->>'$.policyId'), (requestParameters->>'$.policyType'),
        (requestParameters->>'$.servicePrincipal'), (requestParameters->>'$.accountName')) AS detail,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    recipientAccountId AS account,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE (eventSource = 'organizations.amazonaws.com' AND is_write(readOnly, eventName))
    OR (eventSource = 'account.amazonaws.com' AND is_write(readOnly, eventName))
ORDER BY time, source_id, record_no
