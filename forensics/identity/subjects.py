"""What an analyst names: address, key, ARN, id, name or session; and the records that are of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from forensics.evidence.sought import Sought, sought

_SESSION_ARN = re.compile(r"arn:[^:]*:sts::\d{12}:(assumed-role|federated-user)/.+")
_STARTED = re.compile(r"(.+)@(\d{4}-?\d\d-?\d\dT[\d:]+Z)")
_FAMILY = {"AIDA": "IAM user", "AROA": "role"}
_NAMED = """
    (userIdentity.userName = $value OR userIdentity.sessionContext.sourceIdentity = $value
        OR userIdentity.onBehalfOf.userId = $value OR userIdentity.invokedBy = $value
        OR userIdentity.sessionContext.sessionIssuer.userName = $value
        OR userIdentity.principalId = $value
        OR ends_with(userIdentity.principalId, ':' || $value))
"""
_BY_ARN = """
    (userIdentity.arn = $value OR userIdentity.sessionContext.sessionIssuer.arn = $value
        OR userIdentity.inScopeOf.credentialsIssuedTo = $value)
"""
_BY_PRINCIPAL = """
    (userIdentity.principalId = $value OR starts_with(userIdentity.principalId, $value || ':')
        OR userIdentity.sessionContext.sessionIssuer.principalId = $value)
"""
_BY_INSTANCE = """
    (ends_with(userIdentity.principalId, ':' || $value)
        OR ends_with(userIdentity.inScopeOf.credentialsIssuedTo, '/' || $value))
"""
_ACTED = {
    "access key": "(userIdentity.accessKeyId = $value)",
    "account": "(userIdentity.accountId = $value)",
    "instance": _BY_INSTANCE,
    **dict.fromkeys(("text", "id", "host or domain", "object or user agent"), _NAMED),
}
_NAMES_OF_KINDS = {
    "text": "name",
    "host or domain": "name",
    "object or user agent": "name",
    "id": "id or name",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about.

    Attributes:
        value: as given.
        kind: what it is, in a word or two.
        sought: how every column of every log is searched for it.
        acted: the CloudTrail records that are its own, as SQL; '' where it does not act.
        values: parameters of that condition.
    """

    value: str
    kind: str
    sought: Sought
    acted: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_address(self) -> bool:
        """Whether it is an address or a network."""
        return self.kind.startswith("IPv")


def subject(value: str) -> Subject:
    """What a value is, by its shape.

    Raises UsageError for nothing.
    """
    looked_for = sought(value)
    kind, condition = _told(value, looked_for)
    return Subject(value, kind, looked_for, condition, dict(looked_for.values) | {"value": value})


def _told(value: str, looked_for: Sought) -> tuple[str, str]:
    """The kind of a value in the words of identities, and the records that are its own."""
    kind = looked_for.kind
    if kind.startswith("IPv"):
        test = looked_for.numbered.format(it="sourceIPAddress", number="_sourceIPAddress")
        return kind, f"({test})"
    if kind == "arn":
        return _kind_of_arn(value), _BY_ARN
    if kind == "principal":
        family = _FAMILY.get(value[:4], "principal")
        return ("role session" if ":" in value else f"{family} id"), _BY_PRINCIPAL
    return _NAMES_OF_KINDS.get(kind, kind), _ACTED.get(kind, "")


def _kind_of_arn(arn: str) -> str:
    if _SESSION_ARN.fullmatch(arn):
        return "role session" if ":assumed-role/" in arn else "federated session"
    for word, kind in ((":user/", "IAM user"), (":role/", "role"), (":root", "root user")):
        if word in arn and ":iam:" in arn:
            return kind
    return "ARN"


def session_condition(value: str) -> tuple[str, dict[str, Any]]:
    """The CloudTrail records of a session, by its ARN, id, key, name, or id and start."""
    started = _STARTED.fullmatch(value)
    if started:
        condition = """
            (userIdentity.principalId = $principal
                AND userIdentity.sessionContext.attributes.creationDate = $created)
        """
        return condition, {"principal": started[1], "created": started[2]}
    named = subject(value)
    return named.acted, named.values
