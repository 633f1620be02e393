-- tables: config_item cloudtrail
-- Whether anything says that somebody here held a public address.
WITH said AS (
    SELECT 1 AS one FROM cloudtrail
    WHERE eventName = 'AssociateAddress' AND contains(requestParameters::VARCHAR, $ip)
    UNION ALL
    SELECT 1 FROM cloudtrail
    WHERE eventName = 'AllocateAddress' AND contains(responseElements::VARCHAR, $ip)
    UNION ALL
    SELECT 1 FROM config_item
    WHERE resourceType IN (
            'AWS::EC2::NetworkInterface', 'AWS::EC2::Instance', 'AWS::EC2::EIP')
        AND contains(configuration::VARCHAR, $ip))
SELECT one FROM said LIMIT 1
