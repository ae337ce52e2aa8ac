"""Location of an object: the account, project and region that its resource names, else the configured ones.

`provider_config` names another namespace of the stack's configuration: another account, or the same account in another
region. `project_id` and `region_id` take precedence over the provider config's. An object cannot leave its account,
project and region: at another location, another object is created before the old one is deleted.

The address of the API identifies the account of a provider config, as Gcore numbers projects over all accounts. A
provider config of another name with the same address, project and region is the same location with another key, so
nothing is replaced. If the address of one and the same provider config changes, it counts as another way to the same
account, or an emulator that was started again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic import Field as Limited

from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.validation import validation_error
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    Properties,
    ResourceInputs,
    parse_partial,
)
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.run.accounts import Accounts
from gcore_tls_provider.lifecycle.run.configuration import Configuration

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _namespace(value: str) -> str:
    if not _NAMESPACE.fullmatch(value):
        raise validation_error("NOT_A_NAMESPACE")
    return value


class LocationInputs(ResourceInputs):
    """Location of a resource's object.

    Attributes:
        provider_config: Namespace of the stack's configuration that has account, project and region; default `gcore`.
        project_id: Number of the project; default: the provider config's.
        region_id: Number of the region; default: the provider config's.
    """

    provider_config: Annotated[str | None, AfterValidator(_namespace)] = None
    project_id: Annotated[int | None, Limited(gt=0)] = None
    region_id: Annotated[int | None, Limited(gt=0)] = None


LOCATION_FIELDS: Final = (
    Field("project_id", change="replace", readable=False),
    Field("region_id", change="replace", readable=False),
    Field("provider_config", readable=False, nullable=True),
)
"""Kept in an object's state: with another project configured, "not found" would count as "deleted"."""


def location_of(properties: Mapping[str, object]) -> Location | None:
    """Return the location in a resource's properties; None for the configured account, project and region."""
    project, region, namespace = (properties.get(name) for name in ("project_id", "region_id", "provider_config"))
    location = Location(
        int(project) if isinstance(project, (int, float)) else None,
        int(region) if isinstance(region, (int, float)) else None,
        namespace if isinstance(namespace, str) else None,
    )
    return None if location == Location() else location


def in_other_location(properties: Mapping[str, object], others: Mapping[str, object]) -> bool:
    """Return whether the objects of two sets of inputs are in different accounts, projects or regions."""
    return Record.of(properties).account != Record.of(others).account or any(
        properties.get(name) != others.get(name) for name in ("project_id", "region_id")
    )


def account_differs(old: Record, new: Record) -> bool:
    """Return whether two records name different accounts; a record without a mark differs from none."""
    return bool(old.account) and bool(new.account) and old.account.get("is") != new.account.get("is")


def resolve_location(
    accounts: Accounts, olds: Mapping[str, object], news: Mapping[str, object]
) -> tuple[Properties, Mapping[str, object], Sequence[Finding]]:
    """Return the location of a resource's object, the mark of its account, and findings about the program's values.

    Args:
        accounts: Configurations by namespace.
        olds: Inputs of the previous run; empty for an object that is to be created.
        news: Inputs of the program.
    """
    given = {name: news[name] for name in LocationInputs.model_fields if news.get(name) is not None}
    partial = parse_partial(LocationInputs, given)
    known = partial.known.model_dump(exclude_none=True)
    if "provider_config" in partial.unknown:
        unknown: Properties = dict.fromkeys(("provider_config", "project_id", "region_id"), UNKNOWN)
        return {**unknown, **known}, {}, partial.findings
    try:
        configuration = accounts.configuration_of(partial.known.provider_config)
    except ConfigurationError as error:
        return (
            {**given, **known},
            {},
            (
                *partial.findings,
                report("PROVIDER_CONFIG_UNUSABLE", "provider_config", reason=error),
            ),
        )
    findings = [*partial.findings]
    if configuration.namespace != NAMESPACE and configuration.empty:
        findings.append(report("PROVIDER_CONFIG_UNKNOWN", "provider_config", namespace=configuration.namespace))
    configured: Properties = {
        name: value
        for name, value in (("project_id", configuration.project_id), ("region_id", configuration.region_id))
        if value is not None
    }
    unknown = dict.fromkeys(sorted(partial.unknown), UNKNOWN)
    account = _account(configuration, olds, known.get("provider_config"))
    return {**configured, **known, **unknown}, account, findings


def current_account(accounts: Accounts, properties: Mapping[str, object]) -> Mapping[str, object]:
    """Return the mark of an object's account with the address that its provider config has now."""
    account, location = Record.of(properties).account, location_of(properties)
    if not account:
        return {}
    configuration = accounts.configuration_of(location.provider_config if location else None)
    return {**account, "base_url": configuration.base_url}


def _account(configuration: Configuration, olds: Mapping[str, object], provider_config: object) -> Mapping[str, object]:
    address = configuration.base_url
    before = Record.of(olds).account
    if before and (olds.get("provider_config") == provider_config or before.get("base_url") == address):
        return {"is": before.get("is"), "base_url": address}
    return {"is": f"{configuration.namespace} {address}", "base_url": address}
