SELECT
    source_id,
    record_no,
    'config_item' AS event_dataset,
    configurationItemCaptureTime AS event_time,
    'configuration captured' AS timestamp_desc,
    'ms' AS time_precision,
    'unknown' AS event_outcome,
    ['configuration'] AS event_category,
    CASE
        WHEN starts_with(configurationItemStatus, 'ResourceDeleted') OR changeType = 'DELETE'
            THEN ['deletion']
        WHEN configurationItemStatus = 'ResourceDiscovered' OR changeType = 'CREATE'
            THEN ['creation']
        ELSE ['change']
    END AS event_type,
    'config.amazonaws.com' AS event_provider,
    coalesce(configurationItemStatus, changeType, messageType) AS event_action,
    coalesce(awsAccountId, owner) AS cloud_account_id,
    awsRegion AS cloud_region,
    resourceType AS resource_type,
    coalesce(resourceId, resourceName) AS resource_id,
    ARN AS resource_arn,
    nullif(configurationStateId, '') AS event_id,
    CASE resourceType WHEN 'AWS::EC2::Instance' THEN resourceId END AS instance_id,
    CASE resourceType WHEN 'AWS::EC2::NetworkInterface' THEN resourceId END AS eni_id,
    CASE resourceType WHEN 'AWS::Lambda::Function' THEN coalesce(resourceName, resourceId) END
        AS function_name,
    concat(
        'AWS Config recorded ', coalesce(resourceType, 'a resource'), ' ',
        coalesce(resource_id, ARN, '?'), ' (' || nullif(resourceName, resourceId) || ')', ': ',
        coalesce(event_action, '?')) AS message
FROM config_item
WHERE configurationItemCaptureTime IS NOT NULL OR notificationCreationTime IS NULL

UNION ALL BY NAME

-- Notifications of deliveries and the like, without an item.
SELECT
    source_id,
    record_no,
    'config_item' AS event_dataset,
    notificationCreationTime AS event_time,
    'notification made' AS timestamp_desc,
    'ms' AS time_precision,
    'unknown' AS event_outcome,
    ['configuration'] AS event_category,
    ['info'] AS event_type,
    'config.amazonaws.com' AS event_provider,
    coalesce(configurationItemStatus, changeType, messageType) AS event_action,
    coalesce(awsAccountId, owner) AS cloud_account_id,
    awsRegion AS cloud_region,
    coalesce(resourceType, CASE WHEN s3ObjectKey IS NOT NULL THEN 'AWS::S3::Object' END)
        AS resource_type,
    coalesce(resourceId, s3Bucket || '/' || s3ObjectKey) AS resource_id,
    ARN AS resource_arn,
    concat(
        'AWS Config notified: ', coalesce(event_action, '?'), ' ' || resource_id) AS message
FROM config_item
WHERE configurationItemCaptureTime IS NULL AND notificationCreationTime IS NOT NULL
