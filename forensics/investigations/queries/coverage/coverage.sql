--| title = "What the evidence does not cover"
--| question = "In which hours does which log of which account and region have no file, and is that proven quiet, proven missing, or unknown?"
--| tables = ["sources", "source_locations", "cloudtrail_digest"]
--| tier = "must"
--| signal = "medium"
--| time = "from_hour"
--| window = "self"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "'missing': a digest lists files that are not in the evidence. 'unknown': no file and no digest; it was quiet, was not collected, or was deleted. 'quiet': a digest proves that nothing was logged."
--| benign = ["Quiet nights and regions nobody uses have no files"]
--| limits = ["Only between the first and the last file of each log, account and region", "Only logs delivered all the time: states of Config and application logs come when something happens", "An hour with one file counts as covered, though others of the hour may be missing: only digests can tell"]
--| pivots = ["query retention", "query log-tampering"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html"

WITH files AS (
    SELECT
        s.source_id, s.format AS log, l.account_id AS account, l.region,
        least(l.period_start, s.first_time, l.period_end) AS low,
        greatest(l.period_start, s.last_time, l.period_end - INTERVAL 1 SECOND) AS high
    FROM sources AS s
    JOIN source_locations AS l USING (source_id)
    WHERE s.format IN (
        'cloudtrail', 'vpc_flow', 'tgw_flow', 'route53_resolver', 'alb', 'nlb', 'clb', 'cloudfront',
        's3_access', 'waf')),
hours AS (
    SELECT DISTINCT
        log, account, region,
        unnest(generate_series(
            date_trunc('hour', low), date_trunc('hour', high), INTERVAL 1 HOUR)) AS hour
    FROM files WHERE low IS NOT NULL AND high >= low),
steps AS (
    SELECT
        *, lead(hour) OVER (PARTITION BY log, account, region ORDER BY hour) AS next_hour
    FROM hours),
gaps AS (
    SELECT
        log, account, region,
        unnest(generate_series(
            hour + INTERVAL 1 HOUR, next_hour - INTERVAL 1 HOUR, INTERVAL 1 HOUR)) AS hour
    FROM steps WHERE next_hour > hour + INTERVAL 1 HOUR),
listed AS (
    SELECT
        awsAccountId AS account,
        regexp_extract(digestS3Object, 'CloudTrail-Digest/([a-z0-9-]+)/', 1) AS region,
        date_trunc('hour', digestStartTime) AS hour,
        lower(file.hashValue) AS sha256, digestStartTime AS time, source_id, record_no
    FROM (
        SELECT *, unnest(CASE WHEN len(logFiles) > 0 THEN logFiles ELSE [NULL] END) AS file
        FROM cloudtrail_digest
        WHERE digestStartTime IS NOT NULL)),
digests AS (
    SELECT
        d.account, d.region, d.hour,
        count(d.sha256) - count(s.content_sha256) AS lacking,
        min(place(d.time, d.source_id, d.record_no), 5) AS places
    FROM listed AS d
    LEFT JOIN (SELECT DISTINCT content_sha256 FROM sources) AS s ON s.content_sha256 = d.sha256
    GROUP BY d.account, d.region, d.hour),
judged AS (
    SELECT
        g.log, g.account, g.region, g.hour,
        CASE
            WHEN d.hour IS NULL THEN 'unknown' WHEN d.lacking > 0 THEN 'missing' ELSE 'quiet'
        END AS state,
        coalesce(d.lacking, 0) AS lacking, d.places
    FROM gaps AS g
    LEFT JOIN digests AS d
        ON g.log = 'cloudtrail' AND d.account = g.account AND d.region = g.region
        AND d.hour = g.hour
    UNION ALL
    SELECT 'cloudtrail', d.account, d.region, d.hour, 'missing', d.lacking, d.places
    FROM digests AS d
    WHERE d.lacking > 0 AND NOT EXISTS (
        SELECT 1 FROM gaps AS g
        WHERE g.log = 'cloudtrail' AND g.account = d.account AND g.region = d.region
            AND g.hour = d.hour)),
islands AS (
    SELECT
        *,
        hour - INTERVAL 1 HOUR * row_number() OVER (
            PARTITION BY log, account, region, state ORDER BY hour) AS island
    FROM judged
    WHERE hour >= date_trunc('hour', $from::TIMESTAMP) AND hour < $to)
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
