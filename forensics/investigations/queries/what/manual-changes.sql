--| title = "Changes by hand"
--| question = "Which changes were made in the console or by interactive tools instead of pipelines?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1078.004", "T1538"]
--| hit = "Changes by hand where everything else is made by a pipeline."
--| benign = ["Small estates are run by hand", "Emergencies"]
--| limits = ["Told by user agent and console flag, which a caller can choose"]
--| pivots = ["timeline --who {principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
--| [params.pipelines]
--| type = "text"
--| default = "terraform|hashicorp|pulumi|cloudformation|aws-cdk|ansible|jenkins|codebuild|github|gitlab"
--| about = "user agents of one's own pipelines, as a pattern (RE2)"

WITH changes AS (
    SELECT
        actor(userIdentity) AS principal,
        CASE
            WHEN sessionCredentialFromConsole = 'true'
                OR regexp_matches(userAgent, '^(console\.|signin\.|AWS Internal|Mozilla/|\[?S3Console)')
                THEN 'console'
            WHEN contains(lower(userAgent), 'aws-cli') THEN 'command line'
            WHEN contains(lower(userAgent), 'cloudshell') THEN 'cloud shell'
            WHEN contains(lower(userAgent), 'powershell') THEN 'PowerShell'
            ELSE 'other'
        END AS how,
        *
    FROM cloudtrail
    WHERE is_write(readOnly, eventName) AND errorCode IS NULL
        AND eventType IS DISTINCT FROM 'AwsConsoleSignIn'
        AND eventSource IS DISTINCT FROM 'sts.amazonaws.com'
        AND NOT coalesce(regexp_matches(lower(userAgent), $pipelines), false))
SELECT
    principal, how,
    count(*) AS changes,
    min(eventTime) AS first_seen,
    max(eventTime) AS last_seen,
    few(list(DISTINCT eventName)) AS actions,
    few(list(DISTINCT sourceIPAddress)) AS ips,
    few(list(DISTINCT userAgent)) AS agents,
    refs(min(place(eventTime, source_id, record_no), 5)) AS refs
FROM changes
WHERE how <> 'other'
GROUP BY principal, how
ORDER BY changes DESC, principal, how
