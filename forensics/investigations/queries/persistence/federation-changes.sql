--| title = "Changes of whom the account trusts"
--| question = "Which identity providers, trust anchors and sources of users were added or changed?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1484.002", "T1556"]
--| hit = "A provider of one's own lets an intruder be anybody: each row deserves a question to whoever runs the identities."
--| benign = ["Renewal of certificates of the provider", "New clusters bring their own provider"]
--| limits = ["Providers are global: their calls are logged in us-east-1"]
--| pivots = ["query federated-origin", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html"

SELECT
    eventTime AS time,
    actor(userIdentity) AS who,
    eventName AS action,
    coalesce(
        (responseElements->>'$.sAMLProviderArn'), (requestParameters->>'$.sAMLProviderArn'),
        (responseElements->>'$.openIDConnectProviderArn'),
        (requestParameters->>'$.openIDConnectProviderArn'), (requestParameters->>'$.url'),
        (requestParameters->>'$.name'), (requestParameters->>'$.trustAnchorId'),
        (requestParameters->>'$.directoryId'), (requestParameters->>'$.instanceArn')) AS provider,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    recipientAccountId AS account,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE is_write(readOnly, eventName)
    AND ((eventSource = 'iam.amazonaws.com' AND regexp_matches(
            eventName, '(SAMLProvider|OpenIDConnectProvider)'))
        OR (eventSource = 'rolesanywhere.amazonaws.com' AND regexp_matches(
            eventName, '^(Create|Update|Enable|Import|Put)'))
        OR (eventSource = 'sso-directory.amazonaws.com' AND regexp_matches(
            eventName, '(ExternalIdP|MfaDevice|Provisioning|BearerToken|Directory)'))
        OR (eventSource = 'sso.amazonaws.com' AND regexp_matches(
            eventName, '(TrustedTokenIssuer|SSO$|Directory|ApplicationInstance|Instance)'))
        OR (eventSource = 'cognito-idp.amazonaws.com' AND contains(eventName, 'IdentityProvider')))
ORDER BY time, source_id, record_no
