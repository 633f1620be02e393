-- reads: route53_resolver/s3
-- row: ["cdn.example.net.", "192.0.2.80", "A"]
-- row: ["cdn.example.net.", "2001:db8::80", "AAAA"]
-- row: ["cdn.example.net.", "edge.example.org.", "CNAME"]
SELECT query_name, answer.rdata, answer.type
FROM route53_resolver CROSS JOIN UNNEST(answers) AS st (answer)
WHERE query_name LIKE '%.example.net.' AND answer.type IN ('A', 'AAAA', 'CNAME')
ORDER BY query_name, answer.rdata;
