--| title = "Log-ins, failures and log-outs"
--| question = "Who got in, tried to, or left, on any layer: console, Identity Center, federation, session tokens, shells?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "low"
--| time = "time"
--| services = "acting"
--| attack = ["T1078", "T1021.007"]
--| hit = "Each row is one log-in, failure or log-out; failures before a success and layers a person never uses stand out."
--| benign = ["Every working day has log-ins"]
--| limits = ["AWS logs no sign-out from the console", "Failed sign-ins with a user name that does not exist show it as HIDDEN_DUE_TO_SECURITY_REASONS", "Log-ins to databases and hosts are in their own logs"]
--| pivots = ["query ip-story --param ip={ip}", "query console-sessions --param who={who}", "query session-chain --param of={who}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"
--| [params.who]
--| type = "text"
--| default = ""
--| about = "only log-ins of principals whose name or ARN holds this text"
--| [params.layer]
--| type = "text"
--| default = ""
--| about = "only this layer: console, identity-center, federation, token, shell, host-key"

WITH entries AS (
    SELECT
        eventTime AS time,
        CASE
            WHEN eventSource = 'signin.amazonaws.com' THEN 'console'
            WHEN eventSource IN ('sso.amazonaws.com', 'sso-oauth.amazonaws.com') THEN 'identity-center'
            WHEN eventName IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') THEN 'federation'
            WHEN eventSource = 'sts.amazonaws.com' THEN 'token'
            WHEN eventSource IN ('ssm.amazonaws.com', 'ssmmessages.amazonaws.com') THEN 'shell'
            ELSE 'host-key'
        END AS layer,
        eventName AS action,
        coalesce(
            nullif(userIdentity.arn, ''), userIdentity.userName, userIdentity.onBehalfOf.userId,
            userIdentity.principalId, userIdentity.type) AS who,
        CASE
            WHEN eventName IN ('TerminateSession', 'Logout', 'ExitRole') THEN 'log-out'
            WHEN outcome(errorCode, _sign_in) = 'success' THEN 'log-in'
            ELSE 'failure'
        END AS kind,
        coalesce(errorCode, nullif(_sign_in, 'Success'), '')
            || coalesce(': ' || errorMessage, '') AS error,
        sourceIPAddress AS ip,
        coalesce(
            (requestParameters->>'$.target'), (requestParameters->>'$.sessionId'),
            (requestParameters->>'$.instanceId'), (requestParameters->>'$.roleArn'),
            (serviceEventDetails->>'$.role_name'),
            recipientAccountId) AS target,
        coalesce(
            (additionalEventData->>'$.MFAUsed'),
            userIdentity.sessionContext.attributes.mfaAuthenticated) AS mfa,
        recipientAccountId AS account,
        userAgent AS agent,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource IN (
            'signin.amazonaws.com', 'sso.amazonaws.com', 'sso-oauth.amazonaws.com',
            'sts.amazonaws.com', 'ssm.amazonaws.com', 'ec2-instance-connect.amazonaws.com')
        AND eventName IN (
            'ConsoleLogin', 'CheckMfa', 'SwitchRole', 'ExitRole', 'PasswordRecoveryRequested',
            'PasswordRecoveryCompleted', 'PasswordUpdated', 'CredentialVerification',
            'UserAuthentication', 'Authenticate', 'Federate', 'Logout', 'CreateToken',
            'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetSessionToken',
            'GetFederationToken', 'StartSession', 'ResumeSession', 'TerminateSession',
            'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
SELECT
    time, layer, kind, who, action, ip, target, mfa, nullif(error, '') AS error, account, agent,
    ref(source_id, record_no) AS ref
FROM entries
WHERE ($who = '' OR contains(lower(who), lower($who))) AND ($layer = '' OR layer = $layer)
ORDER BY time, source_id, record_no
