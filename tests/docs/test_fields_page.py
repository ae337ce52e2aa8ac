"""`docs/fields.md`, compared with the code, the request bodies, and the request types of Gcore's own SDK."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from gcore._utils import PropertyInfo
from gcore.types.cloud import (
    LaasIndexRetentionPolicyParam,
    load_balancer_create_params,
    load_balancer_resize_params,
    load_balancer_update_params,
    secret_upload_tls_certificate_params,
)
from gcore.types.cloud.load_balancers import (
    listener_create_params,
    listener_update_params,
    pool_create_params,
    pool_update_params,
)
from gcore.types.cloud.load_balancers.pools import (
    health_monitor_create_params,
    health_monitor_update_params,
    member_create_params,
    member_replace_params,
    member_update_params,
)
from pydantic import BaseModel
from typing_extensions import get_type_hints

import gcore_tls_provider
from documentation.fields import render
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider.api.wire import health_monitors as wire_monitors
from gcore_tls_provider.api.wire import listeners as wire_listeners
from gcore_tls_provider.api.wire import load_balancers as wire_load_balancers
from gcore_tls_provider.api.wire import members as wire_members
from gcore_tls_provider.api.wire import pools as wire_pools
from gcore_tls_provider.api.wire import secrets as wire_secrets
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel
from gcore_tls_provider.lifecycle.kinds import KINDS as LIFECYCLE_KINDS
from gcore_tls_provider.lifecycle.kinds import load_balancer as load_balancers
from gcore_tls_provider.lifecycle.kinds.listener import inputs as listener_inputs
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import inputs as pool_inputs
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.docs.fields_page import PAGE as FILE
from tests.docs.fields_page import Row, removed_value, tables


@dataclass(frozen=True)
class Written:
    """Types that write one kind of object.

    Attributes:
        sdk: Request types of Gcore's SDK.
        bodies: Our request bodies.
        inputs: Model of the inputs.
    """

    sdk: Sequence[Any]
    bodies: Sequence[type[BaseModel]]
    inputs: type[InputsModel]


KINDS: Mapping[str, Written] = {
    "LoadBalancer": Written(
        (
            load_balancer_create_params.LoadBalancerCreateParams,
            load_balancer_update_params.LoadBalancerUpdateParams,
            load_balancer_resize_params.LoadBalancerResizeParams,
        ),
        (
            wire_load_balancers.LoadBalancerCreate,
            wire_load_balancers.LoadBalancerPatch,
            wire_load_balancers.LoadBalancerResize,
        ),
        load_balancers.LoadBalancerInputs,
    ),
    "Listener": Written(
        (listener_create_params.ListenerCreateParams, listener_update_params.ListenerUpdateParams),
        (wire_listeners.ListenerCreate, wire_listeners.ListenerPatch),
        listener_inputs.ListenerInputs,
    ),
    "Pool": Written(
        (pool_create_params.PoolCreateParams, pool_update_params.PoolUpdateParams),
        (wire_pools.PoolCreate, wire_pools.PoolPatch),
        pool_inputs.PoolInputs,
    ),
    "Secret": Written(
        (secret_upload_tls_certificate_params.SecretUploadTlsCertificateParams,),
        (wire_secrets.SecretCreate,),
        LIFECYCLE_KINDS["Secret"].inputs,
    ),
    "FloatingIpArgs": Written(
        (
            load_balancer_create_params.FloatingIPNewInstanceFloatingIPInterfaceSerializer,
            load_balancer_create_params.FloatingIPExistingInstanceFloatingIPInterfaceSerializer,
        ),
        (wire_load_balancers.NewFloatingIp, wire_load_balancers.ExistingFloatingIp),
        load_balancers.FloatingIpInputs,
    ),
    "LoggingArgs": Written(
        (load_balancer_create_params.Logging, load_balancer_update_params.Logging),
        (wire_load_balancers.LoggingSet,),
        load_balancers.LoggingInputs,
    ),
    "RetentionPolicyArgs": Written(
        (LaasIndexRetentionPolicyParam,),
        (wire_load_balancers.RetentionPolicy,),
        load_balancers.RetentionPolicyInputs,
    ),
    "BasicAuthUserArgs": Written(
        (listener_create_params.UserList, listener_update_params.UserList),
        (wire_listeners.BasicAuthUser,),
        listener_inputs.BasicAuthUserInputs,
    ),
    "MemberArgs": Written(
        (
            pool_create_params.Member,
            member_create_params.MemberCreateParams,
            member_replace_params.Body,
            member_update_params.MemberUpdateParams,
        ),
        (wire_members.MemberCreate, wire_members.MemberPatch),
        members.MemberInputs,
    ),
    "HealthMonitorArgs": Written(
        (
            pool_create_params.Healthmonitor,
            pool_update_params.Healthmonitor,
            health_monitor_create_params.HealthMonitorCreateParams,
            health_monitor_update_params.HealthMonitorUpdateParams,
        ),
        (wire_monitors.HealthMonitorCreate, wire_monitors.HealthMonitorPatch),
        health_monitors.HealthMonitorInputs,
    ),
    "SessionPersistenceArgs": Written(
        (pool_create_params.SessionPersistence, pool_update_params.SessionPersistence),
        (wire_pools.SessionPersistenceSet,),
        pool_inputs.SessionPersistenceInputs,
    ),
}
RESOURCES = ("LoadBalancer", "Listener", "Pool", "Secret")
COMPARED: Mapping[str, Sequence[Field]] = {
    **{kind: LIFECYCLE_KINDS[kind].fields for kind in RESOURCES},
    "MemberArgs": members.FIELDS,
    "HealthMonitorArgs": health_monitors.FIELDS,
}
"""Tables of fields of the code; other objects are sent as a whole."""

# Names of properties that are the API's field under another name.
PROPERTIES = {"healthmonitor": "health_monitor"}
# Arguments for rules, location and adoption, and one that is an error: not fields of Gcore.
OWN_ARGUMENTS = {
    "resource_name",
    "opts",
    "shared",
    "accept_findings",
    "client_authentication",
    "expected_backend_certificates",
    "expiry_warning_days",
    "host_names",
    "related_certificates",
    "existing_id",
    "provider_config",
    "project_id",
    "region_id",
}
IN_THE_PATH = {"project_id", "region_id", "pool_id", "load_balancer_id", "member_id"}

PAGE = tables()
every_kind = pytest.mark.parametrize("kind", KINDS)
every_compared_kind = pytest.mark.parametrize("kind", COMPARED)


def fields_of(kind: str) -> set[str]:
    return {row["API field"] for row in PAGE[kind]}


def listed(heading: str, kind: str, column: str = "API field") -> set[str]:
    """Return the rows of a kind in one of the last tables."""
    rows = [row for row in PAGE[heading] if (row.get("object") or row["resource"]) == kind]
    assert all(row["why"] for row in rows)
    return {row[column] for row in rows}


def test_page_is_what_the_generator_writes() -> None:
    text = FILE.read_text()
    assert text == render(text), "type `PYTHONPATH=scripts python -m documentation.fields`"


def test_every_table_belongs_to_a_kind() -> None:
    lists = {
        "Fields of the API without an argument",
        "Fields that Gcore's SDK doesn't have",
        "Arguments that the component doesn't have",
    }
    assert set(PAGE) == set(KINDS) | lists


@every_kind
def test_every_field_of_the_sdk_has_an_argument_or_a_reason(kind: str) -> None:
    in_path = IN_THE_PATH - {"load_balancer_id"} if kind in ("Listener", "Pool") else IN_THE_PATH
    sdk = {name for each in KINDS[kind].sdk for name in _sent_names(each)} - in_path
    without = listed("Fields of the API without an argument", kind)
    not_sdk = listed("Fields that Gcore's SDK doesn't have", kind)
    assert not without & fields_of(kind)
    assert sdk - without == fields_of(kind) - not_sdk
    assert not_sdk <= fields_of(kind) - sdk


def _sent_names(parameters: Any) -> set[str]:
    """Return the names that the SDK sends; the type of a parameter can have an alias."""
    names = set()
    for name, hint in get_type_hints(parameters, include_extras=True).items():
        aliases = [each.alias for each in _parts(hint) if isinstance(each, PropertyInfo) and each.alias]
        names.add(aliases[0] if aliases else name)
    return names


def _parts(hint: Any) -> Iterator[object]:
    yield hint
    for each in (*get_args(hint), *getattr(hint, "__metadata__", ())):
        yield from _parts(each)


@every_kind
def test_every_field_is_in_our_request_bodies(kind: str) -> None:
    bodies = {name for each in KINDS[kind].bodies for name in each.model_fields}
    without = listed("Fields of the API without an argument", kind)
    assert bodies - without == fields_of(kind)
    assert without <= bodies


@every_kind
def test_page_lists_every_argument_that_is_a_field(kind: str) -> None:
    made = getattr(gcore_tls_provider, kind)
    arguments = (
        {*inspect.signature(made.__init__).parameters, "name"} - {"self", *OWN_ARGUMENTS}
        if kind in RESOURCES
        else set(made.__annotations__)
    )
    assert arguments == {row["argument"] for row in PAGE[kind]}


@every_kind
def test_every_argument_has_a_description(kind: str) -> None:
    for row in PAGE[kind]:
        assert len(row["meaning"].removesuffix("*ours*")) > 5, row


@every_kind
def test_inputs_have_every_field(kind: str) -> None:
    names = {PROPERTIES.get(name, name) for name in fields_of(kind)}
    assert names <= set(KINDS[kind].inputs.model_fields)
    if kind not in RESOURCES:
        assert names == set(KINDS[kind].inputs.model_fields)


@every_compared_kind
def test_page_describes_each_field_as_the_table_of_fields_does(kind: str) -> None:
    shown = {PROPERTIES.get(row["API field"], row["API field"]): _row_facts(row) for row in PAGE[kind]}
    assert shown == {field.name: _field_facts(field) for field in COMPARED[kind]}


def _row_facts(row: Row) -> tuple[object, ...]:
    removed = removed_value(row["removed"])
    return row["changed"], removed, row["read"] == "yes", "*ours*" in row["meaning"]


def _field_facts(field: Field) -> tuple[object, ...]:
    stays = not field.nullable and field.default is None
    return field.change, ... if stays else field.removed, field.readable, field.compare_when_unset


@pytest.mark.parametrize("kind", ["LoadBalancer", "Listener", "Pool"])
def test_component_has_each_argument_or_the_page_gives_a_reason(kind: str) -> None:
    component = set(inspect.signature(MTLSLoadBalancer.__init__).parameters)
    without = listed("Arguments that the component doesn't have", kind, "argument")
    for row in PAGE[kind]:
        argument, there = row["argument"], row["of the component"]
        assert (there == "-") == (argument in without), argument
        if there != "-":
            assert (argument if there == "yes" else there.strip("(`)")) in component, argument
    assert without <= {row["argument"] for row in PAGE[kind]}
