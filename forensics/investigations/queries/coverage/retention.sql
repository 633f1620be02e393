--| title = "How far back the evidence reaches"
--| question = "From when to when does each log of each account and region reach, and how many days are short of what must be kept?"
--| tables = ["sources", "source_locations"]
--| lists = ["retention_profiles"]
--| tier = "should"
--| signal = "none"
--| time = "oldest"
--| window = "self"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "short_by above zero: the log does not reach back as far as the profile asks."
--| benign = ["Evidence may be a part of the archive by order"]
--| limits = ["A log that the profile does not rank has no target", "Days are counted back from the newest record of all logs in the evidence", "The profile is one of those in retention_profiles.toml: jp-default, pci-dss, gdpr, y5, y7, y10"]
--| pivots = ["coverage"]
--| reference = "https://www.pcisecuritystandards.org/document_library/"
--| [params.profile]
--| type = "text"
--| default = "jp-default"
--| about = "how long logs must be kept: jp-default, pci-dss, gdpr, y5, y7, y10"

WITH dated AS (
    SELECT
        s.format AS log, l.account_id AS account, l.region, s.source_id, s.first_time, s.last_time,
        s.n, s.bytes
    FROM temp.fed AS s
    JOIN (SELECT DISTINCT source_id, account_id, region FROM source_locations) AS l USING (source_id)
    WHERE s.first_time IS NOT NULL AND s.first_time < $to AND s.last_time >= $from
        AND $account IN ('', l.account_id) AND $region IN ('', l.region)),
newest AS (
    SELECT max(last_time) AS moment FROM dated),
logs AS (
    SELECT
        log, account, region, min(first_time) AS oldest, max(last_time) AS newest,
        count(DISTINCT source_id) AS files, sum(n)::BIGINT AS records,
        round(sum(bytes ORDER BY source_id))::BIGINT AS bytes,
        min({'t': first_time, 's': source_id}).s AS first_source
    FROM dated GROUP BY log, account, region)
SELECT
    l.log, l.account, l.region, l.oldest, l.newest,
    date_diff('day', l.oldest, n.moment) AS days,
    TRY_CAST(p.days AS BIGINT) AS target_days,
    CASE WHEN TRY_CAST(p.days AS BIGINT) IS NOT NULL
        THEN greatest(0, TRY_CAST(p.days AS BIGINT) - date_diff('day', l.oldest, n.moment))
    END AS short_by,
    l.files, l.records, l.bytes,
    round(l.records / greatest(1, date_diff('day', l.oldest, l.newest)), 1) AS records_per_day,
    [ref(l.first_source, 1)] AS refs
FROM logs AS l
CROSS JOIN newest AS n
LEFT JOIN retention_profiles AS p ON p.log = l.log AND p.profile = $profile
ORDER BY short_by DESC NULLS LAST, l.log, l.account NULLS LAST, l.region NULLS LAST
