"""Checks of the fault tests: each test breaks the provider on purpose, and the fault tests must report it."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.recovery import create_once
from gcore_tls_provider.lifecycle.recovery.stack_reader import StackReader
from tests.faults.counts import FaultCounts
from tests.faults.faults import FAULTS, RequestPoint, points_to_test
from tests.faults.scenario import Scenario

BALANCER = RequestPoint("POST", "/v1/loadbalancers/11/22", 1, with_task=True)


def counts_with_fault(scenario: Scenario, fault: str) -> FaultCounts:
    counts, problems = scenario.run_with_fault("up", BALANCER, FAULTS[fault])
    assert problems
    assert counts.fired == 1
    return counts


def test_a_create_that_is_sent_again_without_a_search_is_reported_as_duplicate(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_once, "_find", lambda *_: None)
    counts = counts_with_fault(scenario, "connection dropped after")
    assert counts.duplicates
    assert counts.orphans


def test_an_ignored_interrupted_create_is_reported_as_orphan(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StackReader, "during_create", lambda *_: None)
    monkeypatch.setattr(StackReader, "at_start", lambda *_: None)
    counts = counts_with_fault(scenario, "process killed after")
    assert counts.duplicates
    assert counts.orphans


def test_an_unsaved_partial_state_is_reported_as_orphan(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_once, "_set_unknown_outcome", lambda *_: None)
    assert counts_with_fault(scenario, "hanging task that succeeds later").orphans


def test_a_delete_by_name_is_reported_as_changed_foreign_object(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_by_name(kind: Any, operation: Any, *_: object) -> None:
        for each in kind.list_objects(operation):
            if each.name.startswith("lb-"):
                kind.delete_object(operation, each.id, {})

    monkeypatch.setattr(create_once, "claim_orphan", delete_by_name)
    assert counts_with_fault(scenario, "process killed after").foreign_changed


def test_an_ignored_failure_of_an_update_is_reported_as_difference(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    update: Any = apply.update

    def update_without_errors(
        kind: Any, session: Any, context: Any, object_id: str, olds: Properties, news: Properties
    ) -> Properties:
        try:
            done: Properties = update(kind, session, context, object_id, olds, news)
        except ApiError:
            return {**olds, **news}
        return done

    monkeypatch.setattr(apply, "update", update_without_errors)
    point = RequestPoint("PATCH", "/v2/lblisteners/11/22/{id}", 1, with_task=True)
    counts, _ = scenario.run_with_fault("change", point, FAULTS["failed task"])
    assert counts.different


def test_a_fault_that_never_occurs_is_reported(scenario: Scenario) -> None:
    _, problems = scenario.run_with_fault("up", RequestPoint("POST", "/v1/nothing", 1, with_task=True), FAULTS["503"])
    assert any("never occurred" in each for each in problems)


def test_a_secret_in_the_output_is_reported_as_leak(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario, "secrets", ["load balancer"])
    assert counts_with_fault(scenario, "failed task").leaks


def test_the_tested_points_are_all_writes_and_a_read_of_each_route(scenario: Scenario) -> None:
    for recorded in scenario.phases.values():
        points = recorded.points
        tested = points_to_test(points, FAULTS["503"])
        assert [each for each in tested if each.method != "GET"] == [each for each in points if each.method != "GET"]
        assert {each.route for each in tested} == {each.route for each in points}
        assert len(tested) <= len(points_to_test(points, FAULTS["process killed before"])) <= len(points)
