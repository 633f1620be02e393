-- reads: nlb/normal
-- row: [3, "tlsv12", "ECDHE-RSA-AES128-SHA"]
SELECT count(*) AS ct, tls_protocol_version, tls_cipher_suite
FROM nlb
WHERE tls_protocol_version NOT IN ('tlsv13') AND cert_arn LIKE 'arn:%'
GROUP BY tls_protocol_version, tls_cipher_suite
ORDER BY ct DESC, tls_protocol_version, tls_cipher_suite;
