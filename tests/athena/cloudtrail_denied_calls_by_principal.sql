-- reads: cloudtrail/management cloudtrail/data-events cloudtrail/network-activity
-- row: ["arn:aws:iam::111122223333:user/bob", "AccessDenied", 1, "DeleteObjects"]
-- row: ["arn:aws:iam::111122223333:user/bob", "Client.UnauthorizedOperation", 1, "RunInstances"]
SELECT useridentity.arn AS principal, errorcode, COUNT(*) AS calls,
    array_join(array_agg(DISTINCT eventname ORDER BY eventname), ', ') AS actions
FROM cloudtrail
WHERE errorcode IN ('AccessDenied', 'UnauthorizedOperation', 'Client.UnauthorizedOperation')
GROUP BY useridentity.arn, errorcode
ORDER BY calls DESC, principal, errorcode;
