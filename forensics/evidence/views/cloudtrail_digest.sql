SELECT
    source_id,
    record_no,
    'cloudtrail_digest' AS event_dataset,
    digestStartTime AS event_time,
    digestEndTime AS event_end,
    'digest window start' AS timestamp_desc,
    'window' AS time_precision,
    'unknown' AS event_outcome,
    ['file'] AS event_category,
    ['info'] AS event_type,
    'cloudtrail.amazonaws.com' AS event_provider,
    'digest' AS event_action,
    coalesce(awsAccountId, owner) AS cloud_account_id,
    nullif(regexp_extract(digestS3Object, '/CloudTrail-Digest/([a-z0-9-]+)/', 1), '')
        AS cloud_region,
    CASE WHEN digestS3Object IS NOT NULL THEN 'AWS::S3::Object' END AS resource_type,
    digestS3Bucket || '/' || digestS3Object AS resource_id,
    concat(
        'CloudTrail listed ', coalesce(len(logFiles), 0), ' log files of the window in ',
        coalesce(resource_id, '?')) AS message
FROM cloudtrail_digest
