"""Takes out of a text the secrets that logs carry, and leaves what says that one stood there.

A secret is told by its name (a member, a header, a parameter, an option) or by its form (a token
of STS, a JSON Web Token, a private key, 40 letters of a secret access key). Names of secrets
(`secretId`, `accessKeyId`, ARNs) are evidence and stay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

SHOWN = 4  # first letters of a secret that stay, so that it can be told from others ...
LONG = 20  # ... if it is at least so long
KEY_LENGTH = 40  # letters of a secret access key
_MARK = "…[redacted"
_NOT_SECRET = frozenset(
    {"", "-", "yes", "no", "true", "false", "null", "none", "<secret>", "[redacted]"}
    | {"<sensitivedataremoved>", "hidden_due_to_security_reasons", "sensitive", "redacted"}
)
_IS_NAME = re.compile(
    r"(?:aws[_-]?)?(?:session|security|auth|access|refresh|id|bearer|csrf|xsrf|jwt|registration)"
    r"[_-]?token(?:[_-]?value)?|token[_-]?(?:value|code)|"
    r"(?:aws[_-]?)?secret(?:[_-]?access)?[_-]?key|secret[_-]?(?:string|binary|value)|"
    r"(?:[a-z]{0,20}[_-]?)?(?:password|passwd|passphrase)(?:[_-]?hash)?|pwd|client[_-]?secret|"
    r"(?:certificate[_-]?)?private[_-]?key|key[_-]?material|pre[_-]?shared[_-]?key|"
    r"(?:x[_-])?api[_-]?key(?:[_-]?value)?|connection[_-]?string|saml[_-]?(?:assertion|response)|"
    r"web[_-]?identity[_-]?token|authorization[_-]?code|mfa[_-]?code|plaintext|"
    r"(?:proxy-)?authorization|(?:set-|cs[_-])?cookies?|"
    r"x-amz-security-token|x-auth-token|x-vault-token|x-amz-signature",
    re.IGNORECASE,
)
_SHORT_NAMES = frozenset({"pass", "secret", "token"})  # secrets only as options of a command
_OF_QUERIES = frozenset({"token", "signature", "sig", "assertion", "sessionid", "session_id"})
_SEGMENT = re.compile(r"[_.-]")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether what is called so is a secret as a whole."""
    return _IS_NAME.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_assigned(name: str) -> bool:
    """As `is_secret_name`, whatever stands before: DB_PASSWORD, spring.datasource.password."""
    starts = [0, *(each.end() for each in _SEGMENT.finditer(name))]
    return any(is_secret_name(name[start:]) for start in starts)


def _is_option(name: str) -> bool:
    return name.lower() in _SHORT_NAMES or is_secret_name(name)


def _is_parameter(name: str) -> bool:
    return name.lower() in _OF_QUERIES or is_secret_name(name)


class _ByName(NamedTuple):
    """Where a name stands before a value; the value begins where the match ends."""

    hints: tuple[str, ...]  # one of which stands in lower case in every text that is worth a try
    name: re.Pattern[str]
    is_secret: Callable[[str], bool]
    value: re.Pattern[str]


