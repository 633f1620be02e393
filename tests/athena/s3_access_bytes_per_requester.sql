-- reads: s3_access/requesters
-- row: ["arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234", "2662992", 1]
-- row: ["arn:aws:sts::444455556666:assumed-role/ops/alice@example.com", "2662992", 1]
-- row: ["ffeeddccbbaa00998877665544332211ffeeddccbbaa00998877665544332211", "2662992", 1]
SELECT requester, SUM(bytessent) AS downloadtotal, COUNT(DISTINCT key) AS objects
FROM s3_access
WHERE operation = 'REST.GET.OBJECT' AND httpstatus = '200'
GROUP BY requester
ORDER BY downloadtotal DESC, requester;
