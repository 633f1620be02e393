--| title = "Coverage by day"
--| question = "For each log, account, region and day: how many hours are present, proven empty, missing or unknown?"
--| tables = ["sources", "source_locations", "cloudtrail_digest"]
--| tier = "should"
--| signal = "none"
--| time = "day"
--| window = "self"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "One row per day: the cells of a calendar of the evidence."
--| benign = ["Quiet nights and regions nobody uses have no files"]
--| limits = ["As `explain coverage` says", "Days are those of UTC"]
--| pivots = ["coverage", "query log-tampering"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html"

SELECT
    log, account, region, date_trunc('day', hour)::TIMESTAMP AS day,
    count(*) FILTER (state = 'present') AS present,
    count(*) FILTER (state = 'proven empty') AS proven_empty,
    count(*) FILTER (state = 'missing') AS missing,
    count(*) FILTER (state = 'unknown') AS unknown,
    sum(lacking)::BIGINT AS files_lacking,
    refs(coalesce(
        list_sort(list_distinct(flatten(list(places) FILTER (lacking > 0))))[1:5], [])) AS refs
FROM hour_states($from::TIMESTAMP, $to::TIMESTAMP, $account, $region)
GROUP BY ALL
ORDER BY log, account NULLS LAST, region NULLS LAST, day
