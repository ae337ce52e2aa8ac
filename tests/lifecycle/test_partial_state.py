"""Partial state: a failed create saves an object that it could not delete; the next run or a destroy deletes it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gcore_tls_provider.errors import ApiError, DeadlineExceeded, TaskFailed
from tests.fake_engine.stack import FakeStack, Resource, member
from tests.lifecycle.conftest import MakeStack

KINDS = ("CertificateAuthority", "LoadBalancer", "Listener", "Pool")
TABLES = {
    "CertificateAuthority": "secrets",
    "LoadBalancer": "load_balancers",
    "Listener": "listeners",
    "Pool": "pools",
}

LISTS = {
    "CertificateAuthority": "/cloud/v1/secrets/{project_id}/{region_id}",
    "LoadBalancer": "/cloud/v1/loadbalancers/{project_id}/{region_id}",
    "Listener": "/cloud/v1/lblisteners/{project_id}/{region_id}",
    "Pool": "/cloud/v1/lbpools/{project_id}/{region_id}",
}


def program(stack: FakeStack, kind: str) -> Mapping[str, object]:
    if kind == "CertificateAuthority":
        return {"certificate": stack.material.ca.certificate_pem}
    if kind == "LoadBalancer":
        return {}
    stack.parent_load_balancer = stack.parent_load_balancer or stack.load_balancer("parent")
    parent = {"load_balancer_id": stack.parent_load_balancer.id}
    return {**parent, "protocol": "HTTP", "protocol_port": 80} if kind == "Listener" else parent


def partial_state_of(stack: FakeStack, kind: str, error: type[ApiError]) -> Resource:
    """Return the partial state of a create that fails, and end the faults."""
    properties = program(stack, kind)
    with pytest.raises(error) as caught:
        stack.create(kind, "it", **properties)
    assert "Run again" in str(caught.value)
    stack.clear_faults()
    (partial,) = stack.partial_resources
    stack.partial_resources.clear()
    return partial


def existing_ids(stack: FakeStack, kind: str) -> set[str]:
    own = (
        {stack.parent_load_balancer.id} if stack.parent_load_balancer is not None and kind == "LoadBalancer" else set()
    )
    return {each.id for each in stack.objects(TABLES[kind])} - own


@pytest.mark.parametrize("kind", ["LoadBalancer", "Listener", "Pool"])
class TestObjectThatCouldNotBeDeleted:
    def partial(self, make_stack: MakeStack, kind: str) -> Resource:
        stack = make_stack("openapi", failed_task="leave-error-object")
        program(stack, kind)
        stack.inject_fault(action="fail_task", method="POST", nth=1)
        stack.inject_fault(action="respond", status=403, body={}, method="DELETE")
        partial = partial_state_of(stack, kind, TaskFailed)
        assert existing_ids(stack, kind) == {partial.id}
        return partial

    def test_the_next_run_replaces_the_partial_object(self, kind: str, make_stack: MakeStack) -> None:
        partial = self.partial(make_stack, kind)
        difference = partial.diff(**program(partial.stack, kind))
        assert difference.changes
        assert difference.replaces
        assert difference.delete_before_replace
        partial.delete()
        created = partial.stack.next_run().create(kind, "it", **program(partial.stack, kind))
        assert existing_ids(partial.stack, kind) == {created.id}

    def test_a_destroy_deletes_the_partial_object(self, kind: str, make_stack: MakeStack) -> None:
        partial = self.partial(make_stack, kind)
        partial.delete()
        assert existing_ids(partial.stack, kind) == set()

    def test_a_refresh_keeps_the_partial_object_in_the_state(self, kind: str, make_stack: MakeStack) -> None:
        partial = self.partial(make_stack, kind)
        assert partial.refresh()
        assert partial.diff(**program(partial.stack, kind)).replaces


@pytest.mark.parametrize("kind", KINDS)
class TestUnknownOutcome:
    def partial(self, make_stack: MakeStack, kind: str) -> Resource:
        """Return the partial state after a task that hangs and a search that fails."""
        stack = make_stack("openapi")
        program(stack, kind)
        stack.inject_fault(action="hang_task", method="POST", nth=1)
        stack.inject_fault(action="drop_before", method="GET", route=LISTS[kind])
        partial = partial_state_of(stack, kind, DeadlineExceeded)
        assert partial.id.startswith("unknown:it-")
        return partial

    def test_an_object_that_is_created_later_is_deleted(self, kind: str, make_stack: MakeStack) -> None:
        partial = self.partial(make_stack, kind)
        partial.stack.finish_hanging_tasks()
        assert len(existing_ids(partial.stack, kind)) == 1
        assert partial.refresh()
        assert partial.diff(**program(partial.stack, kind)).replaces
        partial.delete()
        assert existing_ids(partial.stack, kind) == set()

    def test_a_refresh_removes_an_object_that_was_never_created(self, kind: str, make_stack: MakeStack) -> None:
        partial = self.partial(make_stack, kind)
        partial.stack.finish_hanging_tasks("given up")
        assert not partial.refresh()
        partial.delete()


def test_partial_state_has_the_id_if_the_create_has_finished(make_stack: MakeStack) -> None:
    """The response of the create contains the ID."""
    stack = make_stack("openapi")
    balancer = stack.load_balancer()
    stack.inject_fault(action="hang_task", method="PATCH", nth=1)
    with pytest.raises(DeadlineExceeded):
        stack.pool(balancer, "it", members=[member()], admin_state_up=False)
    (partial,) = stack.partial_resources
    (pool,) = stack.objects("pools")
    assert partial.id == pool.id


def test_an_unknown_outcome_under_an_explicit_name_saves_no_partial_state(stack: FakeStack) -> None:
    """Somebody else can use that name later, so that the state must not contain anything that deletes it."""
    stack.inject_fault(action="hang_task", method="POST", nth=1)
    stack.inject_fault(action="drop_before", method="GET", route=LISTS["LoadBalancer"], nth=2, times=100)
    with pytest.raises(DeadlineExceeded, match="it is unknown whether load balancer 'mine' was created"):
        stack.load_balancer("it", name="mine")
    assert stack.partial_resources == []
