-- VPC flow logs in Parquet, as AWS delivers them.

SET preserve_insertion_order = false;

CREATE TABLE vpc_flow AS
SELECT * REPLACE (epoch_ms("start" * 1000) AS "start", epoch_ms("end" * 1000) AS "end")
FROM read_parquet(getvariable('files'));

CHECKPOINT;
