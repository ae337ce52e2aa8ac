"""Where an object is: the account, project and region that its resource names, else the configured ones.

`provider_config` names another namespace of the configuration: another account, or the same one in another region.
`project_id` and `region_id` win over what the connection says. An object can't leave its account, project and region:
another one is another object, made there before the old one is deleted.

Which account a connection belongs to is told by the address of its API, as Gcore's projects have numbers of their own
over all accounts. A connection under another name that leads to the same address, project and region is the same place,
asked with another key: nothing is replaced. The address of one and the same connection may change: it is taken for
another way to the same account, or an emulator that was started anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic import Field as Limited

from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.hidden_inputs import from_json, to_json
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    Properties,
    ResourceInputs,
    error_finding,
    parse_partial,
    validation_error,
)
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.session import Session

ACCOUNT: Final = "__account"
"""The internal property that tells one account from another: `is`, a mark that stays, and the `base_url` of now;
packed."""

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _namespace(value: str) -> str:
    if not _NAMESPACE.fullmatch(value):
        raise validation_error(
            "NOT_A_NAMESPACE",
            "It isn't a namespace of the configuration.",
            "Give the part before the colon: gcore-eu, for what is configured as gcore-eu:apiKey.",
        )
    return value


class LocationInputs(ResourceInputs):
    """Where a resource's object is.

    Attributes:
        connection: the namespace of the configuration that says who asks; default `gcore`.
        project_id: the project's number; default: the connection's.
        region_id: the region's number; default: the connection's.
    """

    provider_config: Annotated[str | None, AfterValidator(_namespace)] = None
    project_id: Annotated[int | None, Limited(gt=0)] = None
    region_id: Annotated[int | None, Limited(gt=0)] = None


def _same_account(old: object, new: object) -> bool:
    before, now = from_json(old), from_json(new)
    # State from before connections could be named has no mark.
    return not before or not now or before.get("is") == now.get("is")


LOCATION_FIELDS: Final = (
    Field("project_id", change="replace", readable=False),
    Field("region_id", change="replace", readable=False),
    Field("provider_config", readable=False, nullable=True),
    Field(ACCOUNT, change="replace", readable=False, equal=_same_account),
)
"""Kept in an object's state: with another project configured, 'not found' would pass for 'deleted'."""

RELOCATING_FIELDS: Final = frozenset({"project_id", "region_id", ACCOUNT})
"""The properties whose change makes the object anew elsewhere."""


def location_of(properties: Mapping[str, object]) -> Location | None:
    """Where the object of a resource is; None for the configured account, project and region."""
    project, region, connection = (properties.get(name) for name in ("project_id", "region_id", "provider_config"))
    scope = Location(
        int(project) if isinstance(project, (int, float)) else None,
        int(region) if isinstance(region, (int, float)) else None,
        connection if isinstance(connection, str) else None,
    )
    return None if scope == Location() else scope


def resolve_location(
    session: Session, olds: Mapping[str, object], news: Mapping[str, object]
) -> tuple[Properties, Sequence[Finding]]:
    """Where a resource's object is to be, and what is wrong with what the program says of it.

    Args:
        session: knows the configurations.
        olds: the inputs of the last run; empty for an object that is to be made.
        news: the program's inputs.
    """
    given = {name: news[name] for name in LocationInputs.model_fields if news.get(name) is not None}
    drafted = parse_partial(LocationInputs, given)
    known = drafted.known.model_dump(exclude_none=True)
    if "provider_config" in drafted.unknown:
        unknown: Properties = dict.fromkeys(("provider_config", "project_id", "region_id"), UNKNOWN)
        return {**unknown, **known}, drafted.findings
    try:
        configuration = session.configuration_of(drafted.known.provider_config)
    except ConfigurationError as error:
        return {**given, **known}, (
            *drafted.findings,
            error_finding("provider_config", "PROVIDER_CONFIG_UNUSABLE", str(error), "Correct the configuration."),
        )
    findings = [*drafted.findings]
    if configuration.namespace != NAMESPACE and configuration.empty:
        namespace = configuration.namespace
        findings.append(
            error_finding(
                "provider_config",
                "PROVIDER_CONFIG_UNKNOWN",
                f"Nothing is configured in the namespace '{namespace}' (environment variables don't hold for a named "
                f"provider config).",
                f"Correct the name, or run `pulumi config set {namespace}:projectId ...`, the same for regionId, and "
                f"`pulumi config set --secret {namespace}:apiKey ...`.",
            )
        )
    configured: Properties = {
        name: value
        for name, value in (("project_id", configuration.project_id), ("region_id", configuration.region_id))
        if value is not None
    }
    unknown = dict.fromkeys(sorted(drafted.unknown), UNKNOWN)
    return {
        **configured,
        **known,
        **unknown,
        ACCOUNT: _account(configuration, olds, known.get("provider_config")),
    }, findings


def account_now(session: Session, properties: Mapping[str, object]) -> Properties:
    """The mark of the account that an object is in, with the address that it has now; for what a read gives back."""
    account, scope = from_json(properties.get(ACCOUNT)), location_of(properties)
    if not account:
        return {}
    configuration = session.configuration_of(scope.provider_config if scope else None)
    return {ACCOUNT: to_json({**account, "base_url": configuration.base_url})}


def _account(configuration: Configuration, olds: Mapping[str, object], connection: object) -> str:
    now = configuration.base_url
    before = from_json(olds.get(ACCOUNT))
    if before and (olds.get("provider_config") == connection or before.get("base_url") == now):
        return to_json({"is": before.get("is"), "base_url": now})
    return to_json({"is": f"{configuration.namespace} {now}", "base_url": now})
