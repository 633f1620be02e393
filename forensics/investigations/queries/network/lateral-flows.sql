--| title = "New paths between own hosts"
--| question = "Which pairs of own hosts and ports talked in the window that never did before?"
--| tables = ["vpc_flow"]
--| tier = "should"
--| signal = "medium"
--| time = "first_seen"
--| window = "self"
--| needs = ["from"]
--| attack = ["T1021"]
--| hit = "A host that suddenly reaches shells, desktops or databases of its neighbours."
--| benign = ["Deployments make new pairs; scaling gives new addresses"]
--| limits = ["Before --from lies the baseline", "An address may have changed its holder meanwhile: asset-intervals"]
--| pivots = ["query asset-intervals --param ip={srcaddr}", "query flow-between --param a={srcaddr} --param b={dstaddr}"]
--| reference = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"

SELECT
    srcaddr, dstaddr, dstport,
    count(*) AS flows,
    sum(bytes)::DOUBLE AS bytes,
    min(v.start) AS first_seen,
    max(v.start) AS last_seen,
    bool_or(action = 'ACCEPT') AS accepted,
    refs(min(place(v.start, source_id, record_no), 5)) AS refs
FROM vpc_flow AS v
WHERE is_internal(_srcaddr) AND is_internal(_dstaddr) AND dstport < 32768 AND v.start < $to
GROUP BY srcaddr, dstaddr, dstport
HAVING min(v.start) >= $from
ORDER BY first_seen, srcaddr, dstaddr, dstport
