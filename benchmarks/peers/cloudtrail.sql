-- CloudTrail, `{"Records":[...]}` in each file, into the columns that trails write.
--
-- The whole document is transformed at once, which parses it once. Measured on DuckDB 2.0 with two
-- cores, CPU seconds for 200,000 events in 200 files of 1.4 MB (for 400,000 in 12 files of 48 MB):
--   this                                                                        3.2  (16.5)
--   json_extract '$.Records', then json_transform                               3.5  (18)
--   unnest(json_extract '$.Records[*]'), then json_transform of each record     3.8  (18)
--   read_csv of the line as one VARCHAR, then json_transform                    3.7  (15.5), 5,000
--     small files at twice the time of this
--   the same, files in two halves, UNION ALL                                    3.4  (16)
--   read_json with columns {Records: JSON[]}, then json_transform               18.5
--   read_json with columns {Records: STRUCT(...)[]}                             19.3
--   read_json that detects the types: thousands of members, runs out of memory
--   format 'unstructured' in place of the default: the same, on one thread only
-- 64 MiB is above the 50 MB at which AWS cuts a file; each thread allocates a multiple of it, and
-- 256 MiB ran out of 6 GB in the variants with read_json.

SET preserve_insertion_order = false;

CREATE TABLE cloudtrail AS
SELECT unnest(record)
FROM (
    SELECT unnest(json_transform(json, '{"Records": [{
        "eventVersion": "VARCHAR",
        "userIdentity": {
            "type": "VARCHAR",
            "principalId": "VARCHAR",
            "arn": "VARCHAR",
            "accountId": "VARCHAR",
            "accessKeyId": "VARCHAR",
            "userName": "VARCHAR",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "VARCHAR",
                    "principalId": "VARCHAR",
                    "arn": "VARCHAR",
                    "accountId": "VARCHAR",
                    "userName": "VARCHAR"
                },
                "webIdFederationData": "JSON",
                "attributes": {"creationDate": "VARCHAR", "mfaAuthenticated": "VARCHAR"},
                "sourceIdentity": "VARCHAR",
                "assumedRoot": "VARCHAR",
                "ec2RoleDelivery": "VARCHAR",
                "ec2IssuedInVpc": "VARCHAR"
            },
            "invokedBy": "VARCHAR",
            "invokedByDelegate": {"accountId": "VARCHAR"},
            "onBehalfOf": {"userId": "VARCHAR", "identityStoreArn": "VARCHAR"},
            "inScopeOf": {
                "sourceArn": "VARCHAR",
                "sourceAccount": "VARCHAR",
                "issuerType": "VARCHAR",
                "credentialsIssuedTo": "VARCHAR"
            },
            "credentialId": "VARCHAR",
            "identityProvider": "VARCHAR"
        },
        "eventTime": "TIMESTAMP",
        "eventSource": "VARCHAR",
        "eventName": "VARCHAR",
        "awsRegion": "VARCHAR",
        "sourceIPAddress": "VARCHAR",
        "userAgent": "VARCHAR",
        "errorCode": "VARCHAR",
        "errorMessage": "VARCHAR",
        "requestParameters": "JSON",
        "responseElements": "JSON",
        "additionalEventData": "JSON",
        "requestID": "VARCHAR",
        "eventID": "VARCHAR",
        "eventType": "VARCHAR",
        "apiVersion": "VARCHAR",
        "managementEvent": "BOOLEAN",
        "readOnly": "BOOLEAN",
        "resources": [
            {"ARN": "VARCHAR", "ARNPrefix": "VARCHAR", "accountId": "VARCHAR", "type": "VARCHAR"}
        ],
        "recipientAccountId": "VARCHAR",
        "serviceEventDetails": "JSON",
        "sharedEventID": "VARCHAR",
        "vpcEndpointId": "VARCHAR",
        "vpcEndpointAccountId": "VARCHAR",
        "eventCategory": "VARCHAR",
        "addendum": "JSON",
        "sessionCredentialFromConsole": "VARCHAR",
        "edgeDeviceDetails": "JSON",
        "tlsDetails": {
            "tlsVersion": "VARCHAR",
            "cipherSuite": "VARCHAR",
            "clientProvidedHostHeader": "VARCHAR",
            "keyExchange": "VARCHAR"
        }
    }]}').Records) AS record
    FROM read_json_objects(getvariable('files'), maximum_object_size = 67_108_864)
);

CHECKPOINT;
