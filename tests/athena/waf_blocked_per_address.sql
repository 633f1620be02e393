-- reads: waf/v2
-- row: [1, "203.0.113.25", "/item", "block-sqli"]
SELECT COUNT(*) AS count, httprequest.clientip AS client, httprequest.uri AS uri, terminatingruleid
FROM waf
WHERE action = 'BLOCK'
GROUP BY httprequest.clientip, httprequest.uri, terminatingruleid
HAVING COUNT(*) >= 1
ORDER BY count DESC, client, uri;
