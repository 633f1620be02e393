-- reads: cloudtrail/management cloudtrail/console-sign-in
-- row: ["2024-05-01 00:00:00", "AKIAEXAMPLE000000002", 1, 1]
SELECT date_trunc('day', from_iso8601_timestamp(eventtime)) AS day,
    useridentity.accesskeyid AS access_key,
    approx_distinct(sourceipaddress) AS addresses,
    count(*) AS calls
FROM cloudtrail
WHERE useridentity.accesskeyid LIKE 'AKIA%' AND cardinality(resources) IS NULL
GROUP BY 1, 2
ORDER BY 1, 2;
