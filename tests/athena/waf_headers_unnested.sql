-- reads: waf/v2
-- row: [1, "user-agent", "Mozilla/5.0"]
-- row: [1, "User-Agent", "curl/8.5.0"]
-- row: [1, "User-Agent", "second"]
WITH dataset AS (
    SELECT header, action FROM waf CROSS JOIN UNNEST(httprequest.headers) AS t (header))
SELECT COUNT(*) AS total, header.name AS name, header.value AS value
FROM dataset
WHERE lower(header.name) = 'user-agent'
GROUP BY header.name, header.value
ORDER BY total DESC, value;
