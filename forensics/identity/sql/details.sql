-- tables: placed
-- What the records at $sources and $records say of who called, and of what the call handed out.
WITH told AS (SELECT * FROM placed)
SELECT
    userIdentity.type AS type, userIdentity.arn AS arn, userIdentity.principalId AS principal_id,
    userIdentity.accountId AS account, userIdentity.userName AS user_name,
    nullif(userIdentity.accessKeyId, '') AS access_key, userIdentity.invokedBy AS invoked_by,
    userIdentity.sessionContext.sessionIssuer.arn AS issuer, _session_start AS session_start,
    userIdentity.sessionContext.sourceIdentity AS source_identity,
    userIdentity.onBehalfOf.userId AS user_id,
    userIdentity.inScopeOf.credentialsIssuedTo AS workload,
    userIdentity.sessionContext.ec2RoleDelivery AS imds,
    coalesce(
        userIdentity.identityProvider,
        TRY(userIdentity.sessionContext.webIdFederationData->>'$.federatedProvider'),
        CASE WHEN eventName IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
            THEN coalesce((responseElements->>'$.provider'), (responseElements->>'$.issuer')) END)
        AS provider,
    sessionCredentialFromConsole AS console,
    eventName AS via, eventTime AS time, sourceIPAddress AS ip,
    recipientAccountId AS recorded_in,
    coalesce(
        (responseElements->>'$.subjectFromWebIdentityToken'), (responseElements->>'$.subject'))
        AS subject,
    coalesce(
        (responseElements->>'$.assumedRoleUser.arn'), (responseElements->>'$.federatedUser.arn'))
        AS session,
    (requestParameters->>'$.roleSessionName') AS named,
    (requestParameters->>'$.roleArn') AS role,
    (requestParameters->>'$.sourceIdentity') AS told_identity,
    (additionalEventData->>'$.SwitchFrom') AS switched_from,
    (responseElements->>'$.accessKey.userName') AS made_for,
    source_id, record_no
FROM told
ORDER BY source_id, record_no
