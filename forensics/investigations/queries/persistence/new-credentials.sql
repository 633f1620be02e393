--| title = "Credentials that were made or changed"
--| question = "Which credentials of any kind were made, enabled or changed, for whom, by whom, and when and from where were they first used?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "time"
--| window = "self"
--| services = "acting"
--| attack = ["T1098.001", "T1136.003", "T1098.004", "T1098.005"]
--| hit = "A credential made for somebody else, or used at once from another address than the maker's."
--| benign = ["On-boarding, rotation of keys, lost devices"]
--| limits = ["first_use is known for access keys; a password's use is a sign-in (console-sessions)", "Sessions of roles are in session-chain"]
--| pivots = ["query credential-owner --param key={key}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"

WITH made AS (
    SELECT
        eventTime AS time,
        CASE
            WHEN eventName IN ('CreateAccessKey', 'UpdateAccessKey') THEN 'access key'
            WHEN eventName IN ('CreateLoginProfile', 'UpdateLoginProfile', 'ChangePassword')
                THEN 'console password'
            WHEN eventName IN ('EnableMFADevice', 'CreateVirtualMFADevice') THEN 'MFA device'
            WHEN eventName IN ('UploadSSHPublicKey', 'CreateKeyPair', 'ImportKeyPair', 'ImportSshPublicKey')
                THEN 'SSH key'
            WHEN eventName IN ('GetFederationToken', 'GetSessionToken') THEN 'session of a user'
            WHEN eventName IN ('UploadSigningCertificate', 'CreateTrustAnchor', 'UploadServerCertificate')
                THEN 'certificate'
            WHEN eventName IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential')
                THEN 'password of a service'
            WHEN eventName IN ('CreateApiKey') THEN 'API key'
            WHEN eventName IN ('ModifyDBInstance', 'ModifyDBCluster', 'ModifyCluster')
                THEN 'master password'
            WHEN eventName IN ('GetClusterCredentials', 'GetClusterCredentialsWithIAM')
                THEN 'database password'
            ELSE 'password of an application'
        END AS kind,
        coalesce(
            (requestParameters->>'$.userName'), (responseElements->>'$.accessKey.userName'),
            (requestParameters->>'$.username'),
            (responseElements->>'$.federatedUser.arn'), (requestParameters->>'$.keyName'),
            (requestParameters->>'$.dBInstanceIdentifier'),
            (requestParameters->>'$.dBClusterIdentifier'), (requestParameters->>'$.dbUser'),
            (requestParameters->>'$.virtualMFADeviceName'), (requestParameters->>'$.name'),
            userIdentity.userName, userIdentity.arn) AS subject,
        coalesce(_minted_access_key, (requestParameters->>'$.accessKeyId')) AS key,
        userIdentity.userName AS own_name,
        actor(userIdentity) AS who,
        *
    FROM cloudtrail
    WHERE eventTime >= $from AND eventTime < $to
        AND ((eventSource = 'iam.amazonaws.com' AND eventName IN (
                'CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'ChangePassword',
                'EnableMFADevice', 'CreateVirtualMFADevice', 'UploadSSHPublicKey',
                'UploadSigningCertificate', 'CreateServiceSpecificCredential',
                'ResetServiceSpecificCredential'))
            OR (eventSource = 'iam.amazonaws.com' AND eventName = 'UpdateAccessKey'
                AND (requestParameters->>'$.status') = 'Active')
            OR (eventSource = 'sts.amazonaws.com'
                AND eventName IN ('GetFederationToken', 'GetSessionToken'))
            OR (eventSource = 'ec2.amazonaws.com' AND eventName IN ('CreateKeyPair', 'ImportKeyPair'))
            OR (eventSource = 'transfer.amazonaws.com' AND eventName = 'ImportSshPublicKey')
            OR (eventSource = 'rolesanywhere.amazonaws.com' AND eventName = 'CreateTrustAnchor')
            OR (eventSource IN ('apigateway.amazonaws.com', 'appsync.amazonaws.com')
                AND eventName = 'CreateApiKey')
            OR (eventSource = 'cognito-idp.amazonaws.com'
                AND eventName IN ('AdminSetUserPassword', 'AdminCreateUser'))
            OR (eventSource = 'redshift.amazonaws.com'
                AND starts_with(eventName, 'GetClusterCredentials'))
            OR (eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
                AND eventName IN ('ModifyDBInstance', 'ModifyDBCluster', 'ModifyCluster')
                AND (requestParameters->>'$.masterUserPassword') IS NOT NULL))),
uses AS (
    SELECT
        userIdentity.accessKeyId AS key, count(*) AS uses, max(eventTime) AS last_use,
        min({'t': eventTime, 'ip': sourceIPAddress, 's': source_id, 'r': record_no}) AS first
    FROM cloudtrail
    WHERE userIdentity.accessKeyId IN (SELECT key FROM made WHERE key IS NOT NULL)
    GROUP BY key)
SELECT
    m.time, m.kind, m.eventName AS action, m.subject, m.who,
    coalesce(m.subject = m.own_name, false) AS for_oneself,
    outcome(m.errorCode, NULL) AS outcome,
    m.key, u.first.t AS first_use, u.first.ip AS used_from, m.sourceIPAddress AS ip,
    coalesce(u.uses, 0) AS uses, u.last_use,
    m.recipientAccountId AS account, m.userAgent AS agent,
    list_filter(
        [ref(m.source_id, m.record_no),
            CASE WHEN u.first IS NOT NULL THEN ref(u.first.s, u.first.r) END],
        lambda each: each IS NOT NULL) AS refs
FROM made AS m
LEFT JOIN uses AS u ON u.key = m.key
ORDER BY m.time, m.source_id, m.record_no
