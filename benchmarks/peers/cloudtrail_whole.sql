-- CloudTrail, `{"Records":[...]}` in each file,
-- into the columns of our table: the types it declares, the file
-- each row is from, and the prepared columns (without what SQL cannot make: members nobody declared,
-- numbers of records, numbers of IPv6 addresses).
--
-- See cloudtrail.sql for other ways.

SET preserve_insertion_order = false;

CREATE TABLE cloudtrail AS
SELECT
    filename,
    unnest(record),
    CASE WHEN len(octets) = 4 THEN
        CAST(octets[1] AS UBIGINT) * 16777216 + CAST(octets[2] AS UBIGINT) * 65536
        + CAST(octets[3] AS UBIGINT) * 256 + CAST(octets[4] AS UBIGINT)
    END AS _sourceIPAddress,
    TRY_CAST(record.userIdentity.sessionContext.attributes.creationDate AS TIMESTAMP)
        AS _session_start,
    coalesce(
        record.responseElements ->> '$.credentials.accessKeyId',
        record.responseElements ->> '$.accessKey.accessKeyId'
    ) AS _minted_access_key,
    record.responseElements ->> '$.ConsoleLogin' AS _sign_in,
    record.requestParameters ->> '$.bucketName' AS _bucket,
    record.requestParameters ->> '$.key' AS _object_key,
    CAST(TRY_CAST(record.additionalEventData ->> '$.bytesTransferredIn' AS DOUBLE) AS BIGINT)
        AS _bytes_in,
    CAST(TRY_CAST(record.additionalEventData ->> '$.bytesTransferredOut' AS DOUBLE) AS BIGINT)
        AS _bytes_out
FROM (
    SELECT
        *,
        CASE WHEN regexp_full_match(record.sourceIPAddress, '[0-9.]+') THEN
            string_split(record.sourceIPAddress, '.')
        END AS octets
    FROM (
    SELECT filename, unnest(json_transform(json, '{"Records": [{
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
    FROM read_json_objects(getvariable('files'), maximum_object_size = 67_108_864, filename = true)
));

CHECKPOINT;
