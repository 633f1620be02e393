--| title = "What changed on a resource"
--| question = "Which settings of a resource changed from one recorded state to the next, from what to what?"
--| tables = ["config_item"]
--| tier = "should"
--| signal = "none"
--| time = "time"
--| attack = ["T1578"]
--| hit = "One row per changed top-level setting of each state."
--| benign = ["Counters and times of the service change by themselves"]
--| limits = ["Settings are compared at their first level, as text", "States between two recordings are unknown"]
--| pivots = ["query config-actor --param resource={resource_id}", "query resource-history --param resource={resource_id}"]
--| reference = "https://docs.aws.amazon.com/config/latest/developerguide/view-manage-resource-console.html"
--| [params.resource]
--| type = "text"
--| about = "id, name or ARN of the resource"

WITH states AS (
    SELECT
        configurationItemCaptureTime AS time, resourceType AS type, resourceId AS resource_id,
        awsAccountId AS account, awsRegion AS region, configurationItemStatus AS status,
        configuration, source_id, record_no
    FROM config_item
    WHERE $resource IN (resourceId, resourceName, ARN) AND configurationItemCaptureTime IS NOT NULL),
numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY account, region, type, resource_id ORDER BY time, source_id, record_no) AS n
    FROM states),
settings AS (
    SELECT s.* EXCLUDE (configuration), k.setting, (s.configuration->>('/' || k.setting)) AS value
    FROM numbered AS s,
        LATERAL (SELECT DISTINCT unnest(coalesce(TRY(json_keys(s.configuration)), [])) AS setting) AS k
    WHERE NOT regexp_matches(k.setting, '[~/]')),
pairs AS (
    SELECT
        a.time AS before_at, b.time, b.type, b.resource_id, b.account, b.region, b.status, b.n,
        a.n AS n_before, b.source_id, b.record_no, a.source_id AS old_source, a.record_no AS old_record
    FROM numbered AS b
    JOIN numbered AS a
        ON a.account IS NOT DISTINCT FROM b.account AND a.region IS NOT DISTINCT FROM b.region
        AND a.type = b.type AND a.resource_id = b.resource_id AND a.n = b.n - 1),
names AS (
    SELECT DISTINCT p.*, s.setting
    FROM pairs AS p
    JOIN settings AS s
        ON (s.source_id = p.source_id AND s.record_no = p.record_no)
        OR (s.source_id = p.old_source AND s.record_no = p.old_record))
SELECT
    p.time, p.before_at, p.type, p.resource_id, p.setting,
    old.value AS before, new.value AS after, p.status, p.account, p.region,
    [ref(p.source_id, p.record_no), ref(p.old_source, p.old_record)] AS refs
FROM names AS p
LEFT JOIN settings AS new
    ON new.source_id = p.source_id AND new.record_no = p.record_no AND new.setting = p.setting
LEFT JOIN settings AS old
    ON old.source_id = p.old_source AND old.record_no = p.old_record AND old.setting = p.setting
WHERE old.value IS DISTINCT FROM new.value
ORDER BY p.time, p.type, p.resource_id, p.setting, p.source_id, p.record_no
