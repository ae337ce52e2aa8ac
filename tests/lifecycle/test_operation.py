"""Operations: time limits, progress, ended engines, and the hidden record."""

from __future__ import annotations

import pytest

from gcore_tls_provider.errors import DeadlineExceeded, ObjectFailed, PropertyError
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.operation import READ_LIMIT
from tests.fake_engine.recording_engine import PendingCreateRecord
from tests.fake_engine.stack import FakeStack, member, urn_of
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.create_cases import PrepareCreate, every_create

TIME_LIMITS = {
    "Secret": 300,
    "CertificateAuthority": 300,
    "LoadBalancer": 1800,
    "Listener": 900,
    "Pool": 900,
    "PoolTlsAttachment": 900,
    "PoolTlsSnapshot": 300,
}


class TestEndedEngine:
    @every_create
    def test_no_object_is_created_after_the_engine_has_ended(self, name: str, prepare_create: PrepareCreate) -> None:
        """No process would save the outcome."""
        prepared = prepare_create(name)
        stack, case = prepared.stack, prepared.case
        stack.engine.alive = False
        with stack.writes() as sent, pytest.raises(ObjectFailed, match="engine that requested it has ended"):
            prepared.run()
        assert sent == []
        assert stack.objects(case.table) == []

    def test_no_object_is_updated_or_deleted_after_the_engine_has_ended(self, stack: FakeStack) -> None:
        ca, balancer = stack.ca(), stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        stack.engine.alive = False
        with stack.writes() as sent:
            for operation in (
                ca.delete,
                balancer.delete,
                pool.delete,
                lambda: balancer.update(name="two"),
                lambda: pool.update(load_balancer_id=balancer.id, members=[]),
            ):
                with pytest.raises(ObjectFailed, match="engine that requested it has ended"):
                    operation()
        assert sent == []
        assert pool.refresh()

    def test_a_create_stops_when_the_engine_ends(self, stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
        """The engine ends between the POST of the load balancer and the PATCH that switches it off."""
        sleep = stack.clock.sleep

        def end_engine(seconds: float) -> None:
            stack.engine.alive = False
            sleep(seconds)

        monkeypatch.setattr(stack.clock, "sleep", end_engine)
        with stack.writes() as sent, pytest.raises(ObjectFailed):
            stack.load_balancer(admin_state_up=False)
        assert [each.method for each in sent] == ["POST"]


class TestTimeLimits:
    def test_the_time_limit_of_the_resource_takes_precedence(self, stack: FakeStack) -> None:
        stack.inject_fault(action="hang_task", method="POST")
        bag = stack.program_inputs("LoadBalancer", "lb", {}, create=42.0)
        stack.engine.pending_creates.append(PendingCreateRecord(urn_of("LoadBalancer", "lb"), bag))
        with pytest.raises(DeadlineExceeded, match="within 42 s"):
            stack.create_outside_state("LoadBalancer", bag)
        assert 42 <= stack.clock.slept < 44

    @pytest.mark.parametrize(("kind", "seconds"), TIME_LIMITS.items(), ids=TIME_LIMITS)
    def test_each_kind_has_its_own_time_limit(self, kind: str, seconds: float, stack: FakeStack) -> None:
        context = ResourceContext(urn=urn_of("Pool", "it"), name="it", stack="dev")
        assert apply.start(KINDS[kind], stack.session, context, "create", {}).deadline.seconds == seconds
        assert apply.start(KINDS[kind], stack.session, context, "read", {}).deadline.seconds == READ_LIMIT

    def test_progress_is_reported_for_slow_tasks_only(self, make_stack: MakeStack) -> None:
        slow = make_stack(task_seconds=20)
        slow.load_balancer("web")
        assert any(
            text.startswith("create load balancer 'web-") and text.endswith(" s") for text in slow.engine.progress_texts
        )
        quick = make_stack(task_seconds=0.1)
        quick.load_balancer("web")
        assert quick.engine.progress_texts == []


def test_a_state_without_the_hidden_record_is_an_error(stack: FakeStack) -> None:
    ca = stack.ca()
    del ca.outputs[RECORD]
    with pytest.raises(PropertyError, match="lacks its hidden record"):
        ca.refresh()
