--| title = "Changes of users, roles and policies"
--| question = "What was changed in IAM and Identity Center, by whom, on whom?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "time"
--| services = "acting"
--| attack = ["T1098", "T1556.006"]
--| hit = "Each row is one change, as a sentence. A second factor taken away and a trust changed weigh most."
--| benign = ["Administration"]
--| limits = ["Documents are shown as the call gave them, not as difference to what was before"]
--| pivots = ["query privesc-paths", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"

SELECT
    eventTime AS time,
    actor(userIdentity) AS who,
    eventName AS action,
    coalesce(
        (requestParameters->>'$.userName'), (requestParameters->>'$.roleName'),
        (requestParameters->>'$.groupName'), (requestParameters->>'$.policyName'),
        (requestParameters->>'$.policyArn'), (requestParameters->>'$.instanceProfileName'),
        (requestParameters->>'$.permissionSetArn'), (requestParameters->>'$.sAMLProviderArn'),
        (requestParameters->>'$.openIDConnectProviderArn'), (requestParameters->>'$.serialNumber'),
        (requestParameters->>'$.accessKeyId'), (requestParameters->>'$.principalId')) AS subject,
    concat_ws(
        ', ',
        CASE WHEN (requestParameters->>'$.groupName') IS NOT NULL
            AND (requestParameters->>'$.userName') IS NOT NULL
            THEN 'group ' || (requestParameters->>'$.groupName') END,
        'policy ' || coalesce(
            (requestParameters->>'$.policyArn'), (requestParameters->>'$.policyName')),
        'version ' || (requestParameters->>'$.versionId'),
        'status ' || (requestParameters->>'$.status'),
        'device ' || (requestParameters->>'$.serialNumber'),
        'document ' || coalesce(
            (requestParameters->>'$.policyDocument'),
            (requestParameters->>'$.assumeRolePolicyDocument'),
            (requestParameters->>'$.inlinePolicy')),
        'account ' || (requestParameters->>'$.targetId')) AS change,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    recipientAccountId AS account,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE eventSource IN (
        'iam.amazonaws.com', 'sso.amazonaws.com', 'sso-directory.amazonaws.com',
        'identitystore.amazonaws.com')
    AND is_write(readOnly, eventName)
    AND eventType IS DISTINCT FROM 'AwsServiceEvent'
    AND eventName NOT IN ('Authenticate', 'Federate', 'Logout', 'GenerateCredentialReport')
ORDER BY time, source_id, record_no
