SELECT
    source_id,
    record_no,
    'cloudtrail' AS event_dataset,
    eventTime AS event_time,
    CASE
        WHEN eventType = 'AwsServiceEvent' THEN 'service event'
        WHEN eventType = 'AwsConsoleSignIn' THEN 'sign-in'
        ELSE 'API call completed'
    END AS timestamp_desc,
    's' AS time_precision,
    CASE
        WHEN contains(errorCode, 'DryRun') THEN 'unknown'
        WHEN errorCode <> '' OR errorMessage <> '' OR _sign_in = 'Failure'
            THEN 'failure'
        ELSE 'success'
    END AS event_outcome,
    CASE
        WHEN eventSource IN (
            'signin.amazonaws.com', 'sts.amazonaws.com', 'sso.amazonaws.com',
            'sso-oauth.amazonaws.com') THEN ['authentication', 'api']
        WHEN eventSource IN (
            'iam.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com',
            'organizations.amazonaws.com') THEN ['iam', 'api']
        WHEN eventCategory = 'NetworkActivity' THEN ['network', 'api']
        WHEN eventCategory = 'Data' AND eventSource = 's3.amazonaws.com' THEN ['file', 'api']
        WHEN eventCategory = 'Data' AND eventSource = 'dynamodb.amazonaws.com'
            THEN ['database', 'api']
        WHEN readOnly IS FALSE THEN ['configuration', 'api']
        ELSE ['api']
    END AS event_category,
    CASE
        WHEN _is_denied(errorCode) THEN ['denied']
        WHEN event_outcome = 'failure' THEN ['error']
        WHEN eventType = 'AwsConsoleSignIn' THEN ['start']
        WHEN readOnly THEN ['access']
        WHEN regexp_matches(eventName, '^(Create|Run|Allocate|Import|Register)')
            THEN ['creation', 'change']
        WHEN regexp_matches(eventName, '^(Delete|Terminate|Release|Remove|Deregister)')
            THEN ['deletion', 'change']
        WHEN readOnly IS FALSE THEN ['change']
        ELSE ['info']
    END AS event_type,
    eventSource AS event_provider,
    eventName AS event_action,
    nullif(errorCode, '') AS error_code,
    nullif(errorMessage, '') AS error_message,
    readOnly AS read_only,
    userIdentity.type AS user_type,
    coalesce(userIdentity.principalId, userIdentity.onBehalfOf.userId) AS user_id,
    coalesce(
        userIdentity.userName, userIdentity.sessionContext.sessionIssuer.userName) AS user_name,
    userIdentity.arn AS user_arn,
    userIdentity.accountId AS user_account_id,
    nullif(userIdentity.accessKeyId, '') AS access_key_id,
    userIdentity.principalId || '@' || userIdentity.sessionContext.attributes.creationDate
        AS session_uid,
    coalesce(recipientAccountId, owner) AS cloud_account_id,
    awsRegion AS cloud_region,
    sourceIPAddress AS source_address,
    _sourceIPAddress AS source_ip_num,
    CASE WHEN eventCategory = 'NetworkActivity' THEN 'egress' END AS network_direction,
    _bytes_in AS source_bytes,
    _bytes_out AS destination_bytes,
    userAgent AS user_agent_original,
    tlsDetails.clientProvidedHostHeader AS url_domain,
    coalesce(
        resources[1].type,
        CASE
            WHEN _object_key IS NOT NULL THEN 'AWS::S3::Object'
            WHEN _bucket IS NOT NULL THEN 'AWS::S3::Bucket'
        END) AS resource_type,
    coalesce(
        _bucket || '/' || _object_key,
        _bucket,
        subject,
        resources[1].ARN,
        resources[2].ARN) AS resource_id,
    coalesce(
        resources[1].ARN,
        resources[2].ARN,
        CASE WHEN starts_with(subject, 'arn:') THEN subject END) AS resource_arn,
    eventID AS event_id,
    requestID AS request_id,
    sharedEventID AS trace_id,
    nullif(
        regexp_extract(
            coalesce(userIdentity.inScopeOf.credentialsIssuedTo, userIdentity.principalId),
            '[:/](i-[0-9a-f]+)$', 1),
        '') AS instance_id,
    _function(userIdentity.inScopeOf.credentialsIssuedTo) AS function_name,
    concat(
        coalesce(
            userIdentity.arn, user_name, userIdentity.invokedBy, user_id, user_type, 'somebody'),
        ' called ', coalesce(eventSource, 'a service'), ' ', coalesce(event_action, '?'),
        coalesce(' on ' || coalesce(resource_arn, resource_id), ''),
        coalesce(' from ' || sourceIPAddress, ''),
        ': ', coalesce(error_code, error_message, event_outcome)) AS message
FROM (
    SELECT *, _subject(requestParameters, responseElements) AS subject
    FROM cloudtrail
    WHERE timeWindow IS NULL
) AS call

UNION ALL BY NAME

-- Aggregated events: calls of one kind, counted over a window, without eventTime.
SELECT
    source_id,
    record_no,
    'cloudtrail' AS event_dataset,
    TRY_CAST(timeWindow->>'$.windowStart' AS TIMESTAMP) AS event_time,
    TRY_CAST(timeWindow->>'$.windowEnd' AS TIMESTAMP) AS event_end,
    'window start' AS timestamp_desc,
    'window' AS time_precision,
    'unknown' AS event_outcome,
    ['api'] AS event_category,
    ['info'] AS event_type,
    eventSource AS event_provider,
    (summary->>'$.primaryDimension.statistics[0].name') AS event_action,
    coalesce(accountId, recipientAccountId) AS cloud_account_id,
    awsRegion AS cloud_region,
    coalesce(aggregatedEventId, eventID) AS event_id,
    concat(
        coalesce(eventSource, 'a service'), ' was called in the window, mostly ', event_action,
        ' (', summary->>'$.primaryDimension.statistics[0].value', ')') AS message
FROM cloudtrail
WHERE timeWindow IS NOT NULL
