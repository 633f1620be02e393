-- reads: cloudtrail/data-events
-- row: ["web", "example-bucket", "payroll/2024 May/é.csv", "198.51.100.7"]
SELECT useridentity.sessioncontext.sessionissuer.username AS role,
    json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
    json_extract_scalar(requestparameters, '$.key') AS object_key,
    sourceipaddress
FROM cloudtrail
WHERE eventsource = 's3.amazonaws.com' AND eventname = 'GetObject'
    AND regexp_like(json_extract_scalar(requestparameters, '$.bucketName'), '^example-')
ORDER BY eventtime;
