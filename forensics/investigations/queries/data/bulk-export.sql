--| title = "Exports and copies of whole stores"
--| question = "Which jobs copied whole databases, disks, logs or buckets somewhere, by whom, and did the copy leave the account?"
--| tables = ["cloudtrail"]
--| lists = ["export_calls"]
--| tier = "must"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1567.002", "T1213.006", "T1537"]
--| hit = "An export that nobody ordered, or one whose destination is in another account (outside = true)."
--| benign = ["Backups, reporting and migration export on a schedule"]
--| limits = ["Statements that read whole tables are in the logs of the database", "The destination bucket is taken for outside only where the call names its account"]
--| pivots = ["query timeline --param who={who}", "query mass-download"]
--| reference = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.html"

WITH exports AS (
    SELECT
        x.kind,
        coalesce(
            (requestParameters->>'$.sourceArn'), (requestParameters->>'$.tableArn'),
            (requestParameters->>'$.instanceId'), (requestParameters->>'$.imageId'),
            (requestParameters->>'$.logGroupName'), (requestParameters->>'$.recoveryPointArn'),
            (requestParameters->>'$.sourceSnapshotId'), (requestParameters->>'$.sourceImageId'),
            (requestParameters->>'$.sourceDBSnapshotIdentifier'),
            (requestParameters->>'$.sourceDBClusterSnapshotIdentifier'),
            (requestParameters->>'$.snapshotId'), (requestParameters->>'$.tableName'),
            (requestParameters->>'$.taskArn'), (requestParameters->>'$.replicationTaskArn'),
            (requestParameters->>'$.jobName'), (requestParameters->>'$.queryString'),
            _bucket, (requestParameters->>'$.clusterIdentifier')) AS source,
        coalesce(
            (requestParameters->>'$.s3BucketName'), (requestParameters->>'$.s3Bucket'),
            (requestParameters->>'$.exportToS3.s3Bucket'),
            (requestParameters->>'$.s3ExportLocation.s3Bucket'),
            (requestParameters->>'$.bucket'), (requestParameters->>'$.destination'),
            (requestParameters->>'$.destinationBackupVaultArn'),
            (requestParameters->>'$.resultConfiguration.outputLocation'),
            (requestParameters->>'$.ReplicationConfiguration.Rule.Destination.Bucket'),
            (requestParameters->>'$.ReplicationConfiguration.Rule[0].Destination.Bucket'),
            (requestParameters->>'$.destinationRegion')) AS destination,
        coalesce(
            (requestParameters->>'$.s3BucketOwner'),
            account_of((requestParameters->>'$.destinationBackupVaultArn')),
            (requestParameters->>'$.ReplicationConfiguration.Rule.Destination.Account'),
            (requestParameters->>'$.ReplicationConfiguration.Rule[0].Destination.Account'))
            AS destination_account,
        c.*
    FROM cloudtrail AS c
    JOIN export_calls AS x ON x.service = c.eventSource AND x.action = call_name(c.eventName))
SELECT
    eventTime AS time, kind, actor(userIdentity) AS who, eventName AS action, source, destination,
    destination_account,
    coalesce(destination_account <> recipientAccountId, false) AS outside,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip, awsRegion AS region, recipientAccountId AS account,
    ref(source_id, record_no) AS ref
FROM exports
ORDER BY time, source_id, record_no
