--| title = "Volume and growth"
--| question = "How many records, files and bytes does each log have on each day, and how much more or less than the day before?"
--| tables = ["events", "sources"]
--| tier = "should"
--| signal = "none"
--| time = "day"
--| services = "all"
--| attack = ["T1685.002"]
--| hit = "A day far below the others lost records or was quiet; a day far above tells of an attack, a loop or a new log."
--| benign = ["Weekends", "Work that is done once a month"]
--| limits = ["Bytes are those of the decompressed content, divided by records where a file holds several days or logs", "Growth is told only where the day before has records", "Records without a time are not counted"]
--| pivots = ["coverage", "stats over-time {log} --step hour"]
--| reference = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudwatch-monitoring.html"

WITH counted AS (
    -- Quarters of an hour: no zone is finer, and only few are converted.
    SELECT
        event_dataset AS log, source_id, time_bucket(INTERVAL 15 MINUTE, event_time) AS quarter,
        count(*) AS n, min(record_no) AS record_no
    FROM events
    WHERE event_time IS NOT NULL
    GROUP BY ALL),
days AS (
    SELECT
        c.log,
        date_trunc('day', c.quarter AT TIME ZONE 'UTC' AT TIME ZONE $tz)::TIMESTAMP AS day,
        sum(c.n)::BIGINT AS records,
        count(DISTINCT c.source_id) AS files,
        round(sum(f.bytes * c.n / f.n ORDER BY c.source_id, c.quarter))::BIGINT AS bytes,
        min(place(c.quarter, c.source_id, c.record_no), 3) AS places
    FROM counted AS c
    LEFT JOIN temp.fed AS f ON f.source_id = c.source_id AND f.format = c.log
    GROUP BY ALL)
SELECT
    log, day, records, files, bytes,
    CASE WHEN lag(day) OVER earlier = day - INTERVAL 1 DAY
        THEN round(records / lag(records) OVER earlier - 1, 3) END AS growth,
    refs(places) AS refs
FROM days
WINDOW earlier AS (PARTITION BY log ORDER BY day)
ORDER BY log, day
