"""Check and diff of a resource: no requests, except one GET for an object that is to be adopted.

- **check** validates everything that is known, reports all findings at once, and adds derived properties and the
  location to the inputs, so that a preview shows them.
- **diff** compares by meaning, over the kind's table of fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import BaseModel

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.limits import cap_repeats
from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle import adoption
from gcore_tls_provider.lifecycle.inputs.fields import changed_fields
from gcore_tls_provider.lifecycle.inputs.properties import PartialInputs, Properties, parse_partial
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache, PublishedCertificate
from gcore_tls_provider.lifecycle.kind import EXISTING_ID, CheckContext, Kind
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.location import LOCATION_FIELDS, account_differs, resolve_location
from gcore_tls_provider.lifecycle.session import Session

_FIRST_NAME: Final = re.compile(r"\w+")
"""Input at the start of a finding's property: `members` of `members[0].address`."""


@dataclass(frozen=True)
class CheckOutcome:
    """Result of a check.

    Attributes:
        inputs: Inputs with derived properties and the hidden record.
        findings: All findings.
        published: Certificates that later checks of this run can refer to.
    """

    inputs: Properties
    findings: tuple[Finding, ...]
    published: tuple[PublishedCertificate, ...] = ()


@dataclass(frozen=True)
class Diff:
    """Difference between a resource's outputs and its new inputs.

    Attributes:
        changes: There is anything to do.
        replaces: Properties that only a new object can change.
        delete_before_replace: The old object must be deleted first.
        changed: All properties whose meaning changes.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False
    changed: tuple[str, ...] = ()


def check(
    kind: Kind[Any],
    session: Session,
    context: ResourceContext,
    certificates: CertificateCache,
    olds: Mapping[str, object],
    news: Mapping[str, object],
) -> CheckOutcome:
    """Validate the known inputs of a program, and add derived properties and the object's location.

    Args:
        kind: Kind of the resource.
        session: Parts that all operations of the process share.
        context: The resource.
        certificates: What earlier checks of this run have published.
        olds: Inputs of the previous run; empty for an object that is to be created.
        news: Inputs of the program.
    """
    given = {k: v for k, v in news.items() if k not in kind.added_inputs and k != RECORD and v is not None}
    partial = parse_partial(kind.inputs, given)
    location, account, misplaced = resolve_location(session.accounts, olds, news)
    given_record = Record.of(news)
    record = _checked_record(Record.of(olds), given_record, is_new=not olds).update(account=account)
    inputs = record.update(references=given_record.references).into(
        {**given, **_normalized(partial, given), **location}
    )
    evaluation = kind.evaluate(CheckContext(partial, inputs, olds, session.clock.utc(), context.urn, certificates))
    rule_findings = apply_waivers((*evaluation.findings, *partial.run_rules(kind.rules)), partial.known.reasons)
    inputs = record.update(references=evaluation.references).into({**inputs, **evaluation.facts})
    findings = (*partial.findings, *misplaced, *rule_findings)
    if kind.adoptable and news.get(EXISTING_ID) is not None:
        valid = {name: inputs[name] for name in inputs if name in partial.valid_fields | partial.unknown}
        existing, adopted = adoption.check_adoption(
            kind, session, context, olds, news, {**valid, **location, **evaluation.facts}
        )
        inputs, findings = {**inputs, **existing}, (*findings, *adopted)
    return CheckOutcome(inputs, _on_arguments(kind, findings), evaluation.published)


def diff(kind: Kind[Any], olds: Properties, news: Properties, object_id: str | None = None) -> Diff:
    """Compare the outputs of the previous run with new inputs by meaning.

    Args:
        kind: Kind of the resource.
        olds: Outputs of the previous run.
        news: Inputs of this run; they can contain unknown values.
        object_id: ID of the object.
    """
    old, new = Record.of(olds), Record.of(news)
    if old.partial == "recreate":
        return Diff(changes=True, replaces=("name",), delete_before_replace=True)
    fields = tuple(changed_fields((*kind.fields, *LOCATION_FIELDS), olds, news, explicit=old.explicit))
    replaces = tuple(field.name for field in fields if field.change == "replace")
    if account_differs(old, new):
        # The mark of the account is hidden: a program can change the provider config.
        replaces = (*replaces, "provider_config")
    relocates = bool({"project_id", "region_id", "provider_config"} & set(replaces))
    if adoption.is_another_object(olds, news, object_id):
        replaces = (*replaces, EXISTING_ID)
    deletes_first = (
        bool(replaces)
        and not relocates
        and EXISTING_ID not in replaces
        and kind.delete_before_create(olds, news, replaces)
    )
    # A delete reads its time limit from the outputs, so new time limits must get there.
    new_timeouts = (old.resource.get("timeouts") or None) != (new.resource.get("timeouts") or None)
    return Diff(
        bool(fields) or bool(replaces) or new_timeouts or old.partial is not None,
        replaces,
        deletes_first,
        tuple(field.name for field in fields),
    )


def _checked_record(old: Record, new: Record, *, is_new: bool) -> Record:
    """Return the record to save: the nonce of the create attempt that has created the object, or of a new attempt."""
    kept = {key: value for key, value in new.resource.items() if key in ("urn", "timeouts") and value}
    attempt = new if is_new else old
    return Record(kept, attempt.nonce, attempt.nonce_unknown)


def _normalized(partial: PartialInputs[Any], given: Mapping[str, object]) -> Properties:
    """Return the valid inputs as they were understood: `"443"` as 443, IDs and addresses in one spelling.

    If the state had another spelling than Gcore returns, every refresh would show a change.
    """
    return {name: _plain(getattr(partial.known, name)) for name in given if name in partial.valid_fields}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _on_arguments(kind: Kind[Any], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the arguments of the program as properties; of very many of one kind the first ones."""

    def on_argument(finding: Finding) -> Finding:
        name = _FIRST_NAME.match(finding.property)
        argument = None if name is None else kind.arguments.get(name[0])
        if name is None or argument is None:
            return finding
        return replace(finding, property=argument + finding.property[name.end() :])

    return cap_repeats(map(on_argument, findings))
