-- reads: cloudfront/normal
-- row: ["/a\tb\"c", "2.0"]
-- row: ["/a%20b/%C3%A9.html", "2.0"]
SELECT DISTINCT url_decode(cs_uri_stem) AS path, split_part(cs_protocol_version, '/', 2) AS http
FROM cloudfront
WHERE cs_uri_stem LIKE '/%' AND NOT regexp_like(cs_user_agent, '(?i)bot')
ORDER BY path, http;
