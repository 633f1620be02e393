-- reads: waf/v2
-- row: ["awswaf:111122223333:webacl:edge:sqli", "BLOCK"]
-- row: ["awswaf:managed:aws:sql-database:SQLi_QueryArguments", "BLOCK"]
SELECT label.name AS label, array_join(array_agg(DISTINCT action ORDER BY action), ',') AS actions
FROM waf CROSS JOIN UNNEST(labels) AS t (label)
WHERE label.name LIKE 'awswaf:%'
GROUP BY label.name
ORDER BY label;
