"""Creates that are executed exactly once: lost responses, failed tasks, and names of objects."""

from __future__ import annotations

import pytest

from gcore_tls_provider.errors import DeadlineExceeded, ServerError, TaskFailed, Unreachable
from tests.fake_engine.stack import STACK, FakeStack, member
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.create_cases import BALANCER, PrepareCreate, every_create


class TestLostResponses:
    @every_create
    @pytest.mark.parametrize("fault", ["dropped", "500", "503"])
    def test_a_create_that_was_executed_is_found_by_its_name(
        self, name: str, fault: str, prepare_create: PrepareCreate
    ) -> None:
        """The response is lost after the create: the provider finds the object by its name."""
        prepared = prepare_create(name)
        stack, case = prepared.stack, prepared.case
        if fault == "dropped":
            stack.inject_fault(action="drop_after", method="POST", route=case.route, nth=1)
        else:
            stack.inject_fault(action="respond", status=int(fault), after=True, method="POST", route=case.route, nth=1)
        with stack.writes() as sent:
            created = prepared.run()
        assert stack.fault_counts == [1]
        assert [each.method for each in sent] == ["POST"]
        assert [each.id for each in stack.objects(case.table)] == [created.id]
        assert not created.saved_diff().changes
        assert stack.engine.warnings == []

    @every_create
    @pytest.mark.parametrize("fault", ["dropped", "500", "502"])
    def test_a_create_that_was_not_executed_is_sent_again(
        self, name: str, fault: str, prepare_create: PrepareCreate
    ) -> None:
        """The request is lost: the provider searches for the object and then sends the create again."""
        prepared = prepare_create(name)
        stack, case = prepared.stack, prepared.case
        if fault == "dropped":
            stack.inject_fault(action="drop_before", method="POST", route=case.route, nth=1)
        else:
            stack.inject_fault(action="respond", status=int(fault), method="POST", route=case.route, nth=1)
        with stack.writes() as sent:
            created = prepared.run()
        assert stack.fault_counts == [1]
        assert [each.method for each in sent] == ["POST", "POST"]
        assert [each.id for each in stack.objects(case.table)] == [created.id]

    @every_create
    def test_a_create_is_sent_at_most_three_times(self, name: str, prepare_create: PrepareCreate) -> None:
        prepared = prepare_create(name)
        stack, case = prepared.stack, prepared.case
        stack.inject_fault(action="respond", status=500, method="POST", route=case.route)
        with stack.writes() as sent, pytest.raises(ServerError):
            prepared.run()
        assert len(sent) == 3
        assert stack.objects(case.table) == []

    def test_an_older_object_with_the_same_explicit_name_is_not_adopted(self, stack: FakeStack) -> None:
        """An older object has the same name: the provider does not adopt it, and sends nothing twice."""
        certificate = stack.material.ca.certificate_pem
        other = stack.create("CertificateAuthority", "other", certificate=certificate, name="CA")
        stack.clock.advance(60)
        stack.inject_fault(action="drop_after", method="POST", nth=1)
        with stack.writes() as sent:
            created = stack.create("CertificateAuthority", "it", certificate=certificate, name="CA")
        assert len(sent) == 1
        assert {each.id for each in stack.objects("secrets")} == {other.id, created.id}
        assert created.id != other.id

    def test_a_running_create_that_the_list_does_not_show_is_awaited(self, make_stack: MakeStack) -> None:
        """The list shows the object late, but its task is active."""
        stack = make_stack(read_lag=3)
        stack.inject_fault(action="drop_after", method="POST", nth=1)
        balancer = stack.load_balancer()
        assert [each.id for each in stack.objects("load_balancers")] == [balancer.id]
        assert balancer.outputs["provisioning_status"] == "ACTIVE"

    def test_a_create_fails_if_no_response_ever_arrives(self, stack: FakeStack) -> None:
        stack.inject_fault(action="drop_before")
        with pytest.raises(Unreachable):
            stack.ca()
        assert stack.clock.slept < 300


