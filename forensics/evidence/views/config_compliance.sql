SELECT
    source_id,
    record_no,
    'config_compliance' AS event_dataset,
    _recorded AS event_time,
    'judgement recorded' AS timestamp_desc,
    'ms' AS time_precision,
    coalesce(
        complianceType, newEvaluationResult.complianceType, compliance.complianceType)
        AS event_action,
    CASE event_action
        WHEN 'COMPLIANT' THEN 'success'
        WHEN 'NON_COMPLIANT' THEN 'failure'
        ELSE 'unknown'
    END AS event_outcome,
    ['configuration'] AS event_category,
    ['info'] AS event_type,
    coalesce(
        configRuleName, judged.configRuleName, announced.configRuleName) AS event_provider,
    coalesce(annotation, newEvaluationResult.annotation) AS error_message,
    coalesce(awsAccountId, owner) AS cloud_account_id,
    awsRegion AS cloud_region,
    coalesce(
        record.resourceType, judged.resourceType, announced.resourceType) AS resource_type,
    coalesce(record.resourceId, judged.resourceId, announced.resourceId) AS resource_id,
    CASE WHEN event_provider IS NULL THEN configRuleARN END AS resource_arn,
    concat(
        'AWS Config judged ', coalesce(resource_type || ' ', ''),
        coalesce(resource_id, 'a rule''s resources'), ' by ' || event_provider, ': ',
        coalesce(event_action, '?')) AS message
FROM (
    SELECT
        *,
        evaluationResultIdentifier.evaluationResultQualifier AS judged,
        newEvaluationResult.evaluationResultIdentifier.evaluationResultQualifier AS announced
    FROM config_compliance
) AS record
