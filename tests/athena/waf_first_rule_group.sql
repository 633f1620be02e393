-- reads: waf/v2
-- row: ["2024-05-01 10:00:01.456000", "AWS#AWSManagedRulesCommonRuleSet", 2, "-"]
SELECT from_unixtime(timestamp) AS moment, element_at(rulegrouplist, 1).rulegroupid AS first_group,
    cardinality(rulegrouplist) AS groups, httprequest.country AS country
FROM waf
WHERE cardinality(rulegrouplist) > 0
ORDER BY timestamp;