_SINGLE = r"'(?:[^'\\]|\\.|'')+|\\+'(?:(?!\\*').)+"
_DOUBLE = r"\"(?:[^\"\\]|\\.)+|\\+\"(?:(?!\\*\").)+"
_ASSIGNED = re.compile(rf"{_SINGLE}|{_DOUBLE}|[^\s;&,\"'\\)}}\]]+", re.DOTALL)
_NAMED = (
    _ByName(
        ("=",),
        re.compile(r"(?<![A-Za-z0-9_.-])(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,60})\s{0,9}=\s{0,9}"),
        _is_assigned,
        _ASSIGNED,
    ),
    _ByName(
        ("=", "%3d"),
        re.compile(
            r"(?:[?&;]|%3[Ff]|%26|\\u0026)(?P<name>[A-Za-z][A-Za-z0-9_-]{1,60})(?:=|%3[Dd])"
        ),
        _is_parameter,
        re.compile(r"[^&\s\"'#;\\]+"),
    ),
    _ByName(
        ("-",),
        re.compile(r"(?:^|\s)--?(?P<name>[A-Za-z][A-Za-z_-]{1,40})(?:=|\s{1,9})"),
        _is_option,
        _ASSIGNED,
    ),
    _ByName(
        (":",),
        re.compile(r"(?<![\w\"-])(?P<name>[A-Za-z][A-Za-z_-]{1,40}):\s{1,9}(?:Bearer\s|Basic\s)?"),
        is_secret_name,
        re.compile(rf"(?!AWS4-HMAC)(?:{_SINGLE}|{_DOUBLE}|[^\s\"'\\,)}}\]]+)", re.DOTALL),
    ),
)
_MEMBER = re.compile(
    r'(?<!\\)(?P<q>\\{0,15}")(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,60})(?P=q)\s{0,9}:\s{0,9}'
    r"(?P<opening>(?P=q)|(?=-?\d))"
)
_STRING = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_NUMBER = re.compile(r"[-+.\deE]*")
_HEADER = re.compile(
    r'"name"\s{0,9}:\s{0,9}"(?P<name>[A-Za-z0-9_-]{2,40})"\s{0,9},\s{0,9}"value"\s{0,9}:\s{0,9}"'
)

# What must stand in a text, in lower case, before a rule is worth a try; the rule: the second group
# is the secret, the first what stands before it.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("cookie:",), re.compile(r"(?i)(\b(?:Set-)?Cookie:\s*)([^\r\n\"'\\]+)")),
    (("signature=",), re.compile(r"(?i)(\bSignature=)([0-9a-f]{64})")),
    (("://",), re.compile(r"(\b[A-Za-z][\w+.-]{1,30}://[^\s:/@\"'?#]{0,200}:)([^\s/@\"']+)(?=@)")),
    (
        ("identified",),
        re.compile(
            r"(?is)(\bIDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?)"
            rf"({_SINGLE}|{_DOUBLE})"
        ),
    ),
    (
        ("password",),
        re.compile(
            rf"(?is)(\b[A-Z_]{{0,30}}PASSWORD\s*(?:\(|:?=\s*(?:PASSWORD\s*\()?)?\s*)({_SINGLE})"
        ),
    ),
    (("aws_",), re.compile(r"(\baws_(?:secret_access_key|session_token)\s+)([^\s=:]+)")),
    (
        ("sshpass", "mysql"),
        re.compile(
            r"(\b(?:sshpass|mysql|mysqldump|mysqladmin)\b[^|;&\r\n]{0,200}?\s-p\s?)([^\s\"'-]\S*)"
        ),
    ),
    (("curl",), re.compile(r"(\bcurl\b[^|;&\r\n]{0,200}?\s(?:-u|--user)\s+[^\s:]+:)(\S+)")),
    (
        ("iqojb3jpz2lu", "fwogzxivyxdz", "fqogzxivyxdz", "aqodyxdz"),
        re.compile(r"()\b((?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|AQoDYXdz)[A-Za-z0-9+/=%]{30,})"),
    ),
    (("eyj",), re.compile(r"()\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)", re.ASCII)),
    (
        ("private key",),
        re.compile(r"(?s)(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(.+?)(?=-----END|\Z)"),
    ),
    (("bearer",), re.compile(r"(?i)(\bBearer\s+)([A-Za-z0-9+/=._~-]{16,})")),
)
_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9/+=_.:-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9/+=_.-])")
_SORTS = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
_PATH = re.compile(r"/[a-z0-9]{0,12}/|[0-9]{4}/[0-9]{2}")
_OPENING = re.compile(r"\\*['\"]")


