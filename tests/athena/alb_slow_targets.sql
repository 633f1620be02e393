-- reads: alb/requests
-- row: ["198.51.100.8", 80, 9, 0.052, 0.052]
SELECT target_ip, target_port, count(*) AS requests,
    approx_percentile(target_processing_time, 0.5) AS median,
    max(target_processing_time) AS slowest
FROM alb
WHERE user_agent LIKE '%Mozilla%' AND target_processing_time > 0
GROUP BY target_ip, target_port
ORDER BY slowest DESC, target_ip, target_port;
