-- tables: cloudtrail
-- Where sign-ins to the console and switches of role by some principals are recorded.
WITH wanted AS (SELECT unnest($principals::VARCHAR[]) AS principal_id)
SELECT source_id, record_no
FROM cloudtrail
WHERE eventName = 'ConsoleLogin' AND eventSource = 'signin.amazonaws.com'
    AND _sign_in = 'Success' AND eventTime IS NOT NULL
    AND userIdentity.principalId IN (SELECT principal_id FROM wanted)
UNION ALL
SELECT source_id, record_no
FROM cloudtrail
WHERE eventName = 'SwitchRole' AND eventSource = 'signin.amazonaws.com'
    AND _sign_in = 'Success' AND eventTime IS NOT NULL
    AND userIdentity.principalId IN (SELECT principal_id FROM wanted)
ORDER BY source_id, record_no
