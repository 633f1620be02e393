-- Route 53 Resolver query logs, one JSON object on each line,
-- into the columns of our table: the types it declares, the file
-- each row is from, and the prepared columns (without what SQL cannot make: members nobody declared,
-- numbers of records, numbers of IPv6 addresses).
--
-- See route53_resolver.sql for other ways.

SET preserve_insertion_order = false;

CREATE TABLE route53_resolver AS
SELECT
    * EXCLUDE (octets),
    CASE WHEN len(octets) = 4 THEN
        CAST(octets[1] AS UBIGINT) * 16777216 + CAST(octets[2] AS UBIGINT) * 65536
        + CAST(octets[3] AS UBIGINT) * 256 + CAST(octets[4] AS UBIGINT)
    END AS _srcaddr
FROM (SELECT *, string_split(srcaddr, '.') AS octets
FROM read_json(
    getvariable('files'),
    format = 'newline_delimited', maximum_object_size = 1_048_576, filename = true,
    columns = {
        'version': 'VARCHAR',
        'account_id': 'VARCHAR',
        'region': 'VARCHAR',
        'vpc_id': 'VARCHAR',
        'query_timestamp': 'TIMESTAMP',
        'query_name': 'VARCHAR',
        'query_type': 'VARCHAR',
        'query_class': 'VARCHAR',
        'rcode': 'VARCHAR',
        'answers': 'STRUCT("Rdata" VARCHAR, "Type" VARCHAR, "Class" VARCHAR)[]',
        'srcaddr': 'VARCHAR',
        'srcport': 'BIGINT',
        'transport': 'VARCHAR',
        'srcids':
            'STRUCT("instance" VARCHAR, "resolver_endpoint" VARCHAR, "resolver_network_interface"
            VARCHAR)',
        'firewall_rule_group_id': 'VARCHAR',
        'firewall_rule_action': 'VARCHAR',
        'firewall_domain_list_id': 'VARCHAR',
        'firewall_protection': 'VARCHAR',
        'additional_properties': 'JSON',
        'last_observed_at': 'TIMESTAMP',
        'resources': 'JSON'
    }
));

CHECKPOINT;
