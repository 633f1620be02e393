-- reads: cloudfront/normal
-- row: ["d111111abcdef8.cloudfront.net", "GET", 403, "Error", "192.0.2.100", "1800"]
SELECT cs_host, cs_method, sc_status, x_edge_result_type, c_ip, SUM(sc_bytes) AS bytes
FROM cloudfront
WHERE date(time) BETWEEN DATE '2025-02-15' AND DATE '2025-02-16' AND sc_status >= 400
GROUP BY cs_host, cs_method, sc_status, x_edge_result_type, c_ip
ORDER BY bytes DESC, c_ip, sc_status;
