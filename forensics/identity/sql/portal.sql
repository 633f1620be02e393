-- tables: cloudtrail
-- What users of Identity Center did to get into accounts, by name and by id.
WITH entries AS (
    SELECT * FROM cloudtrail WHERE eventName = 'Federate'
    UNION ALL SELECT * FROM cloudtrail WHERE eventName = 'GetRoleCredentials'
    UNION ALL SELECT * FROM cloudtrail WHERE eventName = 'UserAuthentication'
    UNION ALL SELECT * FROM cloudtrail WHERE eventName = 'CredentialVerification'),
told AS (
    SELECT
        eventTime AS time, eventName AS name,
        coalesce((additionalEventData->>'$.UserName'), userIdentity.userName) AS user_name,
        userIdentity.onBehalfOf.userId AS user_id,
        coalesce(
            (serviceEventDetails->>'$.account_id'), (requestParameters->>'$.accountId')) AS account,
        coalesce(
            (serviceEventDetails->>'$.role_name'), (requestParameters->>'$.roleName')) AS role_name,
        source_id, record_no
    FROM entries
    WHERE eventSource IN (
            'sso.amazonaws.com', 'sso-oauth.amazonaws.com', 'signin.amazonaws.com')
        AND errorCode IS NULL AND eventTime IS NOT NULL)
SELECT * FROM told
WHERE list_contains($names::VARCHAR[], lower(user_name)) OR list_contains($ids::VARCHAR[], user_id)
ORDER BY time, source_id, record_no
