"""Who stands behind calls: the chain of credentials, then what records say of session and caller.

The strongest reason counts: a call that handed out the key; the record's own words for a user, a
workload or a user of Identity Center; the sign-in that a console session began with; and, only
inferred, names that somebody chose. Where nothing tells, that is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from forensics.identity.conclusions import Conclusion, Confidence, merged, ref
from forensics.identity.credentials import (
    MOST_STEPS,
    Identity,
    Lineage,
    Link,
    details,
)
from forensics.identity.reading import Reader

SAME_MOMENT = timedelta(seconds=2)
"""How far the start of a session may be from its sign-in."""

AROUND_PORTAL = timedelta(minutes=2)
"""How far a session may be from what its user did in the portal of Identity Center."""

_INSTANCE = re.compile(r"m?i-[0-9a-f]{8,17}")
_LINKED_ROLE = re.compile(r":role/aws-service-role/([^/]+)/")
_SSO_ROLE = "/AWSReservedSSO_"
_LONG_TERM = "CreateAccessKey"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who used a credential: its key, and what the records of its use say.

    Attributes:
        key: the access key; None where calls name none.
        caller: what the records say of who called.
        refs: the earliest records of its use.
    """

    key: str | None
    caller: Identity
    refs: tuple[str, ...] = ()


@dataclass(slots=True)
class Trail:
    """What the evidence holds beside the calls themselves.

    Attributes:
        lineage: the calls that handed out keys.
        sign_ins: sign-ins and switches of role, by principal id, in order of time.
        portal: what users of Identity Center did to get into accounts, in order of time.
    """

    lineage: Lineage
    sign_ins: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    portal: list[dict[str, Any]] = field(default_factory=list)


def origins(reader: Reader, holders: Sequence[Holder]) -> list[Conclusion]:
    """Who stands behind each holder of a credential, in their order."""
    trail = _trail(reader, holders)
    return [origin(holder, trail) for holder in holders]


def origin(holder: Holder, trail: Trail) -> Conclusion:
    """Who stands behind one holder of a credential."""
    path, end = trail.lineage.path(holder.key)
    made = next((link for link in path if link.via == _LONG_TERM), None)
    if made is not None:
        path = path[: path.index(made)]
    refs = merged(*(link.refs for link in path))
    if not path:
        return _of_identity(holder.caller, trail).resting_on(holder.refs)
    if made is None and end != "top":
        return _endless(path, end, refs)
    return _of_link(path[-1], trail).resting_on(refs, _chained(path))


def _trail(reader: Reader, holders: Iterable[Holder]) -> Trail:
    """Everything that the conclusions on these holders may need, in a few questions."""
    known = list(holders)
    trail = Trail(Lineage(reader, (each.key for each in known if each.key)))
    ends = [each.caller for each in known] + [each.caller for each in trail.lineage.links.values()]
    principals = sorted({e.principal_id for e in ends if e.principal_id and e.session_start})
    if principals:
        for row in _sign_ins(reader, principals):
            trail.sign_ins.setdefault(row["principal_id"], []).append(row)
    names = sorted({e.session_name.lower() for e in ends if _SSO_ROLE in (e.issuer or "")})
    ids = sorted({e.user_id for e in ends if e.user_id})
    if names or ids:
        trail.portal = reader.rows("portal", names=names, ids=ids)
    return trail


def _sign_ins(reader: Reader, principals: list[str]) -> list[dict[str, Any]]:
    """Sign-ins and switches of role of some principals, in order of time."""
    places = reader.rows("sign_ins", principals=principals)
    found = details(reader, ((row["source_id"], row["record_no"]) for row in places))
    return sorted(found.values(), key=lambda r: (r["time"], r["source_id"], r["record_no"]))


def _chained(path: Sequence[Link]) -> str:
    """How a key came about, in words, the first call first."""
    steps = [f"{link.via} handed out {link.key}" for link in reversed(path)]
    return ", then ".join(steps)


def _endless(path: Sequence[Link], end: str, refs: tuple[str, ...]) -> Conclusion:
    told = {
        "cycle": f"the chain of {len(path)} calls leads back to a key it began with",
        "bound": f"the chain was followed for {MOST_STEPS} calls and goes on",
    }
    return Conclusion("", "", Confidence.unknown, told[end], refs)


def _of_link(link: Link, trail: Trail) -> Conclusion:
    """Who stands behind the first known call of a chain."""
    caller = link.caller
    if caller.type == "AWSService":
        return _of_service(link)
    if link.via in _FEDERATED:
        return _of_provider(link)
    return _of_identity(caller, trail)


_FEDERATED = {"AssumeRoleWithSAML": "SAML user", "AssumeRoleWithWebIdentity": "web identity"}
_WORKLOADS = {"ec2": "instance", "lambda": "function", "ecs-tasks": "task"}


