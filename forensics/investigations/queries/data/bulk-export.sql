--| title = "Exports and copies of whole stores"
--| question = "Which jobs and statements copied whole databases, tables, disks, logs or buckets somewhere, by whom, and did the copy leave the account?"
--| tables = ["cloudtrail", "rds_mysql_audit", "rds_mysql", "rds_postgres", "rds_das"]
--| lists = ["export_calls"]
--| tier = "must"
--| signal = "high"
--| time = "time"
--| services = "acting"
--| attack = ["T1567.002", "T1213.006", "T1537"]
--| hit = "An export that nobody ordered, or one whose destination is in another account (outside = true)."
--| benign = ["Backups, reporting and migration export on a schedule"]
--| limits = ["Statements are known where the database logs them: exports by their words, large reads by their rows where the log counts them", "The destination bucket is taken for outside only where the call names its account"]
--| pivots = ["timeline --who {who}", "query mass-download"]
--| reference = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.html"
--| [params.rows]
--| type = "integer"
--| default = 10000
--| about = "rows that a statement returned or touched which make it a mass reading"

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
    JOIN export_calls AS x ON x.service = c.eventSource AND x.action = call_name(c.eventName)),
statements AS (
    SELECT
        'rds_mysql_audit' AS log, m.time, username AS who, operation AS action, object AS statement,
        NULL::BIGINT AS n, CASE WHEN retcode > 0 THEN retcode::VARCHAR END AS error,
        client_host AS ip, owner AS account, source_id, record_no
    FROM rds_mysql_audit AS m WHERE operation = 'QUERY'
    UNION ALL
    SELECT
        'rds_mysql', m.time, user_name, coalesce(command, kind), message, rows_sent, NULL,
        client_host, owner, source_id, record_no
    FROM rds_mysql AS m WHERE kind = 'slow' OR command IN ('Query', 'Execute')
    UNION ALL
    SELECT
        'rds_postgres', m.time, user_name, coalesce(command, kind), m.statement, audit_rows,
        nullif(sql_state_code, '00000'), remote_host, owner, source_id, record_no
    FROM rds_postgres AS m WHERE m.statement IS NOT NULL
    UNION ALL
    SELECT
        'rds_das', m.time, user_name, coalesce(command, event_class), command_text, row_count,
        nullif(nullif(lower(error_message), 'none'), ''), remote_host, owner, source_id, record_no
    FROM rds_das AS m WHERE command_text IS NOT NULL),
taken AS (
    SELECT
        *, coalesce(sql_export(statement),
            CASE WHEN n >= $rows AND sql_reads(statement) THEN 'mass reading' END) AS kind
    FROM statements)
SELECT
    eventTime AS time, kind, actor(userIdentity) AS who, eventName AS action, source, destination,
    destination_account,
    coalesce(destination_account <> recipientAccountId, false) AS outside,
    outcome(errorCode, NULL) AS outcome,
    sourceIPAddress AS ip, awsRegion AS region, recipientAccountId AS account,
    NULL::BIGINT AS "rows", ref(source_id, record_no) AS ref
FROM exports
UNION ALL
SELECT
    time, kind, who, action, left(statement, 300), sql_destination(statement), NULL, false,
    coalesce(error, 'success'), ip, NULL, account, n, ref(source_id, record_no)
FROM taken
WHERE kind IS NOT NULL
ORDER BY time, ref
