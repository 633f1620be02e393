-- VPC flow logs in a custom order of 29 fields that the analyst knows beforehand.

SET preserve_insertion_order = false;

CREATE TABLE vpc_flow AS
SELECT * REPLACE (epoch_ms("start" * 1000) AS "start", epoch_ms("end" * 1000) AS "end")
FROM read_csv(
    getvariable('files'),
    auto_detect = false, header = true, delim = ' ', quote = '', escape = '', nullstr = '-',
    null_padding = getvariable('tolerant'), ignore_errors = getvariable('tolerant'),
    columns = {
        'version': 'BIGINT',
        'vpc_id': 'VARCHAR',
        'subnet_id': 'VARCHAR',
        'instance_id': 'VARCHAR',
        'interface_id': 'VARCHAR',
        'account_id': 'VARCHAR',
        'type': 'VARCHAR',
        'srcaddr': 'VARCHAR',
        'dstaddr': 'VARCHAR',
        'srcport': 'BIGINT',
        'dstport': 'BIGINT',
        'pkt_srcaddr': 'VARCHAR',
        'pkt_dstaddr': 'VARCHAR',
        'protocol': 'BIGINT',
        'tcp_flags': 'BIGINT',
        'packets': 'BIGINT',
        'bytes': 'BIGINT',
        'start': 'BIGINT',
        'end': 'BIGINT',
        'action': 'VARCHAR',
        'log_status': 'VARCHAR',
        'region': 'VARCHAR',
        'az_id': 'VARCHAR',
        'sublocation_type': 'VARCHAR',
        'sublocation_id': 'VARCHAR',
        'pkt_src_aws_service': 'VARCHAR',
        'pkt_dst_aws_service': 'VARCHAR',
        'flow_direction': 'VARCHAR',
        'traffic_path': 'BIGINT'
    }
);

CHECKPOINT;
