-- Functions every case carries, for whatever tool opens it. Names that start with _ are parts.

-- ------------------------------------------------------------------ provenance

CREATE OR REPLACE MACRO ref(source_id, record_no) AS
    format('{:016x}:{}', CAST(source_id AS BIGINT), CAST(record_no AS BIGINT));

-- ------------------------------------------------------------------ addresses
-- An address is one number of 128 bits; IPv4 stands at ::ffff:0:0/96, as IPv6 maps it. NULL for
-- what is no address.

CREATE OR REPLACE MACRO _ipv4_number(address) AS
    CASE WHEN regexp_full_match(address, '\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}')
        THEN list_reduce(
            list_transform(string_split(address, '.'), lambda octet:
                CASE WHEN CAST(octet AS UBIGINT) < 256 THEN CAST(octet AS UBIGINT) END),
            lambda number, octet: number * 256 + octet)
    END;

-- 2001:db8::192.0.2.1 -> 2001:db8::c000:201, without a zone (%eth0)
CREATE OR REPLACE MACRO _ipv6_hexadecimal(address) AS
    CASE WHEN contains(address, '.')
        THEN regexp_extract(address, '^(.*:)[^:]*$', 1) || format('{:x}:{:x}',
            _ipv4_number(regexp_extract(address, '[^:%]*$')) // 65536,
            _ipv4_number(regexp_extract(address, '[^:%]*$')) % 65536)
        ELSE split_part(address, '%', 1)
    END;

CREATE OR REPLACE MACRO _groups(half) AS
    CASE WHEN half = '' THEN CAST([] AS VARCHAR[]) ELSE string_split(half, ':') END;

CREATE OR REPLACE MACRO _eight_groups(hexadecimal) AS
    CASE WHEN contains(hexadecimal, '::')
        THEN list_concat(
            _groups(split_part(hexadecimal, '::', 1)),
            list_transform(
                range(8 - len(_groups(split_part(hexadecimal, '::', 1)))
                    - len(_groups(split_part(hexadecimal, '::', 2)))),
                lambda missing: '0'),
            _groups(split_part(hexadecimal, '::', 2)))
        ELSE string_split(hexadecimal, ':')
    END;

CREATE OR REPLACE MACRO _ipv6_number(address) AS
    CASE WHEN len(_eight_groups(_ipv6_hexadecimal(address))) = 8
            AND NOT regexp_matches(address, '::.*::')
        THEN list_reduce(
            list_transform(_eight_groups(_ipv6_hexadecimal(address)), lambda digits:
                CASE WHEN regexp_full_match(digits, '[0-9a-fA-F]{1,4}')
                    THEN CAST(CAST('0x' || digits AS UBIGINT) AS UHUGEINT) END),
            lambda number, digits: number * CAST(65536 AS UHUGEINT) + digits)
    END;

CREATE OR REPLACE MACRO _ip_number(address) AS
    CASE WHEN contains(address, ':')
        THEN _ipv6_number(address)
        ELSE CAST(281470681743360 AS UHUGEINT) + CAST(_ipv4_number(address) AS UHUGEINT)
    END;

-- How many of the 128 bits a network fixes.
CREATE OR REPLACE MACRO _prefix(network) AS
    CASE WHEN contains(network, ':') THEN 0 ELSE 96 END
    + CASE WHEN contains(network, '/') THEN TRY_CAST(split_part(network, '/', 2) AS UTINYINT)
        WHEN contains(network, ':') THEN 128 ELSE 32 END;

CREATE OR REPLACE MACRO _size(prefix) AS
    CASE WHEN prefix > 0 THEN CAST(1 AS UHUGEINT) << CAST(128 - prefix AS UHUGEINT) END;

CREATE OR REPLACE MACRO _first(network) AS
    CASE
        WHEN _prefix(network) = 0 AND _ip_number(split_part(network, '/', 1)) IS NOT NULL
            THEN CAST(0 AS UHUGEINT)
        WHEN _prefix(network) BETWEEN 1 AND 128
            AND _ip_number(split_part(network, '/', 1)) IS NOT NULL
            THEN _ip_number(split_part(network, '/', 1))
                - _ip_number(split_part(network, '/', 1)) % _size(_prefix(network))
        ELSE error('not a network: ' || network)
    END;

CREATE OR REPLACE MACRO _last(network) AS
    CASE WHEN _prefix(network) = 0
        THEN CAST('340282366920938463463374607431768211455' AS UHUGEINT)
        ELSE _first(network) + (_size(_prefix(network)) - 1)
    END;

CREATE OR REPLACE MACRO _is_ipv4(number) AS number // 4294967296 = 65535;

-- A number as the prepared columns of a case hold it: IPv4 its 32 bits, IPv6 its upper 64.
CREATE OR REPLACE MACRO _companion(number) AS
    CASE WHEN _is_ipv4(number)
        THEN CAST(number % 4294967296 AS UBIGINT)
        ELSE CAST(number >> CAST(64 AS UHUGEINT) AS UBIGINT)
    END;

-- within(_srcaddr, '192.0.2.0/24')            networks of IPv4, and of IPv6 up to /64
-- within(_srcaddr, srcaddr, '2001:db8::/96')  any network
-- Both prune by the number. It alone cannot tell IPv4 from ::/32, which the first form takes for
-- IPv4; the second looks at the text as well.
CREATE OR REPLACE MACRO within
    (number, network) AS
        number BETWEEN
            CASE
                WHEN _is_ipv4(_first(network)) THEN _companion(_first(network))
                WHEN _prefix(network) <= 64
                    THEN greatest(_companion(_first(network)), CAST(4294967296 AS UBIGINT))
                ELSE error(network || ' is longer than /64: write within(_column, column, network)')
            END
            AND _companion(_last(network)),
    (number, address, network) AS
        number BETWEEN _companion(_first(network)) AND _companion(_last(network))
        AND _is_ipv4(_ip_number(address)) = _is_ipv4(_first(network))
        AND _ip_number(address) BETWEEN _first(network) AND _last(network);

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