class TestFailedTasks:
    @every_create
    @pytest.mark.parametrize("failed_task", ["leave-nothing", "leave-error-object"])
    def test_a_failed_task_removes_the_created_object(
        self, name: str, failed_task: str, prepare_create: PrepareCreate
    ) -> None:
        prepared = prepare_create(name, failed_task=failed_task)
        stack, case = prepared.stack, prepared.case
        stack.inject_fault(action="fail_task", error="no room", method="POST", route=case.route, nth=1)
        with pytest.raises(TaskFailed) as caught:
            prepared.run()
        assert stack.fault_counts == [1]
        message = str(caught.value)
        kind = name.split(",")[0].split(" with")[0]
        assert message.startswith(f"create {kind} 'it-")
        assert "no room" in message
        assert caught.value.task_id in message
        assert stack.objects(case.table) == []
        assert prepared.run(stack.next_run()).refresh()

    def test_an_object_that_cannot_be_removed_is_reported(self, make_stack: MakeStack) -> None:
        stack = make_stack(failed_task="leave-error-object")
        stack.inject_fault(action="fail_task", error="no room", method="POST", route=BALANCER, nth=1)
        stack.inject_fault(action="respond", status=403, body={"message": "not yours"}, method="DELETE")
        with pytest.raises(TaskFailed) as caught:
            stack.load_balancer()
        (balancer,) = stack.objects("load_balancers")
        message = str(caught.value)
        assert "no room" in message
        assert f"load balancer {balancer.id}, which could not be removed" in message
        assert "not yours" in message
        assert "Run again" in message

    def test_a_failed_task_does_not_remove_an_older_object_of_the_same_name(self, make_stack: MakeStack) -> None:
        stack = make_stack(failed_task="leave-error-object")
        other = stack.load_balancer("one", name="mine")
        stack.inject_fault(action="fail_task", method="POST", route=BALANCER, nth=1)
        with pytest.raises(TaskFailed):
            stack.load_balancer("two", name="mine")
        assert [each.id for each in stack.objects("load_balancers")] == [other.id]

    def test_a_task_that_never_ends_exceeds_the_deadline(self, make_stack: MakeStack) -> None:
        stack = make_stack()
        stack.inject_fault(action="hang_task", method="POST", nth=1)
        with pytest.raises(DeadlineExceeded, match="create secret 'it-"):
            stack.ca("it")
        assert 300 <= stack.clock.slept < 310

    def test_an_update_whose_task_fails_can_be_repeated(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        stack.inject_fault(action="fail_task", error="no room", nth=1, method="PATCH")
        with pytest.raises(TaskFailed, match="no room"):
            pool.update(load_balancer_id=balancer.id, members=[member()], lb_algorithm="SOURCE_IP")
        assert len(stack.objects("pools")) == 1
        pool.update(load_balancer_id=balancer.id, members=[member()], lb_algorithm="SOURCE_IP")


class TestObjectNames:
    def test_each_create_attempt_has_its_own_name(self, stack: FakeStack) -> None:
        """A forced replacement, or a replacement of an object that is delete pending."""
        runs = [stack, stack.next_run(), stack.next_run()]
        assert len({run.ca().outputs["name"] for run in runs}) == 3
        assert [run.engine.warnings for run in runs] == [[], [], []]

    @every_create
    def test_no_search_is_sent_if_no_create_was_interrupted(self, name: str, prepare_create: PrepareCreate) -> None:
        prepared = prepare_create(name)
        stack = prepared.stack
        with stack.requests() as sent:
            created = prepared.run()
        polls = [each for each in sent if "/tasks" in each.path]
        objects = [each.method for each in sent if each not in polls]
        assert objects == ["POST", "GET"], f"{created.id}: {sent}"

    def test_the_state_is_exported_once(self, stack: FakeStack) -> None:
        stack.ca("one")
        stack.ca("two")
        stack.load_balancer()
        assert stack.engine.export_count == 1

    def test_the_state_is_not_exported_without_a_create(self, stack: FakeStack) -> None:
        ca = stack.ca()
        later = stack.next_run()
        ca.stack = later
        ca.refresh()
        ca.delete()
        assert later.engine.export_count == 0

    def test_a_truncated_export_is_repeated(self, stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
        export = stack.engine.exported_stack

        def truncated_at_first(name: str) -> bytes | None:
            exported = export(name)
            assert name == STACK
            assert exported is not None
            return exported if stack.engine.export_count > 2 else exported[:100]

        monkeypatch.setattr(stack.engine, "exported_stack", truncated_at_first)
        ca = stack.ca()
        assert stack.engine.export_count == 3
        assert stack.engine.warnings == []
        later = stack.next_run().ca()
        assert str(ca.outputs["name"])[:-6] == str(later.outputs["name"])[:-6]

    def test_names_are_random_without_a_state_and_one_warning_reports_it(self, stack: FakeStack) -> None:
        stack.engine.readable = False
        names = {str(stack.ca("ca").outputs["name"])}
        stack.crl()
        assert [text for _, text in stack.engine.warnings if "random names" in text] != []
        assert len(stack.engine.warnings) == 1
        assert stack.engine.export_count == 5
        again = stack.next_run()
        again.engine.readable = False
        names.add(str(again.ca("ca").outputs["name"]))
        assert len(names) == 2
