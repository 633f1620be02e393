-- ALB access logs, the 34 fields of 2026,
-- into the columns of our table: the types it declares, the file
-- each row is from, and the prepared columns (without what SQL cannot make: members nobody declared,
-- numbers of records, numbers of IPv6 addresses).
--
-- See alb.sql for other ways.

SET preserve_insertion_order = false;

CREATE TABLE alb AS
SELECT
    * EXCLUDE (client_octets, target_octets, other_octets),
    CASE WHEN len(client_octets) = 4 THEN
        CAST(client_octets[1] AS UBIGINT) * 16777216 + CAST(client_octets[2] AS UBIGINT) * 65536
        + CAST(client_octets[3] AS UBIGINT) * 256 + CAST(client_octets[4] AS UBIGINT)
    END AS _client_ip,
    CASE WHEN len(target_octets) = 4 THEN
        CAST(target_octets[1] AS UBIGINT) * 16777216 + CAST(target_octets[2] AS UBIGINT) * 65536
        + CAST(target_octets[3] AS UBIGINT) * 256 + CAST(target_octets[4] AS UBIGINT)
    END AS _target_ip,
    CASE WHEN len(other_octets) = 4 THEN
        CAST(other_octets[1] AS UBIGINT) * 16777216 + CAST(other_octets[2] AS UBIGINT) * 65536
        + CAST(other_octets[3] AS UBIGINT) * 256 + CAST(other_octets[4] AS UBIGINT)
    END AS _ip_address
FROM (
SELECT *,
    string_split(client_ip, '.') AS client_octets,
    string_split(target_ip, '.') AS target_octets,
    string_split(ip_address, '.') AS other_octets
FROM (
SELECT
    * EXCLUDE (client, target, request),
    left(client, length(client) - length(split_part(client, ':', -1)) - 1) AS client_ip,
    CAST(split_part(client, ':', -1) AS BIGINT) AS client_port,
    left(target, length(target) - length(split_part(target, ':', -1)) - 1) AS target_ip,
    CAST(split_part(target, ':', -1) AS BIGINT) AS target_port,
    split_part(request, ' ', 1) AS request_verb,
    substr(
        request,
        length(split_part(request, ' ', 1)) + 2,
        length(request) - length(split_part(request, ' ', 1))
            - length(split_part(request, ' ', -1)) - 2
    ) AS request_url,
    split_part(request, ' ', -1) AS request_proto
FROM read_csv(
    getvariable('files'),
    auto_detect = false, header = false, filename = true, delim = ' ', quote = '"', escape = '\',
    nullstr = '-', allow_quoted_nulls = false,
    null_padding = getvariable('tolerant'), ignore_errors = getvariable('tolerant'),
    columns = {
        'type': 'VARCHAR',
        'time': 'TIMESTAMP',
        'elb': 'VARCHAR',
        'client': 'VARCHAR',
        'target': 'VARCHAR',
        'request_processing_time': 'DOUBLE',
        'target_processing_time': 'DOUBLE',
        'response_processing_time': 'DOUBLE',
        'elb_status_code': 'BIGINT',
        'target_status_code': 'BIGINT',
        'received_bytes': 'BIGINT',
        'sent_bytes': 'BIGINT',
        'request': 'VARCHAR',
        'user_agent': 'VARCHAR',
        'ssl_cipher': 'VARCHAR',
        'ssl_protocol': 'VARCHAR',
        'target_group_arn': 'VARCHAR',
        'trace_id': 'VARCHAR',
        'domain_name': 'VARCHAR',
        'chosen_cert_arn': 'VARCHAR',
        'matched_rule_priority': 'BIGINT',
        'request_creation_time': 'TIMESTAMP',
        'actions_executed': 'VARCHAR',
        'redirect_url': 'VARCHAR',
        'lambda_error_reason': 'VARCHAR',
        'target_port_list': 'VARCHAR',
        'target_status_code_list': 'VARCHAR',
        'classification': 'VARCHAR',
        'classification_reason': 'VARCHAR',
        'conn_trace_id': 'VARCHAR',
        'transformed_host': 'VARCHAR',
        'transformed_uri': 'VARCHAR',
        'request_transform_status': 'VARCHAR',
        'ip_address': 'VARCHAR'
    }
)));

CHECKPOINT;
