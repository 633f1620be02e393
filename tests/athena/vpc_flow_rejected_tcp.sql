-- reads: vpc_flow/default-header
-- row: [3, "eni-0a1b2c3d4e5f60718", "203.0.113.9", 22, "REJECT", 6]
SELECT day_of_week(from_unixtime(start)) AS day, interface_id, srcaddr, dstport, action, protocol
FROM vpc_flow
WHERE action = 'REJECT' AND protocol = 6
ORDER BY start
LIMIT 100;
