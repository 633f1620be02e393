--| title = "Commands sent to machines"
--| question = "Who ran which documents and runbooks on which machines, and did it work?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "medium"
--| time = "time"
--| services = "acting"
--| attack = ["T1651"]
--| hit = "A shell document sent by somebody who does not run machines, or to many machines at once."
--| benign = ["Patching and inventory send documents every day"]
--| limits = ["AWS hides the parameters, so the command itself (HIDDEN_DUE_TO_SECURITY_REASONS)", "What the command printed is in S3 or CloudWatch Logs where the call named one"]
--| pivots = ["timeline --who {who}", "query shell-sessions"]
--| reference = "https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html"

SELECT
    eventTime AS time,
    actor(userIdentity) AS who,
    eventName AS action,
    coalesce(
        (requestParameters->>'$.documentName'), (requestParameters->>'$.name')) AS document,
    coalesce(
        (requestParameters->>'$.instanceIds'), (requestParameters->>'$.targets'),
        (requestParameters->>'$.instanceId')) AS targets,
    (requestParameters->>'$.parameters') AS parameters,
    coalesce(
        (responseElements->>'$.command.commandId'),
        (responseElements->>'$.automationExecutionId'),
        (responseElements->>'$.associationDescription.associationId')) AS execution,
    coalesce(
        (requestParameters->>'$.outputS3BucketName'),
        (requestParameters->>'$.cloudWatchOutputConfig.cloudWatchLogGroupName')) AS output,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip,
    recipientAccountId AS account,
    awsRegion AS region,
    ref(source_id, record_no) AS ref
FROM cloudtrail
WHERE eventSource = 'ssm.amazonaws.com' AND eventName IN (
    'SendCommand', 'StartAutomationExecution', 'StartChangeRequestExecution', 'CreateAssociation',
    'UpdateAssociation', 'StartAssociationsOnce')
ORDER BY time, source_id, record_no
