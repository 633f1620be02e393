-- reads: nlb/normal
-- row: ["2001:db8::99", null, null, null]
-- row: ["[2001:db8::99]", "www.example.com", 46, 3]
SELECT client_ip, domain_name, incoming_tls_alert, tls_handshake_time_ms
FROM nlb
WHERE tls_handshake_time_ms IS NULL OR incoming_tls_alert IS NOT NULL
ORDER BY time, client_ip, domain_name;
