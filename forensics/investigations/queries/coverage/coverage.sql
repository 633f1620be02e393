--| title = "What the evidence does not cover"
--| question = "In which hours does which log of which account and region have no file, and is that proven empty, proven missing, or unknown?"
--| tables = ["sources", "source_locations", "cloudtrail_digest"]
--| tier = "must"
--| signal = "medium"
--| time = "from_hour"
--| window = "self"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "'missing': a digest lists files that are not in the evidence. 'unknown': no file and no digest; it was quiet, was not collected, or was deleted. 'proven empty': a digest proves that nothing was delivered."
--| benign = ["Quiet nights and regions nobody uses have no files"]
--| limits = ["Between the first and the last file of each log, account and region, or over the window asked for", "Only logs delivered all the time: states of Config and application logs come when something happens", "An hour with one file counts as covered, though others of the hour may be missing: only digests can tell"]
--| pivots = ["coverage --retention jp-default", "query log-tampering"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html"
--| [params.present]
--| type = "boolean"
--| default = false
--| about = "show the hours that are there, too"

WITH islands AS (
    SELECT
        *,
        hour - INTERVAL 1 HOUR * row_number() OVER (
            PARTITION BY log, account, region, state ORDER BY hour) AS island
    FROM hour_states($from::TIMESTAMP, $to::TIMESTAMP, $account, $region)
    WHERE $present OR state <> 'present')
SELECT
    log, account, region, state,
    min(hour) AS from_hour,
    max(hour) + INTERVAL 1 HOUR AS to_hour,
    count(*) AS hours,
    sum(lacking)::BIGINT AS files_lacking,
    refs(coalesce(
        list_sort(list_distinct(flatten(list(places) FILTER (places IS NOT NULL))))[1:5], [])) AS refs
FROM islands
GROUP BY log, account, region, state, island
ORDER BY log, account NULLS LAST, region NULLS LAST, from_hour, state