def _of_service(link: Link) -> Conclusion:
    """A service takes a role for a workload, which the session is named after."""
    service = link.caller.invoked_by or "an AWS service"
    kind = _WORKLOADS.get(service.partition(".")[0], "")
    name = link.named or ""
    if kind == "instance" and not _INSTANCE.fullmatch(name):
        kind = ""
    if kind and name:
        because = f"{service} took the role for the {kind}, whose credentials these are"
        return Conclusion(kind, name, Confidence.proven, because)
    return Conclusion("AWS service", service, Confidence.proven, "the service took the role itself")


def _of_provider(link: Link) -> Conclusion:
    """An identity provider vouched for somebody."""
    caller = link.caller
    subject = caller.user_name or link.subject or caller.principal_id
    provider = caller.provider or "an identity provider"
    if not subject:
        because = f"{provider} vouched for a subject that the record does not name"
        return Conclusion("", "", Confidence.unknown, because)
    because = f"{provider} vouched for this subject"
    return Conclusion(_FEDERATED[link.via], subject, Confidence.proven, because)


def _of_identity(caller: Identity, trail: Trail) -> Conclusion:
    """Who stands behind a caller, by the first rule that tells."""
    for rule in _RULES:
        found = rule(caller, trail)
        if found is not None:
            return found
    if caller.type == "AssumedRole" or caller.session_start:
        key = f" of {caller.access_key}" if caller.access_key else ""
        because = f"the call that handed out the credentials{key} is not in the evidence"
    elif caller.arn or caller.principal_id:
        because = "the records do not say who the caller is"
    else:
        because = "the records name no caller"
    name = caller.arn or caller.principal_id or ""
    kind = "session" if name and caller.type in ("AssumedRole", "AWSAccount") else ""
    return Conclusion(kind, name if kind else "", Confidence.unknown, because)


def _user(caller: Identity, trail: Trail) -> Conclusion | None:
    """Users and root users are named by the record; a sign-in tells how they came."""
    kinds = {"IAMUser": "IAM user", "Root": "root user"}
    if caller.type not in kinds:
        return None
    name = caller.arn or caller.user_name or caller.principal_id or caller.account
    if not name or caller.user_name == "HIDDEN_DUE_TO_SECURITY_REASONS":
        because = "a sign-in with a user name that does not exist, which AWS hides"
        return Conclusion("", "", Confidence.unknown, because)
    because = f"the record names the {kinds[caller.type]}"
    entry = _entry(caller, trail)
    if entry is None:
        return Conclusion(kinds[caller.type], name, Confidence.proven, because)
    refs = (ref(entry["source_id"], entry["record_no"]),)
    because += f", who signed in to the console at {entry['time']} UTC from {entry['ip']}"
    return Conclusion(kinds[caller.type], name, Confidence.proven, because, refs)


def _federated_user(caller: Identity, _: Trail) -> Conclusion | None:
    if caller.type != "FederatedUser" or not caller.issuer:
        return None
    because = "the record names the user who asked for the federated session"
    return Conclusion("IAM user", caller.issuer, Confidence.proven, because)


def _provider(caller: Identity, _: Trail) -> Conclusion | None:
    kinds = {"SAMLUser": "SAML user", "WebIdentityUser": "web identity"}
    name = caller.user_name or caller.principal_id
    if caller.type not in kinds or not name:
        return None
    because = f"{caller.provider or 'an identity provider'} vouched for this subject"
    return Conclusion(kinds[caller.type], name, Confidence.proven, because)


def _identity_center(caller: Identity, trail: Trail) -> Conclusion | None:
    """The record names the user of Identity Center by id; the portal may name them."""
    if not caller.user_id:
        return None
    known = [row for row in trail.portal if row["user_id"] == caller.user_id and row["user_name"]]
    because = "the record says on behalf of which Identity Center user"
    if not known:
        return Conclusion("Identity Center user", caller.user_id, Confidence.proven, because)
    refs = (ref(known[0]["source_id"], known[0]["record_no"]),)
    because += f", whom {known[0]['name']} calls {known[0]['user_name']}"
    return Conclusion("Identity Center user", caller.user_id, Confidence.proven, because, refs)


def _workload(caller: Identity, _: Trail) -> Conclusion | None:
    if caller.workload:
        kind = "function" if ":lambda:" in caller.workload else "workload"
        kind = "instance" if ":instance/" in caller.workload else kind
        because = "the record says to which workload the credentials were issued"
        return Conclusion(kind, caller.workload, Confidence.proven, because)
    if caller.imds and _INSTANCE.fullmatch(caller.session_name):
        because = f"delivered by the metadata service of the instance (version {caller.imds})"
        return Conclusion("instance", caller.session_name, Confidence.proven, because)
    return None


