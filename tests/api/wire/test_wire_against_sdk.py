"""Comparison of the request models with Gcore's own SDK: the same fields and choices."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import pytest
from gcore.types import cloud as sdk
from gcore.types.cloud import load_balancer_create_params, load_balancer_update_params
from gcore.types.cloud.load_balancers import (
    listener_create_params,
    listener_update_params,
    pool_create_params,
    pool_update_params,
)
from gcore.types.cloud.load_balancers.pools import member_create_params, member_update_params
from gcore.types.cloud.secret_upload_tls_certificate_params import Payload, SecretUploadTlsCertificateParams
from pydantic import BaseModel
from typing_extensions import Required, get_type_hints

from gcore_tls_provider.api.wire import enums
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate, HealthMonitorPatch
from gcore_tls_provider.api.wire.listeners import BasicAuthUser, ListenerCreate, ListenerPatch, NestedListenerCreate
from gcore_tls_provider.api.wire.load_balancers import LoadBalancerChange, LoadBalancerCreate, LoggingSet
from gcore_tls_provider.api.wire.members import MemberCreate, MemberPatch
from gcore_tls_provider.api.wire.pools import NestedPoolCreate, PoolCreate, PoolPatch, SessionPersistenceSet
from gcore_tls_provider.api.wire.secrets import SecretCreateFromPem, SecretPayload

_IN_THE_PATH = {"project_id", "region_id", "pool_id"}


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (SecretCreateFromPem, SecretUploadTlsCertificateParams),
        (SecretPayload, Payload),
        (LoadBalancerCreate, load_balancer_create_params.LoadBalancerCreateParams),
        (LoggingSet, load_balancer_create_params.Logging),
        (NestedListenerCreate, load_balancer_create_params.Listener),
        (NestedPoolCreate, load_balancer_create_params.ListenerPool),
        (LoadBalancerChange, load_balancer_update_params.LoadBalancerUpdateParams),
        (ListenerCreate, listener_create_params.ListenerCreateParams),
        (BasicAuthUser, listener_create_params.UserList),
        (ListenerPatch, listener_update_params.ListenerUpdateParams),
        (PoolCreate, pool_create_params.PoolCreateParams),
        (HealthMonitorCreate, pool_create_params.Healthmonitor),
        (SessionPersistenceSet, pool_create_params.SessionPersistence),
        (PoolPatch, pool_update_params.PoolUpdateParams),
        (HealthMonitorPatch, pool_update_params.Healthmonitor),
        (MemberCreate, member_create_params.MemberCreateParams),
        (MemberCreate, pool_create_params.Member),
        (MemberPatch, member_update_params.MemberUpdateParams),
    ],
    ids=lambda value: value.__name__,
)
def test_a_model_has_the_fields_of_the_sdk(model: type[BaseModel], parameters: Any) -> None:
    theirs: dict[str, Any] = get_type_hints(parameters, include_extras=True)
    assert model.model_fields.keys() == theirs.keys() - _IN_THE_PATH
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert required == {name for name, hint in theirs.items() if get_origin(hint) == Required} - _IN_THE_PATH


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (enums.ProvisioningStatus, sdk.ProvisioningStatus),
        (enums.OperatingStatus, sdk.LoadBalancerOperatingStatus),
        (enums.ListenerProtocol, sdk.LbListenerProtocol),
        (enums.PoolProtocol, sdk.LbPoolProtocol),
        (enums.LbAlgorithm, sdk.LbAlgorithm),
        (enums.HealthMonitorType, sdk.LbHealthMonitorType),
        (enums.HttpMethod, sdk.HTTPMethod),
        (enums.SessionPersistenceType, sdk.LbSessionPersistenceType),
        (enums.MemberConnectivity, sdk.LoadBalancerMemberConnectivity),
        (enums.InterfaceIpFamily, sdk.InterfaceIPFamily),
        (enums.InstanceRole, sdk.LoadBalancerInstanceRole),
        (enums.FloatingIpStatus, sdk.FloatingIPStatus),
    ],
)
def test_an_enum_has_the_choices_of_the_sdk(ours: Any, theirs: Any) -> None:
    assert set(get_args(ours)) == set(get_args(theirs))
