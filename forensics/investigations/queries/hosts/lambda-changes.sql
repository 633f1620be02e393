--| title = "Changes of functions"
--| question = "Who changed code, settings, layers, addresses or permissions of which function, and from which code to which?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "low"
--| time = "time"
--| services = "acting"
--| attack = ["T1648", "T1546"]
--| hit = "Code changed outside the pipeline, a permission for an outside caller, an address on the internet."
--| benign = ["Every deployment"]
--| limits = ["code_sha256 is of the new code; the one before is that of the function's last change in the evidence", "The environment is removed from the record by AWS"]
--| pivots = ["query resource-history --param resource={function}", "timeline --who {who}"]
--| reference = "https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html"

WITH changes AS (
    SELECT
        eventTime AS time, call_name(eventName) AS action, actor(userIdentity) AS who,
        regexp_extract(
            coalesce(
                (requestParameters->>'$.functionName'), (requestParameters->>'$.layerName'),
                (responseElements->>'$.functionArn')),
            '([^:]+)$', 1) AS function,
        (responseElements->>'$.codeSha256') AS code_sha256,
        coalesce(
            (requestParameters->>'$.principal'), (requestParameters->>'$.authType'),
            (requestParameters->>'$.role'), (requestParameters->>'$.layers'),
            (requestParameters->>'$.s3Bucket')) AS detail,
        errorCode, sourceIPAddress AS ip, userAgent AS agent, recipientAccountId AS account,
        source_id, record_no
    FROM cloudtrail
    WHERE eventSource = 'lambda.amazonaws.com' AND is_write(readOnly, eventName)
        AND NOT regexp_matches(eventName, '^Invoke'))
SELECT
    time, function, action, who, detail,
    lag(code_sha256 IGNORE NULLS) OVER (
        PARTITION BY account, function ORDER BY time, source_id, record_no) AS code_before,
    code_sha256,
    outcome(errorCode, NULL) AS outcome,
    ip, agent, account,
    ref(source_id, record_no) AS ref
FROM changes
ORDER BY time, source_id, record_no
