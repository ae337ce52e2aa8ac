"""`docs/fields.md` against the code, the request bodies, and the request types of Gcore's own SDK."""

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
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider.api.wire import health_monitors as wire_monitors
from gcore_tls_provider.api.wire import listeners as wire_listeners
from gcore_tls_provider.api.wire import load_balancers as wire_load_balancers
from gcore_tls_provider.api.wire import members as wire_members
from gcore_tls_provider.api.wire import pools as wire_pools
from gcore_tls_provider.api.wire import secrets as wire_secrets
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel
from gcore_tls_provider.lifecycle.kinds import load_balancer as load_balancers
from gcore_tls_provider.lifecycle.kinds.listener import inputs as listener_inputs
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import inputs as pool_inputs
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.fake_engine.account import LIFECYCLES
from tests.fields_page import Row, removed_value, tables


@dataclass(frozen=True)
class Written:
    """What writes one kind of object.

    Attributes:
        sdk: the request types of Gcore's SDK.
        bodies: our request bodies.
        inputs: the model of the inputs.
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
        LIFECYCLES["Secret"].inputs,
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
    **{kind: LIFECYCLES[kind].fields for kind in RESOURCES},
    "MemberArgs": members.FIELDS,
    "HealthMonitorArgs": health_monitors.FIELDS,
}
"""The tables of fields of the code; what isn't here is sent as a whole."""

# What a property is called where neither the argument nor the API's field is.
PROPERTIES = {"healthmonitor": "health_monitor"}
# What the rules look at, and what is refused: not of Gcore.
OWN_ARGUMENTS = {
    "resource_name",
    "opts",
    "accept_findings",
    "beside",
    "client_authentication",
    "expected_backend_certificates",
    "expiry_warning_days",
    "host_names",
}
IN_THE_PATH = {"project_id", "region_id", "pool_id", "load_balancer_id", "member_id"}

PAGE = tables()
every_kind = pytest.mark.parametrize("kind", KINDS)
every_compared_kind = pytest.mark.parametrize("kind", COMPARED)


def fields_of(kind: str) -> set[str]:
    return {row["API field"] for row in PAGE[kind]}


def listed(heading: str, kind: str, column: str = "API field") -> set[str]:
    """What one of the last tables says about a kind."""
    rows = [row for row in PAGE[heading] if (row.get("object") or row["resource"]) == kind]
    assert all(row["why"] for row in rows)
    return {row[column] for row in rows}


def test_every_table_is_of_a_kind() -> None:
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
    """What the SDK sends: where a name is one of its own methods' arguments, its type has another one."""
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
def test_the_arguments_are_those_of_the_page(kind: str) -> None:
    made = getattr(gcore_tls_provider, kind)
    arguments = (
        set(inspect.signature(made.__init__).parameters) - {"self", *OWN_ARGUMENTS}
        if kind in RESOURCES
        else set(made.__annotations__)
    )
    assert arguments - _beside_gcore(kind) == {row["argument"] for row in PAGE[kind]}


def _beside_gcore(kind: str) -> set[str]:
    """Arguments that say where, or how, and nothing of the object."""
    return {"existing_id", "provider_config", "project_id", "region_id"} if kind in RESOURCES else set()


@every_kind
def test_every_argument_says_what_it_is(kind: str) -> None:
    made = getattr(gcore_tls_provider, kind)
    described = inspect.getdoc(made.__init__) if kind in RESOURCES else inspect.getsource(made)
    for row in PAGE[kind]:
        assert f"{row['argument']}:" in str(described)
        assert row["values"]


@every_kind
def test_the_inputs_have_every_field(kind: str) -> None:
    names = {PROPERTIES.get(name, name) for name in fields_of(kind)}
    assert names <= set(KINDS[kind].inputs.model_fields)
    if kind not in RESOURCES:
        assert names == set(KINDS[kind].inputs.model_fields)


@every_compared_kind
def test_the_page_says_what_the_table_of_fields_says(kind: str) -> None:
    said = {PROPERTIES.get(row["API field"], row["API field"]): _said(row) for row in PAGE[kind]}
    assert said == {field.name: _is(field) for field in COMPARED[kind]}


def _said(row: Row) -> tuple[object, ...]:
    removed = removed_value(row["removed"])
    return row["changed"], removed, row["read"] == "yes", "*ours*" in row["values"]


def _is(field: Field) -> tuple[object, ...]:
    stays = not field.nullable and field.default is None
    return field.change, ... if stays else field.removed, field.readable, field.compare_when_unset


@pytest.mark.parametrize("kind", ["LoadBalancer", "Listener", "Pool"])
def test_the_component_has_the_argument_or_a_reason(kind: str) -> None:
    component = set(inspect.signature(MTLSLoadBalancer.__init__).parameters)
    without = listed("Arguments that the component doesn't have", kind, "argument")
    for row in PAGE[kind]:
        argument, there = row["argument"], row["of the component"]
        assert (there == "-") == (argument in without), argument
        if there != "-":
            assert (argument if there == "yes" else there.strip("(`)")) in component, argument
    assert without <= {row["argument"] for row in PAGE[kind]}
