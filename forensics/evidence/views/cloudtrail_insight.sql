SELECT
    source_id,
    record_no,
    'cloudtrail_insight' AS event_dataset,
    eventTime AS event_time,
    'unusual activity ' || lower(coalesce(insightDetails.state, 'noticed')) AS timestamp_desc,
    'min' AS time_precision,
    'unknown' AS event_outcome,
    ['api'] AS event_category,
    CASE insightDetails.state WHEN 'Start' THEN ['start'] WHEN 'End' THEN ['end'] ELSE ['info'] END
        AS event_type,
    insightDetails.eventSource AS event_provider,
    insightDetails.eventName AS event_action,
    insightDetails.errorCode AS error_code,
    coalesce(recipientAccountId, owner) AS cloud_account_id,
    awsRegion AS cloud_region,
    eventID AS event_id,
    sharedEventID AS trace_id,
    concat(
        coalesce(insightDetails.insightType, 'unusual activity'), ' of ',
        coalesce(event_provider, '?'), ' ', coalesce(event_action, '?'), ' ' || error_code, ': ',
        coalesce(insightDetails.state, '?')) AS message
FROM cloudtrail_insight
