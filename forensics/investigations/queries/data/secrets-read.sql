--| title = "Secrets that were read"
--| question = "Who read secrets, decrypted parameters, passwords of machines, user data or code, how many, and from where?"
--| tables = ["cloudtrail"]
--| tier = "must"
--| signal = "medium"
--| time = "first_seen"
--| services = "acting"
--| attack = ["T1555.006", "T1552.005"]
--| hit = "One row per reader, address and kind: many different secrets in a short time, or a reader that has no business with them."
--| benign = ["Applications read their own secrets all day, by AWS SDKs and from their own network"]
--| limits = ["CloudTrail names the secret, never its value", "Parameters that AWS publishes (/aws/service/…) are left out", "Decrypt shows the encryption context, not what was decrypted"]
--| pivots = ["timeline --who {who}", "query ip-story --param ip={ip}"]
--| reference = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieve-ct-entries.html"

WITH reads AS (
    SELECT
        CASE
            WHEN eventName IN ('GetSecretValue', 'BatchGetSecretValue') THEN 'secret'
            WHEN starts_with(eventName, 'GetParameter') THEN 'parameter'
            WHEN eventName = 'GetPasswordData' THEN 'password of a machine'
            WHEN eventName = 'DescribeInstanceAttribute' THEN 'user data'
            WHEN eventName = 'GetLaunchTemplateData' THEN 'user data'
            WHEN eventName = 'Decrypt' THEN 'decryption'
            WHEN starts_with(eventName, 'GetFunction') THEN 'code and settings of a function'
            ELSE 'registry password'
        END AS kind,
        coalesce(
            (requestParameters->>'$.secretId'), (requestParameters->>'$.name'),
            (requestParameters->>'$.path'), (requestParameters->>'$.names'),
            (requestParameters->>'$.secretIdList'), (requestParameters->>'$.instanceId'),
            (requestParameters->>'$.functionName'), (requestParameters->>'$.encryptionContext'),
            resources[1].ARN) AS secret,
        *
    FROM cloudtrail
    WHERE (eventSource = 'secretsmanager.amazonaws.com'
            AND eventName IN ('GetSecretValue', 'BatchGetSecretValue'))
        OR (eventSource = 'ssm.amazonaws.com'
            AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
            AND (requestParameters->>'$.withDecryption') = 'true')
        OR (eventSource = 'ec2.amazonaws.com'
            AND (eventName IN ('GetPasswordData', 'GetLaunchTemplateData')
                OR (eventName = 'DescribeInstanceAttribute'
                    AND (requestParameters->>'$.attribute') = 'userData')))
        OR (eventSource = 'kms.amazonaws.com' AND eventName = 'Decrypt'
            AND userIdentity.invokedBy IS NULL)
        OR (eventSource = 'lambda.amazonaws.com'
            AND regexp_matches(eventName, '^GetFunction(\d|$|Configuration)'))
        OR (eventSource = 'ecr.amazonaws.com' AND eventName = 'GetAuthorizationToken'))
SELECT
    actor(userIdentity) AS who,
    kind,
    sourceIPAddress AS ip,
    count(*) AS reads,
    count(DISTINCT secret) AS secrets,
    count(*) FILTER (is_denied(errorCode)) AS denied,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT secret)) AS which,
    few(list(DISTINCT userIdentity.accessKeyId)) AS keys,
    few(list(DISTINCT userAgent)) AS agents,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM reads
WHERE NOT coalesce(starts_with(secret, '/aws/service/'), false)
GROUP BY ALL
ORDER BY secrets DESC, reads DESC, who, kind, ip
