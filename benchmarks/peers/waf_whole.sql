-- AWS WAF logs, one JSON object on each line,
-- into the columns of our table: the types it declares, the file
-- each row is from, and the prepared columns (without what SQL cannot make: members nobody declared,
-- numbers of records, numbers of IPv6 addresses).
--
-- See waf.sql for other ways.

SET preserve_insertion_order = false;

CREATE TABLE waf AS
SELECT
    * EXCLUDE (octets) REPLACE (epoch_ms("timestamp") AS "timestamp"),
    CASE WHEN len(octets) = 4 THEN
        CAST(octets[1] AS UBIGINT) * 16777216 + CAST(octets[2] AS UBIGINT) * 65536
        + CAST(octets[3] AS UBIGINT) * 256 + CAST(octets[4] AS UBIGINT)
    END AS _clientIp,
    list_filter(httpRequest.headers, lambda each: lower(each.name) = 'host')[1]."value" AS _host,
    list_filter(httpRequest.headers, lambda each: lower(each.name) = 'user-agent')[1]."value"
        AS _user_agent,
    list_filter(httpRequest.headers, lambda each: lower(each.name) = 'x-forwarded-for')[1]."value"
        AS _x_forwarded_for
FROM (
    SELECT
        *,
        string_split(httpRequest.clientIp, '.') AS octets
FROM read_json(
    getvariable('files'),
    format = 'newline_delimited', maximum_object_size = 1_048_576, filename = true,
    columns = {
        'timestamp': 'BIGINT',
        'formatVersion': 'BIGINT',
        'webaclId': 'VARCHAR',
        'terminatingRuleId': 'VARCHAR',
        'terminatingRuleType': 'VARCHAR',
        'action': 'VARCHAR',
        'terminatingRuleMatchDetails':
            'STRUCT("conditionType" VARCHAR, "sensitivityLevel" VARCHAR, "location" VARCHAR,
            "matchedFieldName" VARCHAR, "matchedData" VARCHAR[])[]',
        'httpSourceName': 'VARCHAR',
        'httpSourceId': 'VARCHAR',
        'ruleGroupList':
            'STRUCT("ruleGroupId" VARCHAR, "terminatingRule" STRUCT("ruleId" VARCHAR, "action"
            VARCHAR, "overriddenAction" VARCHAR, "ruleMatchDetails" STRUCT("conditionType" VARCHAR,
            "sensitivityLevel" VARCHAR, "location" VARCHAR, "matchedFieldName" VARCHAR,
            "matchedData" VARCHAR[])[]), "nonTerminatingMatchingRules" STRUCT("ruleId" VARCHAR,
            "action" VARCHAR, "overriddenAction" VARCHAR, "ruleMatchDetails" STRUCT("conditionType"
            VARCHAR, "sensitivityLevel" VARCHAR, "location" VARCHAR, "matchedFieldName" VARCHAR,
            "matchedData" VARCHAR[])[])[], "excludedRules" STRUCT("exclusionType" VARCHAR, "ruleId"
            VARCHAR)[], "customerConfig" VARCHAR)[]',
        'rateBasedRuleList':
            'STRUCT("rateBasedRuleId" VARCHAR, "rateBasedRuleName" VARCHAR, "limitKey" VARCHAR,
            "limitValue" VARCHAR, "maxRateAllowed" BIGINT, "evaluationWindowSec" BIGINT,
            "customValues" STRUCT("key" VARCHAR, "name" VARCHAR, "value" VARCHAR)[])[]',
        'nonTerminatingMatchingRules':
            'STRUCT("ruleId" VARCHAR, "action" VARCHAR, "overriddenAction" VARCHAR,
            "ruleMatchDetails" STRUCT("conditionType" VARCHAR, "sensitivityLevel" VARCHAR,
            "location" VARCHAR, "matchedFieldName" VARCHAR, "matchedData" VARCHAR[])[],
            "captchaResponse" STRUCT("responseCode" BIGINT, "solveTimestamp" TIMESTAMP,
            "failureReason" VARCHAR), "challengeResponse" STRUCT("responseCode" BIGINT,
            "solveTimestamp" TIMESTAMP, "failureReason" VARCHAR))[]',
        'requestHeadersInserted': 'STRUCT("name" VARCHAR, "value" VARCHAR)[]',
        'responseCodeSent': 'BIGINT',
        'httpRequest':
            'STRUCT("clientIp" VARCHAR, "country" VARCHAR, "headers" STRUCT("name" VARCHAR, "value"
            VARCHAR)[], "uri" VARCHAR, "args" VARCHAR, "httpVersion" VARCHAR, "httpMethod" VARCHAR,
            "requestId" VARCHAR, "fragment" VARCHAR, "scheme" VARCHAR, "host" VARCHAR)',
        'labels': 'STRUCT("name" VARCHAR)[]',
        'captchaResponse':
            'STRUCT("responseCode" BIGINT, "solveTimestamp" TIMESTAMP, "failureReason" VARCHAR)',
        'challengeResponse':
            'STRUCT("responseCode" BIGINT, "solveTimestamp" TIMESTAMP, "failureReason" VARCHAR)',
        'ja3Fingerprint': 'VARCHAR',
        'ja4Fingerprint': 'VARCHAR',
        'oversizeFields': 'VARCHAR[]',
        'requestBodySize': 'BIGINT',
        'requestBodySizeInspectedByWAF': 'BIGINT',
        'clientAsn': 'VARCHAR',
        'forwardedAsn': 'VARCHAR',
        'cfDistributionTenantId': 'VARCHAR',
        'monetizeVerifyResponse':
            'STRUCT("verificationStatus" VARCHAR, "failureReason" VARCHAR, "chainName" VARCHAR,
            "network" VARCHAR, "amount" VARCHAR, "currency" VARCHAR, "asset" VARCHAR, "payerAddress"
            VARCHAR, "idempotencyKey" VARCHAR, "currencyMode" VARCHAR)'
    }
));

CHECKPOINT;