def _switched(caller: Identity, trail: Trail) -> Conclusion | None:
    """A role that was switched to in the console: the switch names who did."""
    entry = _entry(caller, trail)
    if entry is None or not entry["switched_from"]:
        return None
    refs = (ref(entry["source_id"], entry["record_no"]),)
    name = entry["switched_from"]
    kind = "IAM user" if ":user/" in name else "session"
    because = f"switched to the role in the console at {entry['time']} UTC"
    return Conclusion(kind, name, Confidence.proven, because, refs)


def _named_by_portal(caller: Identity, trail: Trail) -> Conclusion | None:
    """Roles of Identity Center name their sessions after the user, who was in the portal then."""
    if _SSO_ROLE not in (caller.issuer or "") or not caller.session_name:
        return None
    near = [row for row in trail.portal if _led_to(row, caller)]
    refs = merged(ref(row["source_id"], row["record_no"]) for row in near[:3])
    because = "Identity Center names its sessions after the user"
    if near:
        because += f"; {near[0]['name']} of that user is within two minutes of the session"
    return Conclusion(
        "Identity Center user", caller.session_name, Confidence.inferred, because, refs
    )


def _led_to(row: dict[str, Any], caller: Identity) -> bool:
    """Whether what a user did in the portal fits a session."""
    if (row["user_name"] or "").lower() != caller.session_name.lower():
        return False
    fits = row["account"] in (None, caller.account)
    started = caller.session_start
    return fits and started is not None and abs(row["time"] - started) <= AROUND_PORTAL


def _signed_in(caller: Identity, trail: Trail) -> Conclusion | None:
    """A federated sign-in to the console names the session, not the person."""
    entry = _entry(caller, trail)
    if entry is None:
        return None
    refs = (ref(entry["source_id"], entry["record_no"]),)
    told = f"signed in to the console at {entry['time']} UTC from {entry['ip']}"
    if caller.source_identity:
        because = f"{told}, with the source identity that its first role was given"
        name = caller.source_identity
        return Conclusion("source identity", name, Confidence.inferred, because, refs)
    because = f"{told}; who is behind the federated sign-in is only in the session's name"
    return Conclusion("session", caller.session_name, Confidence.inferred, because, refs)


def _source_identity(caller: Identity, _: Trail) -> Conclusion | None:
    if not caller.source_identity:
        return None
    because = "the source identity that the first role of the chain was given"
    return Conclusion("source identity", caller.source_identity, Confidence.inferred, because)


def _session_name(caller: Identity, _: Trail) -> Conclusion | None:
    """Instances call their sessions by their id; so can anybody."""
    if caller.type != "AssumedRole" or not _INSTANCE.fullmatch(caller.session_name):
        return None
    because = "the session is named like an instance, as anybody can name one"
    return Conclusion("instance", caller.session_name, Confidence.inferred, because)


def _through_provider(caller: Identity, _: Trail) -> Conclusion | None:
    if caller.type != "AssumedRole" or not caller.provider:
        return None
    because = f"{caller.provider} vouched for somebody whom these records do not name"
    return Conclusion("session", caller.arn or "", Confidence.unknown, because)


def _other_account(caller: Identity, _: Trail) -> Conclusion | None:
    """A record in the account that was called names the caller by a unique id only."""
    number = caller.principal_id or ""
    if caller.type != "AWSAccount" or not number.startswith("AIDA"):
        return None
    because = f"a user of account {caller.account}, whose own record is not in the evidence"
    return Conclusion("IAM user", number, Confidence.proven, because)


def _service(caller: Identity, _: Trail) -> Conclusion | None:
    if caller.type != "AWSService" or not caller.invoked_by:
        return None
    because = "the record names the service"
    return Conclusion("AWS service", caller.invoked_by, Confidence.proven, because)


def _service_linked(caller: Identity, _: Trail) -> Conclusion | None:
    """Only its service can take a service-linked role."""
    found = _LINKED_ROLE.search(caller.issuer or "")
    if caller.type != "AssumedRole" or found is None:
        return None
    because = "only the service itself can take its service-linked role"
    return Conclusion("AWS service", found[1], Confidence.proven, because)


def _entry(caller: Identity, trail: Trail) -> dict[str, Any] | None:
    """The sign-in, or switch of role, that a session began with."""
    if caller.session_start is None:
        return None
    rows = trail.sign_ins.get(caller.principal_id or "", [])
    near = [row for row in rows if abs(row["time"] - caller.session_start) <= SAME_MOMENT]
    return near[0] if near else None


_RULES: tuple[Callable[[Identity, Trail], Conclusion | None], ...] = (
    *(_user, _federated_user, _provider, _identity_center, _workload, _service_linked, _switched),
    *(_named_by_portal, _signed_in, _source_identity, _session_name, _through_provider),
    *(_other_account, _service),
)
