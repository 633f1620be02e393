-- Functions every case carries, for whatever tool opens it. Names that start with _ are parts.

-- ------------------------------------------------------------------ provenance

CREATE OR REPLACE MACRO ref(source_id, record_no) AS
    format('{:016x}:{}', CAST(source_id AS BIGINT), CAST(record_no AS BIGINT));

-- ------------------------------------------------------------------ addresses
-- An address is one number of 128 bits, IPv4 at ::ffff:0:0/96, where IPv6 maps it; NULL for what is
-- no address. A macro is pasted with its arguments wherever it is called, so what is used twice is
-- first bound to a name: list_transform([what], lambda name: ...)[1].

CREATE OR REPLACE MACRO _ipv4_number(address) AS
    CASE WHEN regexp_full_match(address, '\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}')
        THEN list_reduce(
            list_transform(string_split(address, '.'), lambda octet:
                CASE WHEN CAST(octet AS UBIGINT) < 256 THEN CAST(octet AS UBIGINT) END),
            lambda total, octet: total * 256 + octet)
    END;

-- 2001:db8::192.0.2.1 -> 2001:db8::c000:201, without a zone (%eth0)
CREATE OR REPLACE MACRO _ipv6_hexadecimal(address) AS
    CASE WHEN contains(address, '.')
        THEN regexp_extract(address, '^(.*:)[^:]*$', 1) || list_transform(
            [_ipv4_number(regexp_extract(address, '([^:%]*)(%.*)?$', 1))],
            lambda embedded: format('{:x}:{:x}', embedded // 65536, embedded % 65536))[1]
        ELSE split_part(address, '%', 1)
    END;

CREATE OR REPLACE MACRO _groups(hexadecimal) AS
    list_filter(string_split(hexadecimal, ':'), lambda part: part <> '');

-- 2001:db8::1 -> 20010db8000000000000000000000001
CREATE OR REPLACE MACRO _digits(hexadecimal) AS
    array_to_string(
        list_transform(
            _groups(replace(hexadecimal, '::', ':' || repeat('0:', 8 - len(_groups(hexadecimal))))),
            lambda digits: CASE WHEN len(digits) <= 4 THEN lpad(digits, 4, '0') END),
        '');

CREATE OR REPLACE MACRO _ipv6_number(address) AS
    list_transform(
        list_transform([_ipv6_hexadecimal(address)], lambda hexadecimal: _digits(hexadecimal)),
        lambda digits: CASE WHEN regexp_full_match(digits, '[0-9A-Fa-f]{32}')
            THEN CAST(CAST('0x' || digits[:16] AS UBIGINT) AS UHUGEINT)
                    * CAST('18446744073709551616' AS UHUGEINT)
                + CAST(CAST('0x' || digits[17:] AS UBIGINT) AS UHUGEINT)
            END)[1];

CREATE OR REPLACE MACRO _ip_number(address) AS
    list_transform([trim(address, '[]')], lambda spelling: CASE WHEN contains(spelling, ':')
        THEN _ipv6_number(spelling)
        ELSE CAST(281470681743360 AS UHUGEINT) + CAST(_ipv4_number(spelling) AS UHUGEINT)
    END)[1];

CREATE OR REPLACE MACRO _is_ipv4(number) AS number // 4294967296 = 65535;

-- A number as the prepared columns of a case hold it: IPv4 its 32 bits, IPv6 its upper 64.
CREATE OR REPLACE MACRO _companion(number) AS
    CASE WHEN _is_ipv4(number)
        THEN CAST(number % 4294967296 AS UBIGINT)
        ELSE CAST(number >> CAST(64 AS UHUGEINT) AS UBIGINT)
    END;

-- How many addresses a network has whose first `prefix` bits of 128 are fixed; NULL for all.
CREATE OR REPLACE MACRO _size(prefix) AS
    CASE WHEN prefix > 0 THEN CAST(1 AS UHUGEINT) << CAST(128 - prefix AS UHUGEINT) END;

-- 192.0.2.1/24 -> {first, last, prefix}, all of 128 bits; NULL for what is no network
CREATE OR REPLACE MACRO _network(spelling) AS
    list_transform(
        [{
            'number': _ip_number(split_part(spelling, '/', 1)),
            'prefix': CASE WHEN contains(spelling, ':') THEN 0 ELSE 96 END
                + CASE WHEN contains(spelling, '/')
                    THEN TRY_CAST(split_part(spelling, '/', 2) AS UTINYINT)
                    WHEN contains(spelling, ':') THEN 128 ELSE 32 END
        }],
        lambda net: CASE
            WHEN net.number IS NULL OR net.prefix > 128 THEN NULL
            WHEN net.prefix = 0 THEN {
                'first': CAST(0 AS UHUGEINT),
                'last': CAST('340282366920938463463374607431768211455' AS UHUGEINT),
                'prefix': 0}
            WHEN net.prefix > 0 THEN {
                'first': net.number - net.number % _size(net.prefix),
                'last': net.number - net.number % _size(net.prefix) + (_size(net.prefix) - 1),
                'prefix': net.prefix}
        END)[1];

-- error() stands where DuckDB drops it while planning: only then it compares with two constants,
-- and skips what cannot be within.
CREATE OR REPLACE MACRO _checked(network, number) AS
    CASE WHEN network IS NULL OR _network(network) IS NOT NULL
        THEN number
        ELSE error('not a network: ' || network)
    END;

-- The number alone cannot tell IPv4 from ::/32, nor addresses of one /64 from each other.
CREATE OR REPLACE MACRO _lowest(network) AS
    CASE WHEN NOT _is_ipv4(_network(network).first) AND _network(network).prefix > 64
        THEN error(network || ' is longer than /64: write within(_column, column, network)')
        WHEN _is_ipv4(_network(network).first)
        THEN _companion(_network(network).first)
        ELSE greatest(_companion(_network(network).first), CAST(4294967296 AS UBIGINT))
    END;

-- within(_srcaddr, '192.0.2.0/24')            networks of IPv4, and of IPv6 up to /64
-- within(_srcaddr, srcaddr, '2001:db8::/96')  any network
-- Both prune by the number. The first takes :: and ::1 (all of ::/32) for IPv4, the second does not.
CREATE OR REPLACE MACRO within
    (number, network) AS
        number BETWEEN _checked(network, _lowest(network)) AND _companion(_network(network).last),
    (number, address, network) AS
        number BETWEEN _checked(network, _companion(_network(network).first))
            AND _companion(_network(network).last)
        AND CASE
            WHEN number IS NULL THEN NULL
            WHEN NOT contains(address, ':') THEN _is_ipv4(_network(network).first)
            WHEN _network(network).prefix <= 64
                AND _network(network).first >= CAST('79228162514264337593543950336' AS UHUGEINT)
                THEN true
            ELSE _is_ipv4(_ip_number(address)) = _is_ipv4(_network(network).first)
                AND _ip_number(address)
                    BETWEEN _network(network).first AND _network(network).last
        END;

-- ------------------------------------------------------------------ Athena
-- What queries in circulation call. Columns that Athena has as text are typed here, so the
-- functions for times also take what is a time already. All times are UTC, whatever the session.

CREATE OR REPLACE MACRO json_extract_scalar(document, path) AS
    CASE WHEN json_type(document, path) NOT IN ('OBJECT', 'ARRAY')
        THEN json_extract_string(document, path) END;

CREATE OR REPLACE MACRO regexp_like(string, pattern) AS regexp_matches(string, pattern);

CREATE OR REPLACE MACRO cardinality(list) AS len(list);

CREATE OR REPLACE MACRO from_iso8601_timestamp
    (moment TIMESTAMP) AS moment,
    (moment TIMESTAMPTZ) AS moment AT TIME ZONE 'UTC',
    (moment VARCHAR) AS
        CASE WHEN regexp_matches(moment, ':\d\d([.,]\d+)?(Z|[+-]\d\d(:?\d\d)?)$')
            THEN CAST(moment AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
            ELSE CAST(moment AS TIMESTAMP)
        END;

CREATE OR REPLACE MACRO from_unixtime
    (moment TIMESTAMP) AS moment,
    (seconds BIGINT) AS make_timestamp(seconds * 1000000),
    (seconds DOUBLE) AS make_timestamp(CAST(round(seconds * 1000000) AS BIGINT));

CREATE OR REPLACE MACRO element_at(container, place) AS container[place];

CREATE OR REPLACE MACRO array_join(list, separator) AS
    CASE WHEN len(list) > 0
        THEN list_reduce(
            list_transform(list_filter(list, lambda each: each IS NOT NULL),
                lambda each: CAST(each AS VARCHAR)),
            lambda joined, each: joined || separator || each)
        ELSE left(CAST(list AS VARCHAR), 0)
    END;

CREATE OR REPLACE MACRO approx_distinct(found) AS approx_count_distinct(found);

CREATE OR REPLACE MACRO approx_percentile(found, share) AS approx_quantile(found, share);

CREATE OR REPLACE MACRO day_of_week(moment) AS isodow(moment);

CREATE OR REPLACE MACRO to_unixtime(moment) AS epoch(moment);

CREATE OR REPLACE MACRO json_format(document) AS CAST(document AS VARCHAR);

CREATE OR REPLACE MACRO date_add
    (moment, span) AS moment + span,
    (unit, number, moment) AS moment + CASE lower(unit)
        WHEN 'second' THEN to_seconds(number)
        WHEN 'minute' THEN to_minutes(number)
        WHEN 'hour' THEN to_hours(number)
        WHEN 'day' THEN to_days(number)
        WHEN 'week' THEN to_weeks(number)
        WHEN 'month' THEN to_months(number)
        WHEN 'year' THEN to_years(number)
        ELSE error('not a unit of time: ' || unit)
    END;

-- %i and %s are minutes and seconds to Athena, to DuckDB %M and %S.
CREATE OR REPLACE MACRO _of_mysql(pattern) AS
    replace(replace(replace(pattern, '%M', '%B'), '%i', '%M'), '%s', '%S');

CREATE OR REPLACE MACRO date_format(moment, pattern) AS strftime(moment, _of_mysql(pattern));

-- The spellings of times in queries AWS documents. A pattern says nothing more than the text shows,
-- and DuckDB takes no pattern that is not in the macro itself.
CREATE OR REPLACE MACRO _moment(said) AS
    coalesce(
        try_strptime(CAST(said AS VARCHAR), [
            '%Y-%m-%d:%H:%M:%S', '%Y-%m-%d-%H:%M:%S', '%Y-%m-%d-%H:%M', '%Y-%m-%d %H:%M',
            '%Y/%m/%d:%H:%M:%S', '%Y/%m/%d/%H', '%Y/%m/%d', '%Y%m%d']),
        try_strptime(CAST(said AS VARCHAR), '%d/%b/%Y:%H:%M:%S %z') AT TIME ZONE 'UTC',
        CAST(said AS TIMESTAMP));

CREATE OR REPLACE MACRO date_parse
    (moment TIMESTAMP, pattern VARCHAR) AS moment,
    (moment VARCHAR, pattern VARCHAR) AS _moment(moment);

CREATE OR REPLACE MACRO parse_datetime
    (moment TIMESTAMP, pattern VARCHAR) AS moment,
    (moment VARCHAR, pattern VARCHAR) AS _moment(moment);

-- yyyy-MM-dd'T'HH:mm:ss.SSS'Z' -> %Y-%m-%dT%H:%M:%S.%fZ
CREATE OR REPLACE MACRO _of_java(pattern) AS
    replace(replace(replace(replace(replace(replace(replace(replace(replace(
        regexp_replace(
            regexp_replace(replace(pattern, '''Z', '<utc>'), 'Z+$', '%z'), 'S{1,6}', '%f'),
        'yyyy', '%Y'), 'MMM', '%b'), 'MM', '%m'), 'dd', '%d'), 'HH', '%H'), 'mm', '%M'),
        'ss', '%S'), '<utc>', 'Z'), '''', '');

CREATE OR REPLACE MACRO format_datetime(moment, pattern) AS strftime(moment, _of_java(pattern));

CREATE OR REPLACE MACRO url_extract_host(url) AS
    nullif(
        regexp_extract(
            url, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)', 1),
        '');

CREATE OR REPLACE MACRO url_extract_path(url) AS
    regexp_extract(url, '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)', 1);

CREATE OR REPLACE MACRO url_extract_query(url) AS
    nullif(regexp_extract(url, '^[^?#]*\?([^#]*)', 1), '');

CREATE OR REPLACE MACRO url_extract_parameter(url, name) AS
    url_decode(nullif(regexp_extract(url, '^[^?#]*\?(?:[^#]*&)?' || name || '=([^&#]*)', 1), ''));

-- ------------------------------------------------------------------ events
-- Parts of the view `events`.

-- What all places a content was found at agree on. Grouped, so that DuckDB knows there is at most
-- one row for a source, and drops the join where nobody asks for account or region.
CREATE OR REPLACE MACRO source_places() AS TABLE
    SELECT
        source_id,
        CASE WHEN min(account_id) = max(account_id) THEN min(account_id) END AS account_id,
        CASE WHEN min(region) = max(region) THEN min(region) END AS region
    FROM source_locations
    GROUP BY source_id;

-- RFC 1918, 6598, 3927, loopback, 0.0.0.0/8 with ::1; fc00::/7, fe80::/10.
CREATE OR REPLACE MACRO _scope(number, address) AS
    CASE
        WHEN number IS NOT NULL THEN CASE
            WHEN number < 16777216
                OR number BETWEEN 167772160 AND 184549375
                OR number BETWEEN 1681915904 AND 1686110207
                OR number BETWEEN 2130706432 AND 2147483647
                OR number BETWEEN 2851995648 AND 2852061183
                OR number BETWEEN 2886729728 AND 2887778303
                OR number BETWEEN 3232235520 AND 3232301055
                OR number BETWEEN 18158513697557839872 AND 18302628885633695743
                OR number BETWEEN 18338657682652659712 AND 18356672081162141695
            THEN 'private' ELSE 'public' END
        WHEN address = 'AWS Internal' THEN 'aws-internal'
        WHEN regexp_matches(address, '\.amazonaws\.com(\.cn)?$') THEN 'aws-service'
        ELSE 'none'
    END;

CREATE OR REPLACE MACRO _endpoint(address, port) AS
    concat(coalesce(address, 'an unnamed address'), ' port ' || port);

CREATE OR REPLACE MACRO _transport(protocol) AS
    CASE protocol
        WHEN 6 THEN 'tcp'
        WHEN 17 THEN 'udp'
        WHEN 1 THEN 'icmp'
        WHEN 58 THEN 'ipv6-icmp'
        ELSE CAST(protocol AS VARCHAR)
    END;

-- What a log writes for nothing is nothing.
-- (Not nullif of nullif: a macro is pasted, and what it is given would be computed four times.)
CREATE OR REPLACE MACRO _said(value) AS CASE WHEN value NOT IN ('-', '') THEN value END;

-- Account, region and function that an ARN names.
CREATE OR REPLACE MACRO _account(arn) AS nullif(split_part(arn, ':', 5), '');

CREATE OR REPLACE MACRO _region(arn) AS nullif(split_part(arn, ':', 4), '');

CREATE OR REPLACE MACRO _function(arn) AS
    nullif(regexp_extract(arn, '^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:]+)', 1), '');

CREATE OR REPLACE MACRO _lambda_of(log_group) AS
    nullif(regexp_extract(log_group, '^/aws/lambda/(.+)$', 1), '');

CREATE OR REPLACE MACRO _database_of(log_group) AS
    nullif(regexp_extract(log_group, '^/aws/rds/(?:instance|cluster)/([^/]+)/', 1), '');

CREATE OR REPLACE MACRO _host_of(url) AS
    nullif(regexp_extract(url, '^[a-z]+://(\[[^\]]*\]|[^/:?]*)', 1), '');

CREATE OR REPLACE MACRO _http_outcome(status) AS
    CASE
        WHEN status BETWEEN 100 AND 399 THEN 'success'
        WHEN status >= 400 THEN 'failure'
        ELSE 'unknown'
    END;

CREATE OR REPLACE MACRO _http_type(status) AS
    CASE
        WHEN status IN (401, 403, 407, 429) THEN ['access', 'denied']
        WHEN status >= 400 THEN ['access', 'error']
        ELSE ['access']
    END;

CREATE OR REPLACE MACRO _is_reading(method) AS
    method IN ('GET', 'HEAD', 'OPTIONS', 'TRACE');

CREATE OR REPLACE MACRO _is_denied(error) AS
    regexp_matches(
        error,
        'AccessDenied|Unauthorized|NotAuthorized|Forbidden|OperationNotPermitted|AuthFailure');

-- What a call is about, by the members that most services name it with.
CREATE OR REPLACE MACRO _subject(request, response) AS
    coalesce(
        list_filter(
            TRY(json_extract_string(request, string_split(
                '$.roleArn $.roleName $.userName $.groupName $.policyArn $.instanceProfileName'
                || ' $.instanceId $.instancesSet.items[0].instanceId $.functionName'
                || ' $.resourceArn $.secretId $.keyId $.snapshotId $.imageId $.volumeId'
                || ' $.groupId $.networkInterfaceId $.vpcId $.dBInstanceIdentifier'
                || ' $.dBClusterIdentifier $.dBSnapshotIdentifier $.tableName $.logGroupName'
                || ' $.queueUrl $.topicArn $.stackName $.clusterName $.repositoryName'
                || ' $.detectorId $.target $.name', ' '))),
            lambda found: found IS NOT NULL)[1],
        list_filter(
            TRY(json_extract_string(response, string_split(
                '$.instancesSet.items[0].instanceId $.user.arn $.role.arn $.arn $.functionArn'
                || ' $.keyMetadata.arn', ' '))),
            lambda found: found IS NOT NULL)[1]);
