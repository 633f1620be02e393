--| title = "Holes in flow logs"
--| question = "Which interfaces lost flow records, and which logs hold only what was accepted or only what was refused?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "low"
--| time = "first_seen"
--| attack = ["T1685.002"]
--| hit = "SKIPDATA: records were lost in the window. One-sided: the flow log was set to accepted or refused traffic only."
--| benign = ["Traffic beyond the capacity of the collection"]
--| limits = ["NODATA is no hole: there was no traffic"]
--| pivots = ["coverage"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
--| [params.count]
--| type = "integer"
--| default = 1000
--| about = "records of an interface from which one-sidedness is told"

WITH interfaces AS (
    SELECT
        account_id AS account, interface_id, count(*) AS records,
        count(*) FILTER (log_status = 'SKIPDATA') AS skipped,
        count(*) FILTER (action = 'ACCEPT') AS accepted,
        count(*) FILTER (action = 'REJECT') AS rejected,
        min(v.start) AS first_seen, max(v.start) AS last_seen,
        min(place(v.start, source_id, record_no), 3) AS places,
        min(place(v.start, source_id, record_no), 5) FILTER (log_status = 'SKIPDATA') AS holes
    FROM vpc_flow AS v
    GROUP BY ALL)
SELECT
    account, interface_id,
    CASE
        WHEN skipped > 0 THEN 'records lost'
        WHEN accepted = 0 THEN 'only refused traffic' ELSE 'only accepted traffic'
    END AS finding,
    records, skipped, accepted, rejected, first_seen, last_seen,
    coalesce(refs(holes), refs(places)) AS refs
FROM interfaces
WHERE skipped > 0 OR (records >= $count AND (accepted = 0 OR rejected = 0))
ORDER BY skipped DESC, account, interface_id