def redacted(text: str) -> str:
    """Text without the secrets it holds: their length, a hash to compare by, a few letters."""
    if '"' in text:
        text = _without_members(text)
    lowered = text.lower()
    for named in _NAMED:
        if any(hint in lowered for hint in named.hints):
            text = _without_named(text, named)
    for hints, rule in _RULES:
        if any(hint in lowered for hint in hints):
            text = rule.sub(lambda found: found[1] + _masked_value(found[2]), text)
    return _ACCESS_KEY.sub(_access_key, text) if len(text) >= KEY_LENGTH else text


def redacted_members(
    members: Mapping[str, object], inside: Callable[[object], object]
) -> dict[str, object]:
    """Members of which those that are called like a secret are masked, the others done `inside`.

    A value is also a secret if a member `name` beside it says so, as headers of requests do.
    """
    name = members.get("name")
    is_told = isinstance(name, str) and is_secret_name(name)
    return {
        key: mask(value)
        if isinstance(value, str) and (is_secret_name(key) or (is_told and key == "value"))
        else inside(value)
        for key, value in members.items()
    }


def mask(secret: str) -> str:
    """What is shown instead of a secret; what says that there is none stays, and so does a mask."""
    bare = secret.strip("'\"").lower()
    if bare in _NOT_SECRET or not bare.strip("*") or _MARK in secret:
        return secret
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    first = secret[:SHOWN] if len(secret) >= LONG else ""
    return f"{first}{_MARK} {len(secret)} characters, sha256 {digest}]"


# -------------------------------------------------------------------------------- by name
def _without_members(text: str) -> str:
    """JSON, and JSON inside strings of JSON, without the values of members that are secrets."""
    parts: list[str] = []
    at = 0
    for key in _MEMBER.finditer(text):
        if key.start() < at or not is_secret_name(key["name"]):
            continue
        end = _value_end(text, key)
        quote = "" if key["opening"] else key["q"]
        parts += (text[at : key.end()], quote, mask(text[key.end() : end]), quote)
        at = end
    text = "".join((*parts, text[at:])) if parts else text
    return _without_named(text, _HEADERS) if '"value"' in text else text


def _value_end(text: str, key: re.Match[str]) -> int:
    """Where the value of a member ends that begins where its key was matched to."""
    if key["opening"] in ("", '"'):
        found = (_STRING if key["opening"] else _NUMBER).match(text, key.end())
        return found.end() if found else len(text)
    closing = text.find(key["q"], key.end())
    while closing > 0 and text[closing - 1] == "\\":  # of a string inside
        closing = text.find(key["q"], closing + 1)
    return closing if closing > 0 else len(text)


def _without_named(text: str, named: _ByName) -> str:
    """A text without the values that stand behind names of secrets."""
    parts: list[str] = []
    at = 0
    for name in named.name.finditer(text):
        if name.start() < at or not named.is_secret(name["name"]):
            continue
        value = named.value.match(text, name.end())
        if value and not _is_folder(name["name"], value[0]):
            parts += (text[at : name.end()], _masked_value(value[0]))
            at = value.end()
    return "".join((*parts, text[at:])) if parts else text


def _is_folder(name: str, value: str) -> bool:
    """Whether PWD is a working directory, as sudo notes it, and no password."""
    return name.lower() == "pwd" and value.startswith("/")


_HEADERS = _ByName((), _HEADER, is_secret_name, _STRING)


def _masked_value(value: str) -> str:
    """The mask of a value; the quote it begins with stays, as the one it ends with does."""
    quote = _OPENING.match(value)
    opening = quote[0] if quote else ""
    return opening + mask(value[len(opening) :])


# -------------------------------------------------------------------------------- by form
def _access_key(found: re.Match[str]) -> str:
    """40 letters as of a secret access key; hashes are of fewer sorts, and paths show it."""
    is_key = all(sort.search(found[0]) for sort in _SORTS) and not _PATH.search(found[0])
    return mask(found[0]) if is_key else found[0]
