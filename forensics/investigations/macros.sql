-- What the queries call beside the macros of the case; made anew for every connection that asks.

-- The principal behind a call: a role's sessions are folded to the role.
CREATE OR REPLACE TEMP MACRO actor(identity) AS
    coalesce(
        identity.sessionContext.sessionIssuer.arn, identity.arn, identity.principalId,
        identity.userName, identity.invokedBy, identity.type);

-- Services spell "you may not" in many ways.
CREATE OR REPLACE TEMP MACRO is_denied(error) AS
    coalesce(
        regexp_matches(
            error,
            'AccessDenied|Unauthorized|NotAuthorized|Forbidden|OperationNotPermitted|AuthFailure'),
        false);

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
CREATE OR REPLACE TEMP MACRO is_internal(number) AS
    number BETWEEN 167772160 AND 184549375          -- 10.0.0.0/8
    OR number BETWEEN 2886729728 AND 2887778303     -- 172.16.0.0/12
    OR number BETWEEN 3232235520 AND 3232301055     -- 192.168.0.0/16
    OR number BETWEEN 1681915904 AND 1686110207     -- 100.64.0.0/10
    OR number BETWEEN 2851995648 AND 2852061183     -- 169.254.0.0/16
    OR number BETWEEN 2130706432 AND 2147483647     -- 127.0.0.0/8
    OR number < 16777216                            -- 0.0.0.0/8, ::1
    OR number BETWEEN 18158513697557839872 AND 18302628885633695743   -- fc00::/7
    OR number BETWEEN 18338657682652659712 AND 18356672081162141695;  -- fe80::/10

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

-- The account that an ARN names.
CREATE OR REPLACE TEMP MACRO account_of(arn) AS nullif(split_part(arn, ':', 5), '');
