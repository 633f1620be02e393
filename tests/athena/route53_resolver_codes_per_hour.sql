-- reads: route53_resolver/s3 route53_resolver/firehose
-- row: ["2024-05-01 10:00:00", "NOERROR", 6]
-- row: ["2024-05-01 10:00:00", "NXDOMAIN", 1]
SELECT date_trunc('hour', parse_datetime(query_timestamp, 'yyyy-MM-dd''T''HH:mm:ss''Z')) AS hour,
    rcode, count(*) AS queries
FROM route53_resolver
WHERE vpc_id LIKE 'vpc-%'
GROUP BY 1, 2
ORDER BY 1, 2;
