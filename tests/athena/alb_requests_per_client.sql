-- reads: alb/requests
-- row: [4, "-", "192.0.2.44"]
-- row: [4, "GET", "192.0.2.44"]
-- row: [0, null, "192.0.2.44"]
SELECT COUNT(request_verb) AS count, request_verb, client_ip
FROM alb
GROUP BY request_verb, client_ip
ORDER BY count DESC, request_verb, client_ip
LIMIT 100;
