-- reads: cloudtrail/data-events
-- row: ["GetObject", "arn:aws:s3:::example-bucket/payroll/2024 May/é.csv", null, "AWS::S3::Object"]
-- row: ["ListObjectsV2", null, null, "AWS::S3::Object"]
SELECT eventname, entry.arn, entry.accountid, entry.type
FROM cloudtrail, UNNEST(resources) unnested (entry)
WHERE entry.type = 'AWS::S3::Object'
ORDER BY eventtime, entry.arn
LIMIT 10;
