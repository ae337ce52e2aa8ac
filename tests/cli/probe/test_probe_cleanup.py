"""A probe deletes all its objects after any fault, and lists those that it cannot delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from gcore_emulator.faults import Rule
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Route
from gcore_tls_provider.cli.probe.account import PREFIX, base64_of
from gcore_tls_provider.cli.probe.cleanup import clean_up
from gcore_tls_provider.cli.probe.run import probe
from tests.cli.probe.conftest import Probed, ProbedStart
from tests.fake_clock import FakeClock

_RULES = TypeAdapter(list[Rule])


def add_fault(target: Probed, route: Route, **rule: Any) -> None:
    fields = {"method": route.method, "route": route.template, "nth": 1, **rule}
    target.emulator.faults.add(_RULES.validate_python([fields]))


def count_fired_faults(target: Probed) -> int:
    return sum(count.fired for count in target.emulator.faults.counts)


FAULTS: Mapping[str, tuple[Route, Mapping[str, object]]] = {
    "response to the first secret is lost": (routes.CREATE_SECRET_V1, {"action": "drop_after"}),
    "response to a later secret is lost": (routes.CREATE_SECRET_V2, {"action": "drop_after", "nth": 2}),
    "response to the load balancer is lost": (routes.CREATE_LOAD_BALANCER, {"action": "drop_after"}),
    "response to the load balancer is a 500": (
        routes.CREATE_LOAD_BALANCER,
        {"action": "respond", "status": 500, "after": True},
    ),
    "task of the load balancer fails": (routes.CREATE_LOAD_BALANCER, {"action": "fail_task"}),
    "response to a pool is lost": (routes.CREATE_POOL, {"action": "drop_after"}),
    "task of a pool fails": (routes.CREATE_POOL_GUIDE, {"action": "fail_task"}),
    "pool cannot be read": (routes.GET_POOL, {"action": "respond", "status": 418, "nth": 3}),
    "deletion of the load balancer fails once": (routes.DELETE_LOAD_BALANCER, {"action": "fail_task"}),
    "list of secrets fails": (routes.LIST_SECRETS, {"action": "respond", "status": 400}),
    "response to the deletion of a secret is lost": (routes.DELETE_SECRET, {"action": "drop_after", "nth": 3}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_object_remains_after_a_fault(probed: ProbedStart, fault: str) -> None:
    target = probed(["failed-task=leave-error-object", "read-lag=1"])
    route, rule = FAULTS[fault]
    add_fault(target, route, **rule)
    report = probe(target.account)
    assert count_fired_faults(target) == 1
    assert report.cleanup.complete, report.cleanup
    assert target.objects == {}
    assert report.cleanup.removed > 0


@pytest.mark.parametrize("choice", ["leave-nothing", "leave-error-object"])
def test_failed_create_determines_the_failed_task_option(probed: ProbedStart, choice: str) -> None:
    target = probed([f"failed-task={choice}"])
    add_fault(target, routes.CREATE_POOL_GUIDE, action="fail_task")
    assert probe(target.account).values["failed-task"] == choice
    assert target.objects == {}


class InterruptedClock(FakeClock):
    """Clock that raises KeyboardInterrupt during one of the sleeps."""

    def __init__(self, during: int) -> None:
        super().__init__()
        self._left = during

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("during", [1, 10, 20, 30])
def test_no_object_remains_after_ctrl_c(probed: ProbedStart, during: int) -> None:
    target = probed(time=InterruptedClock(during))
    report = probe(target.account)
    assert report.stopped == "interrupted"
    assert report.cleanup.complete
    assert target.objects == {}
    assert any("interrupted" in each.evidence for each in report.findings)


def test_no_object_remains_after_an_unexpected_exception(probed: ProbedStart) -> None:
    target = probed()

    def fail_at(text: str) -> None:
        if "null-secret-id" in text:
            raise RuntimeError("a defect")

    report = probe(target.account, fail_at)
    assert report.stopped == "RuntimeError: a defect"
    assert report.cleanup.removed > 0
    assert target.objects == {}


def test_objects_locked_by_an_endless_task_are_listed(probed: ProbedStart) -> None:
    target = probed()
    add_fault(target, routes.UPDATE_POOL, action="hang_task")
    report = probe(target.account, cleanup_seconds=5)
    (balancer,) = target.emulator.account.load_balancers.values()
    assert not report.cleanup.complete
    (remaining,) = (each for each in report.cleanup.remaining if each.kind == "load balancer")
    assert (remaining.id, remaining.name) == (balancer.id, balancer.name)
    assert "409" in remaining.reason
    names = {name for names in target.objects.values() for name in names}
    assert {each.name for each in report.cleanup.remaining} == names


def test_cleanup_deletes_objects_of_all_probes_and_no_foreign_objects(probed: ProbedStart) -> None:
    target = probed()
    ca = base64_of(target.account.certificates.ca.certificate_pem)
    foreign = ["website", f"{PREFIX}of-mine", f"my-{PREFIX}12345678-ca", f"{PREFIX}12345678"]
    for name in (f"{PREFIX}12345678-ca", f"{PREFIX}9abcdef0-ca", *foreign):
        target.account.send_and_wait(routes.create_secret_v1(name, ca))
    cleanup = clean_up(target.account, None, 60)
    assert (cleanup.removed, cleanup.complete) == (2, True)
    assert target.objects == {"secrets": foreign}


def test_probe_deletes_only_its_own_objects(probed: ProbedStart) -> None:
    target = probed()
    other = f"{PREFIX}12345678-ca"
    target.account.send_and_wait(
        routes.create_secret_v1(other, base64_of(target.account.certificates.ca.certificate_pem))
    )
    assert probe(target.account).cleanup.complete
    assert target.objects == {"secrets": [other]}


def test_cleanup_is_incomplete_if_objects_cannot_be_listed(probed: ProbedStart) -> None:
    target = probed()
    add_fault(target, routes.LIST_POOLS, action="respond", status=400, times=1000)
    cleanup = clean_up(target.account, target.account.name, 30)
    assert not cleanup.complete
    assert cleanup.problem is not None
    assert "400" in cleanup.problem
