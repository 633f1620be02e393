-- reads: s3_access/requesters s3_access/eras
-- row: [403, "AccessDenied", 1]
SELECT httpstatus, errorcode, count(*) AS requests
FROM s3_access
WHERE httpstatus >= 400
    AND parse_datetime(requestdatetime, 'dd/MMM/yyyy:HH:mm:ss Z')
        BETWEEN parse_datetime('2025-02-06:00:00:00', 'yyyy-MM-dd:HH:mm:ss')
        AND parse_datetime('2025-02-06:23:59:59', 'yyyy-MM-dd:HH:mm:ss')
GROUP BY httpstatus, errorcode
ORDER BY requests DESC, httpstatus, errorcode;
