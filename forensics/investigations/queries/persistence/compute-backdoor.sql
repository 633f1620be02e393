--| title = "Machines and functions made to run something"
--| question = "Which machines, images, functions and schedules were changed so that they run code of somebody's choice?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "medium"
--| time = "time"
--| services = "acting"
--| attack = ["T1525", "T1546", "T1648", "T1578"]
--| hit = "User data changed on a stopped machine, code or layers of a function changed by hand, images pushed, schedules added."
--| benign = ["Deployments change code and images all day, from the pipeline's role and agent"]
--| limits = ["User data and code are not in CloudTrail: only that they changed"]
--| pivots = ["query resource-history --param resource={resource}", "timeline --who {who}"]
--| reference = "https://attack.mitre.org/techniques/T1525/"

SELECT
    eventTime AS time,
    CASE
        WHEN eventName = 'ModifyInstanceAttribute' THEN 'user data'
        WHEN contains(eventName, 'LaunchTemplate') THEN 'launch template'
        WHEN eventSource = 'lambda.amazonaws.com' THEN 'function'
        WHEN eventSource = 'ecr.amazonaws.com' THEN 'image'
        WHEN eventSource IN ('events.amazonaws.com', 'scheduler.amazonaws.com') THEN 'schedule'
        WHEN eventSource = 'ssm.amazonaws.com' THEN 'association'
        WHEN contains(eventName, 'Lifecycle') THEN 'lifecycle script'
        ELSE 'other'
    END AS kind,
    actor(userIdentity) AS who,
    eventName AS action,
    coalesce(
        (requestParameters->>'$.instanceId'), (requestParameters->>'$.functionName'),
        (requestParameters->>'$.layerName'), (requestParameters->>'$.repositoryName'),
        (requestParameters->>'$.ModifyLaunchTemplateRequest.LaunchTemplateId'),
        (requestParameters->>'$.CreateLaunchTemplateVersionRequest.LaunchTemplateId'),
        (requestParameters->>'$.CreateLaunchTemplateRequest.LaunchTemplateName'),
        (requestParameters->>'$.rule'), (requestParameters->>'$.name'),
        (requestParameters->>'$.notebookInstanceLifecycleConfigName')) AS resource,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    userAgent AS agent,
    recipientAccountId AS account,
    awsRegion AS region,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE (eventSource = 'ec2.amazonaws.com' AND (
        (eventName = 'ModifyInstanceAttribute'
            AND (requestParameters->>'$.userData') IS NOT NULL)
        OR eventName IN (
            'CreateLaunchTemplate', 'CreateLaunchTemplateVersion', 'ModifyLaunchTemplate')))
    OR (eventSource = 'lambda.amazonaws.com' AND regexp_matches(
        eventName, '^(UpdateFunctionCode|UpdateFunctionConfiguration|PublishLayerVersion'
            || '|CreateEventSourceMapping|CreateFunctionUrlConfig)\d*(v\d)?$'))
    OR (eventSource = 'ecr.amazonaws.com' AND eventName = 'PutImage')
    OR (eventSource = 'events.amazonaws.com' AND eventName IN ('PutTargets', 'PutRule'))
    OR (eventSource = 'scheduler.amazonaws.com'
        AND eventName IN ('CreateSchedule', 'UpdateSchedule'))
    OR (eventSource = 'ssm.amazonaws.com'
        AND eventName IN ('CreateAssociation', 'UpdateAssociation', 'CreateMaintenanceWindow'))
    OR (eventSource = 'sagemaker.amazonaws.com'
        AND contains(eventName, 'NotebookInstanceLifecycleConfig')
        AND is_write(readOnly, eventName))
ORDER BY time, source_id, record_no
