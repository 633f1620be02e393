-- reads: s3_access/internal-operations s3_access/requesters
-- row: ["2025-02-06 00:00:38", "192.0.2.3", "arn:aws:iam::111122223333:user/alice", "tmp/a.bin", "BATCH.DELETE.OBJECT"]
-- row: ["2025-02-06 00:00:38", "192.0.2.3", "arn:aws:iam::111122223333:user/alice", null, "REST.POST.MULTI_OBJECT_DELETE"]
-- row: ["2025-02-06 00:02:01", null, "AmazonS3", "tmp/old.bin", "S3.CREATE.DELETEMARKER"]
SELECT requestdatetime, remoteip, requester, key, operation
FROM s3_access
WHERE bucket_name = 'example-bucket' AND operation LIKE '%DELETE%'
ORDER BY requestdatetime, operation, key;
