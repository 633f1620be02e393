-- What the queries call beside the macros of the case (which they rest on); every connection that
-- asks makes them anew, so that they are those of this version.

-- The principal behind a call: a role's sessions are folded to the role.
CREATE OR REPLACE TEMP MACRO actor(identity) AS
    coalesce(
        identity.sessionContext.sessionIssuer.arn, identity.arn, identity.principalId,
        identity.userName, identity.invokedBy, identity.type);

CREATE OR REPLACE TEMP MACRO is_denied(error) AS coalesce(_is_denied(error), false);

-- Where readOnly is absent or odd, the name of the call decides.
CREATE OR REPLACE TEMP MACRO is_write(read_only, action) AS
    NOT coalesce(
        read_only,
        regexp_matches(
            action, '^(Get|List|Describe|Head|Lookup|BatchGet|Search|Select|Query|Scan|Check|Test)'),
        false);

-- /16 of IPv4, /48 of IPv6, of a number that the case prepared from an address.
CREATE OR REPLACE TEMP MACRO network_of(number) AS
    CASE
        WHEN number < 4294967296
            THEN format('{}.{}.0.0/16', number // 16777216, number // 65536 % 256)
        ELSE format(
            '{:x}:{:x}:{:x}::/48',
            number // 281474976710656, number // 4294967296 % 65536, number // 65536 % 65536)
    END;

-- Addresses that no host on the internet has.
CREATE OR REPLACE TEMP MACRO is_internal(number) AS _scope(number, NULL) = 'private';

-- The first few of a list, sorted: the same in every run.
CREATE OR REPLACE TEMP MACRO few(items) AS list_sort(list_distinct(items))[1:10];

-- Where a row stands in time and in the evidence: min(place(…), 5) gives the first five of a group,
-- refs(…) their REFs. Strings are made for those few only.
CREATE OR REPLACE TEMP MACRO place(moment, source_id, record_no) AS
    {'time': moment, 'source': source_id, 'record': record_no};

CREATE OR REPLACE TEMP MACRO refs(places) AS
    list_transform(places, lambda each: ref(each.source, each.record));

-- A call without the date that Lambda and CloudFront put into its name.
CREATE OR REPLACE TEMP MACRO call_name(action) AS
    regexp_replace(action, '_?(20\d{6}(v\d+)?|20\d\d_\d\d_\d\d)$', '');

-- How a call ended; a sign-in does not say so by its errorCode.
CREATE OR REPLACE TEMP MACRO outcome(error, sign_in) AS
    coalesce(error, nullif(sign_in, 'Success'), 'success');

-- How the ARNs of a role's sessions begin; NULL for what is no role.
CREATE OR REPLACE TEMP MACRO sessions_of(arn) AS
    nullif(
        regexp_replace(
            arn, '^arn:([^:]*):iam::(\d+):role/(?:.*/)?([^/]+)$',
            'arn:\1:sts::\2:assumed-role/\3/'),
        arn);

CREATE OR REPLACE TEMP MACRO account_of(arn) AS _account(arn);

-- The statements of a policy, whether it has one or a list of them.
CREATE OR REPLACE TEMP MACRO statements(policy) AS
    coalesce(
        nullif(json_extract(TRY_CAST(policy AS JSON), '$.Statement[*]'), []),
        [json_extract(TRY_CAST(policy AS JSON), '$.Statement')]);

-- Whether a policy allows something to everybody.
CREATE OR REPLACE TEMP MACRO is_open(policy) AS
    coalesce(
        len(list_filter(
            statements(policy),
            lambda each: (each->>'$.Effect') = 'Allow'
                AND regexp_matches((each->>'$.Principal'), '^\*$|"(AWS|\*)":\s*(\[[^\]]*)?"\*"'))) > 0,
        false);

-- The accounts that a text names, without one's own; a number in a UUID is no account.
CREATE OR REPLACE TEMP MACRO accounts_in(words, own) AS
    list_sort(list_filter(
        list_distinct(regexp_extract_all(
            regexp_replace(words, '[^0-9A-Za-z-]', '  ', 'g'), '(?:^| )(\d{12})(?: |$)', 1)),
        lambda each: each IS DISTINCT FROM own));

-- Every hour of the logs that are delivered all the time, by account and region: from the first
-- file or digest to the last, or over the window asked for. temp.fed is made by the runner.
--   present        a file of the hour is here
--   proven empty   a digest says that nothing was delivered
--   missing        a digest lists files that are not here
--   unknown        neither file nor digest: quiet, not collected, or deleted
CREATE OR REPLACE TEMP MACRO hour_states(since, until, in_account, in_region) AS TABLE
    WITH files AS (
        SELECT
            s.source_id, s.format AS log, l.account_id AS account, l.region,
            least(l.period_start, s.first_time, l.period_end) AS low,
            greatest(l.period_start, s.last_time, l.period_end - INTERVAL 1 SECOND) AS high
        FROM temp.fed AS s
        JOIN main.source_locations AS l USING (source_id)
        WHERE s.format IN (
                'cloudtrail', 'vpc_flow', 'tgw_flow', 'route53_resolver', 'alb', 'nlb', 'clb',
                'cloudfront', 's3_access', 'waf')
            AND in_account IN ('', l.account_id) AND in_region IN ('', l.region)),
    listed AS (
        SELECT
            awsAccountId AS account,
            regexp_extract(digestS3Object, 'CloudTrail-Digest/([a-z0-9-]+)/', 1) AS region,
            date_trunc('hour', digestStartTime) AS hour,
            lower(file.hashValue) AS sha256, digestStartTime AS time, source_id, record_no
        FROM (
            SELECT *, unnest(CASE WHEN len(logFiles) > 0 THEN logFiles ELSE [NULL] END) AS file
            FROM main.cloudtrail_digest
            WHERE digestStartTime IS NOT NULL)
        WHERE in_account IN ('', account) AND in_region IN ('', region)),
    digests AS (
        SELECT
            'cloudtrail' AS log, d.account, d.region, d.hour,
            count(d.sha256) - count(s.content_sha256) AS lacking,
            min(place(d.time, d.source_id, d.record_no), 5) AS places
        FROM listed AS d
        LEFT JOIN (SELECT DISTINCT content_sha256 FROM main.sources) AS s
            ON s.content_sha256 = d.sha256
        GROUP BY d.account, d.region, d.hour),
    extents AS (
        SELECT log, account, region, low, high FROM files WHERE high >= low
        UNION ALL
        SELECT log, account, region, hour, hour FROM digests),
    bounds AS (
        SELECT
            log, account, region,
            date_trunc('hour', CASE
                WHEN since > TIMESTAMP '0001-01-01' THEN since ELSE min(low) END) AS first_hour,
            date_trunc('hour', CASE
                WHEN until < TIMESTAMP '9999-12-31' THEN until - INTERVAL 1 MICROSECOND
                ELSE max(high) END) AS last_hour
        FROM extents GROUP BY log, account, region),
    grid AS (
        SELECT log, account, region,
            unnest(generate_series(first_hour, last_hour, INTERVAL 1 HOUR)) AS hour
        FROM bounds),
    seen AS (
        SELECT log, account, region, hour, count(DISTINCT source_id) AS files
        FROM (
            SELECT f.source_id, f.log, f.account, f.region,
                unnest(generate_series(
                    greatest(date_trunc('hour', f.low), b.first_hour),
                    least(date_trunc('hour', f.high), b.last_hour), INTERVAL 1 HOUR)) AS hour
            FROM files AS f
            JOIN bounds AS b ON b.log = f.log AND b.account IS NOT DISTINCT FROM f.account
                AND b.region IS NOT DISTINCT FROM f.region
            WHERE f.high >= f.low)
        GROUP BY ALL)
    SELECT
        g.log, g.account, g.region, g.hour, coalesce(s.files, 0) AS files,
        coalesce(d.lacking, 0) AS lacking, d.places,
        CASE
            WHEN d.lacking > 0 THEN 'missing'
            WHEN s.files > 0 THEN 'present'
            WHEN d.lacking = 0 THEN 'proven empty'
            ELSE 'unknown'
        END AS state
    FROM grid AS g
    LEFT JOIN seen AS s ON s.log = g.log AND s.account IS NOT DISTINCT FROM g.account
        AND s.region IS NOT DISTINCT FROM g.region AND s.hour = g.hour
    LEFT JOIN digests AS d
        ON d.log = g.log AND d.account = g.account AND d.region = g.region AND d.hour = g.hour;

-- How a statement takes data out of a database, or NULL where it does not. In audit logs of MySQL
-- quotes inside a statement have a backslash before them.
CREATE OR REPLACE TEMP MACRO sql_export(statement) AS
    CASE
        WHEN statement IS NULL THEN NULL
        WHEN regexp_matches(statement, '(?is)\binto\s+(out|dump)file\b')
            THEN 'query written to a file or to S3'
        WHEN regexp_matches(statement, '(?i)\baws_s3\s*\.\s*query_export_to_s3\b')
            THEN 'query exported to S3'
        WHEN regexp_matches(statement, '(?is)^\s*copy\s.*\sto\s+(stdout|program\b|\\?'')')
            THEN 'table or query copied out'
        WHEN contains(statement, '/*!40001 SQL_NO_CACHE */') THEN 'table dumped (mysqldump)'
        WHEN regexp_matches(statement, '(?i)\b(rds_backup_database|backup\s+database)\b')
            THEN 'database backed up'
        WHEN regexp_matches(statement, '(?i)\bdbms_datapump\b') THEN 'data pump'
    END;

CREATE OR REPLACE TEMP MACRO sql_reads(statement) AS
    coalesce(regexp_matches(statement, '(?is)^\s*(/\*.*?\*/\s*)*(select|with|table|copy)\b'), false);

-- Where a statement writes to, as it says.
CREATE OR REPLACE TEMP MACRO sql_destination(statement) AS
    coalesce(
        nullif(regexp_extract(
            statement, '(?is)\b(?:out|dump)file\s+(?:s3\s+)?\\?''([^''\\]+)', 1), ''),
        nullif(regexp_extract(statement, '(?is)create_s3_uri\s*\(\s*\\?''([^''\\]+)', 1), ''),
        nullif(regexp_extract(statement, '(?is)\sto\s+(?:program\s+)?\\?''([^''\\]+)', 1), ''));
