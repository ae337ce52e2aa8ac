"""Serializers: stored objects as responses of the API, never with the payload of a secret.

`traffic_statuses` are the operating statuses that the data plane reports; see `statuses`.
"""

from __future__ import annotations

from gcore_emulator import account as stored
from gcore_emulator import statuses
from gcore_emulator.data_plane import TrafficStatuses
from gcore_emulator.flavors import FLAVORS
from gcore_emulator.plain_fields import plain_values
from gcore_tls_provider.api.wire import statuses as tree
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor
from gcore_tls_provider.api.wire.listeners import Listener, ListenerUser, Statistics
from gcore_tls_provider.api.wire.load_balancers import (
    FixedIp,
    FloatingIp,
    LoadBalancer,
    Logging,
    Tag,
    VrrpIp,
)
from gcore_tls_provider.api.wire.members import Member
from gcore_tls_provider.api.wire.model import ObjectId
from gcore_tls_provider.api.wire.pools import Pool, PoolFields, PoolOverview, SessionPersistence
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.api.wire.tasks import Task

REGION = "Emulated"
"""Name of every emulated region."""

USER_ID = 1
"""User of every request in the emulated account."""

_X_FORWARDED = {"X-Forwarded-For": "true", "X-Forwarded-Port": "true", "X-Forwarded-Proto": "true"}
_NO_TRAFFIC = Statistics(active_connections=0, bytes_in=0, bytes_out=0, request_errors=0, total_connections=0)


def secret(one: stored.Secret) -> Secret:
    """Return a secret without its payload."""
    return Secret(
        id=one.id,
        name=one.name,
        secret_type=one.secret_type,
        status=one.provisioning_status,
        algorithm=one.algorithm,
        bit_length=one.bit_length,
        content_types={"default": one.content_type},
        created=one.created_at,
        expiration=one.expiration,
        mode=one.mode,
    )


def load_balancer(
    one: stored.LoadBalancer,
    account: stored.EmulatedAccount,
    traffic_statuses: TrafficStatuses,
    show_stats: bool = False,
) -> LoadBalancer:
    """Return a load balancer with the IDs of its listeners."""
    first, second = one.vip.instance_addresses
    additional = one.vip.additional_address
    return LoadBalancer(
        id=one.id,
        name=one.name,
        admin_state_up=one.admin_state_up,
        created_at=one.created_at,
        operating_status=statuses.of_object(one, traffic_statuses),
        project_id=one.location.project_id,
        provisioning_status=one.provisioning_status,
        region=REGION,
        region_id=one.location.region_id,
        tags_v2=_tags(one),
        additional_vips=[FixedIp(ip_address=additional, subnet_id=one.vip.subnet_id)] if additional else [],
        creator_task_id=one.creator_task_id,
        flavor=FLAVORS[one.flavor],
        floating_ips=[_floating_ip(one, one.floating_ip)] if one.floating_ip else [],
        listeners=[ObjectId(id=listener.id) for listener in account.listeners_of(one.id)],
        logging=None if one.logging is None else Logging.model_validate(one.logging.model_dump()),
        preferred_connectivity=one.preferred_connectivity,
        stats=_NO_TRAFFIC if show_stats else None,
        task_id=one.task_id,
        updated_at=one.updated_at,
        vip_address=one.vip.address,
        vip_fqdn=None,
        vip_ip_family=one.vip.family,
        vip_port_id=one.vip.port_id,
        vrrp_ips=[
            VrrpIp(ip_address=first, role="MASTER", subnet_id=one.vip.subnet_id),
            VrrpIp(ip_address=second, role="BACKUP", subnet_id=one.vip.subnet_id),
        ],
    )


def listener(
    one: stored.Listener, account: stored.EmulatedAccount, traffic_statuses: TrafficStatuses, show_stats: bool = False
) -> Listener:
    """Return a listener."""
    users = [ListenerUser(username=each.username, encrypted_password=each.encrypted_password) for each in one.user_list]
    return Listener(
        operating_status=statuses.of_object(one, traffic_statuses),
        insert_headers=dict(_X_FORWARDED) if one.insert_x_forwarded else {},
        pool_count=len(account.pools_behind(one.id)),
        sni_secret_id=list(one.sni_secret_ids),
        stats=_NO_TRAFFIC if show_stats else None,
        user_list=users,
        **plain_values(one, Listener, "user_list"),
    )


def member(one: stored.Member, pool: stored.Pool, traffic_statuses: TrafficStatuses) -> Member:
    """Return a member."""
    return Member(operating_status=statuses.of_member(one, pool, traffic_statuses), **plain_values(one, Member))


