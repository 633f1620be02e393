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
