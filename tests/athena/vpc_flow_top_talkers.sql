-- reads: vpc_flow/default-header
-- row: ["20", 4.1494140625, "198.51.100.7"]
SELECT SUM(packets) AS packetcount, SUM(bytes) / 1024 AS kib, dstaddr
FROM vpc_flow
WHERE dstport = 443 AND start > from_iso8601_timestamp('2024-12-31T00:00:00Z')
GROUP BY dstaddr
ORDER BY packetcount DESC, dstaddr
LIMIT 10;