def health_monitor(one: stored.HealthMonitor) -> HealthMonitor:
    """Return a health monitor."""
    return HealthMonitor(operating_status=statuses.of_health_monitor(one), **plain_values(one, HealthMonitor))


def pool(one: stored.Pool, traffic_statuses: TrafficStatuses) -> Pool:
    """Return a pool with its members and health monitor."""
    return Pool(
        **_pool_fields(one, traffic_statuses).model_dump(),
        members=[member(each, one, traffic_statuses) for each in one.members],
    )


def pool_overview(one: stored.Pool, traffic_statuses: TrafficStatuses) -> PoolOverview:
    """Return a pool with only the IDs of its members, and without its health monitor."""
    fields = {**_pool_fields(one, traffic_statuses).model_dump(), "healthmonitor": None}
    return PoolOverview(**fields, members=[ObjectId(id=each.id) for each in one.members])


def task(one: stored.Task) -> Task:
    """Return a task."""
    over = one.state in ("FINISHED", "ERROR")
    return Task(
        id=one.id,
        task_type=one.task_type,
        state=one.state,
        user_id=USER_ID,
        created_on=one.created_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=None if one.acknowledged_at is None else USER_ID,
        client_id=USER_ID,
        created_resources=one.created,
        data=one.data,
        detailed_state=None,
        error=one.failure if over else None,
        finished_on=one.finished_at,
        project_id=one.location.project_id,
        region_id=one.location.region_id,
        request_id=one.request.request_id,
        updated_on=one.finished_at or (one.running_at if one.state == "RUNNING" else one.created_at),
        user_client_id=USER_ID,
    )


def status_tree(
    one: stored.LoadBalancer, account: stored.EmulatedAccount, traffic_statuses: TrafficStatuses
) -> tree.LoadBalancerStatus:
    """Return the statuses of a load balancer and of all objects below it."""
    return tree.LoadBalancerStatus(
        id=one.id,
        name=one.name,
        operating_status=statuses.of_object(one, traffic_statuses),
        provisioning_status=one.provisioning_status,
        tags=_tags(one),
        listeners=[
            tree.ListenerStatus(
                id=listener.id,
                name=listener.name,
                operating_status=statuses.of_object(listener, traffic_statuses),
                provisioning_status=listener.provisioning_status,
                pools=[_pool_status(each, traffic_statuses) for each in account.pools_behind(listener.id)],
            )
            for listener in account.listeners_of(one.id)
        ],
    )


def _pool_fields(one: stored.Pool, traffic_statuses: TrafficStatuses) -> PoolFields:
    persistence = one.session_persistence
    return PoolFields(
        listeners=[ObjectId(id=listener_id) for listener_id in one.listener_ids],
        loadbalancers=[ObjectId(id=one.load_balancer_id)],
        operating_status=statuses.of_object(one, traffic_statuses),
        healthmonitor=None if one.health_monitor is None else health_monitor(one.health_monitor),
        session_persistence=persistence and SessionPersistence.model_validate(persistence.model_dump()),
        **plain_values(one, PoolFields, "session_persistence"),
    )


def _pool_status(one: stored.Pool, traffic_statuses: TrafficStatuses) -> tree.PoolStatus:
    monitor = one.health_monitor
    return tree.PoolStatus(
        id=one.id,
        name=one.name,
        operating_status=statuses.of_object(one, traffic_statuses),
        provisioning_status=one.provisioning_status,
        members=[
            tree.MemberStatus(
                id=each.id,
                address=each.address,
                protocol_port=each.protocol_port,
                operating_status=statuses.of_member(each, one, traffic_statuses),
                provisioning_status=each.provisioning_status,
            )
            for each in one.members
        ],
        health_monitor=monitor
        and tree.HealthMonitorStatus(
            id=monitor.id,
            type=monitor.type,
            operating_status=statuses.of_health_monitor(monitor),
            provisioning_status=monitor.provisioning_status,
        ),
    )


def _tags(one: stored.LoadBalancer) -> list[Tag]:
    return [Tag(key=key, value=value, read_only=False) for key, value in one.tags.items()]


def _floating_ip(balancer: stored.LoadBalancer, one: stored.FloatingIp) -> FloatingIp:
    return FloatingIp(
        id=one.id,
        created_at=one.created_at,
        updated_at=one.created_at,
        project_id=balancer.location.project_id,
        region=REGION,
        region_id=balancer.location.region_id,
        creator_task_id=balancer.creator_task_id if one.new else None,
        fixed_ip_address=balancer.vip.address,
        floating_ip_address=one.address,
        port_id=balancer.vip.port_id,
        status="ACTIVE",
    )
