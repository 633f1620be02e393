--| title = "Hours and days of work"
--| question = "At which hours and on which weekdays is each principal active, and how much of it is out of office?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "none"
--| time = "first_seen"
--| attack = ["T1078.004"]
--| hit = "A person active at hours at which it never is otherwise. Give --tz: hours are counted in that zone."
--| benign = ["Machines work at all hours", "Colleagues in other zones"]
--| limits = ["Office hours are those of --param hours, Monday to Friday"]
--| pivots = ["timeline --who {principal}"]
--| reference = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"
--| [params.opens]
--| type = "integer"
--| default = 8
--| about = "first hour of office"
--| [params.closes]
--| type = "integer"
--| default = 19
--| about = "hour at which the office closes"

WITH calls AS (
    SELECT
        actor(userIdentity) AS principal,
        eventTime AT TIME ZONE 'UTC' AT TIME ZONE $tz AS local,
        eventTime AS time, source_id, record_no
    FROM cloudtrail
    WHERE eventTime IS NOT NULL),
judged AS (
    SELECT
        *, date_part('hour', local)::BIGINT AS hour,
        date_part('isodow', local) > 5 OR date_part('hour', local) < $opens
            OR date_part('hour', local) >= $closes AS off
    FROM calls),
cells AS (
    SELECT
        principal, hour, count(*) AS n, count(*) FILTER (off) AS off, min(time) AS first_seen,
        max(time) AS last_seen, min(place(time, source_id, record_no), 3) AS places
    FROM judged GROUP BY principal, hour)
SELECT
    principal,
    sum(n)::BIGINT AS calls,
    round(sum(off) / sum(n), 3) AS off_hours,
    map_from_entries(list({'hour': hour, 'calls': n} ORDER BY hour))::VARCHAR AS by_hour,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen,
    refs(list_sort(flatten(list(places)))[1:3]) AS refs
FROM cells
GROUP BY principal
ORDER BY off_hours DESC, calls DESC, principal
