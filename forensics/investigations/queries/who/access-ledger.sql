--| title = "Log-ins, failures and log-outs"
--| question = "Who got in, tried to, or left, on any layer: console, Identity Center, federation, session tokens, shells, databases, hosts?"
--| tables = ["cloudtrail", "rds_mysql_audit", "rds_mysql", "rds_postgres", "rds_das", "host"]
--| tier = "must"
--| signal = "low"
--| time = "time"
--| services = "acting"
--| attack = ["T1078", "T1021.007"]
--| hit = "Each row is one log-in, failure or log-out; failures before a success and layers a person never uses stand out."
--| benign = ["Every working day has log-ins"]
--| limits = ["AWS logs no sign-out from the console", "Failed sign-ins with a user name that does not exist show it as HIDDEN_DUE_TO_SECURITY_REASONS", "Databases and hosts are known where their own logs are in the evidence; times of hosts without a year are not known"]
--| pivots = ["query ip-story --param ip={ip}", "query console-sessions --param who={who}", "query session-chain --param of={who}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"
--| [params.who]
--| type = "text"
--| default = ""
--| about = "only log-ins of principals whose name or ARN holds this text"
--| [params.layer]
--| type = "text"
--| default = ""
--| about = "only this layer: console, identity-center, federation, token, shell, host-key, database, host"

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
            'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')),
databases AS (
    SELECT
        m.time, 'rds_mysql_audit' AS log, operation AS action, username AS who,
        CASE WHEN operation = 'DISCONNECT' THEN 'log-out'
            WHEN operation = 'FAILED_CONNECT' OR retcode > 0 THEN 'failure' ELSE 'log-in' END AS kind,
        CASE WHEN retcode > 0 THEN 'error ' || retcode END AS error, client_host AS ip,
        concat_ws('/', serverhost, database) AS target, owner AS account,
        connection_type AS agent, source_id, record_no
    FROM rds_mysql_audit AS m
    WHERE operation IN ('CONNECT', 'FAILED_CONNECT', 'CHANGEUSER', 'DISCONNECT')
    UNION ALL
    SELECT
        m.time, 'rds_mysql', coalesce(command, kind), user_name,
        CASE WHEN kind = 'access_denied' THEN 'failure' WHEN kind = 'connect' THEN 'log-in'
            ELSE 'log-out' END,
        CASE WHEN kind = 'access_denied' THEN coalesce(message, 'access denied') END, client_host,
        concat_ws('/', _database_of(log_group), database_name), owner, connection_type,
        source_id, record_no
    FROM rds_mysql AS m WHERE kind IN ('connect', 'access_denied') OR command = 'Quit'
    UNION ALL
    SELECT
        m.time, 'rds_postgres', kind, user_name,
        CASE WHEN kind = 'disconnection' THEN 'log-out'
            WHEN kind = 'connection_authorized' THEN 'log-in' ELSE 'failure' END,
        CASE WHEN kind NOT IN ('disconnection', 'connection_authorized') THEN message END,
        remote_host, concat_ws('/', _database_of(log_group), database_name), owner,
        application_name, source_id, record_no
    FROM rds_postgres AS m
    WHERE kind IN ('connection_authorized', 'disconnection', 'authentication_failed')
        OR (starts_with(sql_state_code, '28') AND error_severity = 'FATAL')
    UNION ALL
    SELECT
        m.time, 'rds_das', coalesce(command, event_class), user_name,
        CASE
            WHEN upper(command) IN ('DISCONNECT', 'LOGOFF', 'LOGOUT') OR upper(event_class) = 'LOGOUT'
                THEN 'log-out'
            WHEN upper(command) = 'FAILED_CONNECT' OR lower(error_message) NOT IN ('', 'none')
                THEN 'failure'
            ELSE 'log-in'
        END,
        nullif(nullif(lower(error_message), 'none'), ''), remote_host,
        concat_ws('/', service_name, database_name), owner, client_application,
        source_id, record_no
    FROM rds_das AS m
    WHERE upper(command) IN (
            'CONNECT', 'LOGON', 'LOGIN', 'FAILED_CONNECT', 'DISCONNECT', 'LOGOFF', 'LOGOUT')
        OR upper(event_class) IN ('LOGIN', 'LOGON', 'LOGOUT', 'CONNECT')),
hosts AS (
    SELECT
        h.time, coalesce('windows ' || windows_event, audit_type, kind) AS action,
        coalesce(user_name, by_user, target_user) AS who,
        CASE
            WHEN kind IN ('session_closed', 'ssh_disconnect') OR windows_event IN ('4634', '4647')
                OR audit_type = 'USER_LOGOUT' THEN 'log-out'
            WHEN kind = 'ssh_login' OR windows_event IN ('4624', '4648', '528')
                OR (audit_type = 'USER_LOGIN' AND lower(result) IN ('success', 'yes')) THEN 'log-in'
            ELSE 'failure'
        END AS kind,
        coalesce(reason, sub_status) AS error, source_ip AS ip, hostname AS target,
        owner AS account, coalesce(auth_method, logon_type) AS agent, source_id, record_no
    FROM host AS h
    WHERE kind IN (
            'ssh_login', 'ssh_login_failed', 'ssh_invalid_user', 'ssh_denied',
            'ssh_attempts_exceeded', 'pam_failure', 'ssh_disconnect')
        OR (kind = 'session_closed' AND NOT regexp_matches(program, '^(sudo|su|CRON|crond)\b'))
        OR windows_event IN ('4624', '4625', '4634', '4647', '4648', '4771', '528', '529')
        OR audit_type IN ('USER_LOGIN', 'USER_LOGOUT')),
everywhere AS (
    SELECT
        time, layer, kind, who, action, ip, target, mfa, nullif(error, '') AS error, account, agent,
        source_id, record_no
    FROM entries
    UNION ALL
    SELECT
        time, 'database', kind, who, action, ip, nullif(target, ''), NULL, error, account, agent,
        source_id, record_no
    FROM databases
    UNION ALL
    SELECT
        time, 'host', kind, who, action, ip, target, NULL, error, account, agent,
        source_id, record_no
    FROM hosts)
SELECT
    time, layer, kind, who, action, ip, target, mfa, error, account, agent,
    ref(source_id, record_no) AS ref
FROM everywhere
WHERE ($who = '' OR contains(lower(who), lower($who))) AND ($layer = '' OR layer = $layer)
ORDER BY time, source_id, record_no
