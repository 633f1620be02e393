-- reads: vpc_flow/default-header
-- row: ["111122223333", "192.0.2.10", "198.51.100.7", 60, 1735689600.0]
-- row: ["unknown", "2001:db8::17", "2001:db8::1", 60, 1735689600.0]
-- row: ["111122223333", "203.0.113.9", "192.0.2.10", 54, 1735689601.0]
SELECT account_id, srcaddr, dstaddr,
    date_diff('second', from_unixtime(start), from_unixtime("end")) AS seconds,
    to_unixtime(start) AS epoch
FROM vpc_flow
WHERE log_status = 'OK' AND date_add('day', 1, start) > parse_datetime('2025-01-01:00:00:00', 'yyyy-MM-dd:HH:mm:ss')
ORDER BY start, srcaddr;
