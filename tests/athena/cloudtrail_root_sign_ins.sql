-- reads: cloudtrail/console-sign-in
-- row: ["ConsoleLogin", "2024-05-01 10:00:14", "2001:db8::9", "Mozilla/5.0 (X11; Linux x86_64)", "us-east-1", "Success", "Yes"]
SELECT eventname, eventtime, sourceipaddress, useragent, awsregion,
    json_extract_scalar(responseelements, '$.ConsoleLogin') AS result,
    json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfa
FROM cloudtrail
WHERE eventname = 'ConsoleLogin'
    AND useridentity.type = 'Root'
    AND eventtime >= '2024-05-01T00:00:00Z' AND eventtime < '2024-05-02T00:00:00Z'
ORDER BY eventtime;
