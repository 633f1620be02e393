--| title = "Things shared with other accounts or everybody"
--| question = "Which snapshots, images, buckets, keys, roles, functions and other things were opened to another account or to everybody, by whom, and were they closed again?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1537", "T1098"]
--| hit = "A copy of a disk or database given away is data that left; a role or key given away is a way back in."
--| benign = ["Sharing within the organization (name its accounts with --param own=…)", "Websites and published images"]
--| limits = ["Told from what the call set, not from what stood there before", "revoked_at is known for snapshots, images and documents", "Conditions in a policy may narrow what looks open"]
--| pivots = ["timeline --who {who}", "query resource-history --param resource={resource}"]
--| reference = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-modifying-snapshot-permissions.html"
--| [params.own]
--| type = "texts"
--| default = ""
--| about = "accounts of one's own, divided by commas; sharing with them is left out"

WITH changes AS (
    SELECT
        eventTime AS time, actor(userIdentity) AS who, recipientAccountId AS account,
        call_name(eventName) AS action, eventSource, sourceIPAddress AS ip, errorCode,
        source_id, record_no,
        coalesce(
            (requestParameters->>'$.snapshotId'), (requestParameters->>'$.imageId'),
            (requestParameters->>'$.dBSnapshotIdentifier'),
            (requestParameters->>'$.dBClusterSnapshotIdentifier'),
            _bucket || coalesce('/' || _object_key, ''),
            (requestParameters->>'$.functionName'), (requestParameters->>'$.layerName'),
            (requestParameters->>'$.keyId'), (requestParameters->>'$.secretId'),
            (requestParameters->>'$.queueUrl'), (requestParameters->>'$.topicArn'),
            (requestParameters->>'$.repositoryName'), (requestParameters->>'$.roleName'),
            (requestParameters->>'$.backupVaultName'), (requestParameters->>'$.snapshotIdentifier'),
            (requestParameters->>'$.name'), eventSource) AS resource,
        coalesce(
            (requestParameters->>'$.bucketPolicy'), (requestParameters->>'$.policy'),
            (requestParameters->>'$.policyDocument'),
            (requestParameters->>'$.assumeRolePolicyDocument'),
            (requestParameters->>'$.resourcePolicy'), (requestParameters->>'$.policyText'),
            (requestParameters->>'$.policyInJson'), (requestParameters->>'$.attributes.Policy'),
            CASE WHEN (requestParameters->>'$.attributeName') = 'Policy'
                THEN (requestParameters->>'$.attributeValue') END) AS policy,
        concat_ws(
            ' ',
            (requestParameters->>'$.createVolumePermission.add'),
            (requestParameters->>'$.launchPermission.add'), (requestParameters->>'$.valuesToAdd'),
            (requestParameters->>'$.accountIdsToAdd'), (requestParameters->>'$.userIds'),
            (requestParameters->>'$.aWSAccountIds'), (requestParameters->>'$.principals'),
            (requestParameters->>'$.accountWithRestoreAccess'),
            CASE WHEN eventSource IN ('lambda.amazonaws.com', 'sns.amazonaws.com', 'sqs.amazonaws.com')
                THEN (requestParameters->>'$.principal') END,
            (requestParameters->>'$.granteePrincipal'), (requestParameters->>'$."x-amz-acl"'),
            (requestParameters->>'$.AccessControlPolicy')) AS given,
        concat_ws(
            ' ',
            (requestParameters->>'$.createVolumePermission.remove'),
            (requestParameters->>'$.launchPermission.remove'),
            (requestParameters->>'$.valuesToRemove'),
            (requestParameters->>'$.accountIdsToRemove')) AS taken
    FROM cloudtrail
    WHERE regexp_matches(
            eventName,
            '^(Modify(Snapshot|Image|DBSnapshot|DBClusterSnapshot)Attribute|ModifyDocumentPermission'
            || '|Put(Bucket|Key|Resource|BackupVaultAccess)Policy|Put(Bucket|Object)Acl|CreateRole'
            || '|SetRepositoryPolicy|UpdateAssumeRolePolicy|CreateGrant|AuthorizeSnapshotAccess'
            || '|SetQueueAttributes|SetTopicAttributes|CreateResourceShare'
            || '|Add(LayerVersion)?Permission\d*(v\d)?)$')),
judged AS (
    SELECT
        *,
        list_filter(
            accounts_in(concat_ws(' ', given, policy), account),
            lambda each: NOT list_contains($own::VARCHAR[], each)) AS accounts,
        is_open(policy)
            OR regexp_matches(
                given, '"all"|\*|public-read|AllUsers|AuthenticatedUsers|^all$') AS to_everybody
    FROM changes)
SELECT
    g.time, g.who, g.action, g.resource, g.accounts, g.to_everybody,
    outcome(g.errorCode, NULL) AS outcome,
    r.time AS revoked_at,
    g.account, g.ip,
    list_filter(
        [ref(g.source_id, g.record_no),
            CASE WHEN r.source_id IS NOT NULL THEN ref(r.source_id, r.record_no) END],
        lambda each: each IS NOT NULL) AS refs
FROM judged AS g
LEFT JOIN changes AS r
    ON r.resource = g.resource AND r.eventSource = g.eventSource AND r.taken <> ''
    AND r.time >= g.time AND r.errorCode IS NULL AND g.errorCode IS NULL
WHERE len(g.accounts) > 0 OR g.to_everybody
QUALIFY row_number() OVER (
    PARTITION BY g.source_id, g.record_no ORDER BY r.time, r.source_id, r.record_no) = 1
ORDER BY g.time, g.source_id, g.record_no
