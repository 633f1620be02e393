-- reads: alb/requests
-- row: ["2025-02-15 23:39", 400, null, "198.51.100.1", ""]
-- row: ["2025-02-15 23:39", 400, null, "198.51.100.1", ""]
SELECT date_format(time, '%Y-%m-%d %H:%i') AS minute, elb_status_code, target_status_code,
    url_extract_host(request_url) AS host, url_extract_path(request_url) AS path
FROM alb
WHERE elb_status_code >= 400
    AND parse_datetime(time, 'yyyy-MM-dd''T''HH:mm:ss.SSSSSS''Z')
        BETWEEN parse_datetime('2025-02-15-00:00:00', 'yyyy-MM-dd-HH:mm:ss')
        AND parse_datetime('2025-02-16-00:00:00', 'yyyy-MM-dd-HH:mm:ss')
ORDER BY time, elb_status_code, path;
