--| title = "Steps to more rights"
--| question = "Which calls can give a caller more rights, on which user, role or machine, with which policy, and did they succeed?"
--| tables = ["cloudtrail"]
--| lists = ["escalation_calls"]
--| tier = "should"
--| signal = "medium"
--| time = "time"
--| services = "acting"
--| attack = ["T1098.003", "T1548.005"]
--| hit = "Administrator policies, rights for oneself, and machines or functions started with a powerful role."
--| benign = ["Whoever administers users makes these calls"]
--| limits = ["Handing over a role (PassRole) is no call of its own: it is seen in the call that uses the role", "What a policy allows is in its document, shown only where the call carries it"]
--| pivots = ["timeline --who {who}", "query privesc-chain"]
--| reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"

WITH steps AS (
    SELECT
        e.primitive,
        coalesce(
            (requestParameters->>'$.userName'), (requestParameters->>'$.roleName'),
            (requestParameters->>'$.groupName'), (requestParameters->>'$.policyArn'),
            (requestParameters->>'$.functionName'), (requestParameters->>'$.stackName'),
            (requestParameters->>'$.instanceProfileName'), (requestParameters->>'$.name'),
            (responseElements->>'$.instancesSet.items[0].instanceId'),
            (requestParameters->>'$.permissionSetArn')) AS subject,
        coalesce(
            (requestParameters->>'$.policyArn'), (requestParameters->>'$.policyName'),
            (requestParameters->>'$.permissionsBoundary')) AS policy,
        coalesce(
            (requestParameters->>'$.policyDocument'), (requestParameters->>'$.inlinePolicy')) AS document,
        coalesce(
            (requestParameters->>'$.role'), (requestParameters->>'$.roleArn'),
            (requestParameters->>'$.roleARN'), (requestParameters->>'$.serviceRole'),
            (requestParameters->>'$.iamInstanceProfile.arn'),
            (requestParameters->>'$.iamInstanceProfile.name'),
            (requestParameters->>'$.taskRoleArn')) AS role,
        c.*
    FROM cloudtrail AS c
    JOIN escalation_calls AS e ON e.service = c.eventSource AND e.action = call_name(c.eventName))
SELECT
    eventTime AS time, primitive, actor(userIdentity) AS who, eventName AS action, subject, policy,
    role,
    coalesce(
        regexp_matches(policy, '/(AdministratorAccess|IAMFullAccess|PowerUserAccess)')
        OR regexp_matches(
            replace(document, ' ', ''),
            '"Action":(\[[^\]]*)?"(\*|iam:\*|\*:\*)"'), false) AS administrator,
    coalesce(subject = userIdentity.userName, false) AS for_oneself,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip, recipientAccountId AS account, ref(source_id, record_no) AS ref
FROM steps
WHERE (role IS NOT NULL OR eventSource NOT IN (
        'ec2.amazonaws.com', 'cloudformation.amazonaws.com', 'ecs.amazonaws.com'))
    AND NOT (eventName IN ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
        AND coalesce(subject, userIdentity.userName) IS NOT DISTINCT FROM userIdentity.userName)
ORDER BY time, source_id, record_no
