-- reads: route53_resolver/s3
-- row: ["2024-05-01 10:00:05", "bad.example.", "10.0.1.15", "i-0a1b2c3d4e5f60718", "BLOCK"]
SELECT query_timestamp, query_name, srcaddr, srcids.instance AS instance, firewall_rule_action
FROM route53_resolver
WHERE firewall_rule_action = 'BLOCK'
ORDER BY query_timestamp, query_name;
