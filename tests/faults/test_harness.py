"""The tests under faults see what they are there to see: each of these breaks the promise on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kind import Kind
from gcore_tls_provider.lifecycle.recovery.create_once import Creation
from gcore_tls_provider.lifecycle.run.session import Session
from tests.faults.counts import Counts
from tests.faults.faults import FAULTS, Point, folded
from tests.faults.scenario import Story

BALANCER = Point("POST", "/v1/loadbalancers/11/22", 1, with_task=True)


def suffered(story: Story, fault: str) -> Counts:
    counts, said = story.suffer("up", BALANCER, FAULTS[fault])
    assert said
    assert counts.fired == 1
    return counts


def test_who_posts_again_blindly_has_duplicates(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Creation, "_found", lambda *_: None)
    counts = suffered(story, "dropped after")
    assert counts.duplicates
    assert counts.orphans


def test_who_forgets_dead_runs_leaves_orphans(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "stack_state", lambda *_: None)
    monkeypatch.setattr(Session, "glance", lambda *_: None)
    counts = suffered(story, "run abandoned after")
    assert counts.duplicates
    assert counts.orphans


def test_who_saves_nothing_half_done_leaves_orphans(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Creation, "_leave", lambda *_: None)
    assert suffered(story, "task without end, done later").orphans


def test_who_deletes_by_name_alone_touches_what_others_have(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(creation: Any, *_: object) -> None:
        lifecycle, operation = creation._lifecycle, creation._operation
        for each in lifecycle.list_objects(operation):
            if each.name.startswith("lb-"):
                lifecycle.delete_object(operation, each.id, {})

    monkeypatch.setattr(Creation, "_left_behind", careless)
    assert suffered(story, "run abandoned after").foreign


def test_who_takes_a_failed_update_for_done_loses_a_change(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    update: Any = Kind.update

    def careless(lifecycle: Any, session: Any, object_id: str, olds: Properties, news: Properties) -> Properties:
        try:
            done: Properties = update(lifecycle, session, object_id, olds, news)
        except ApiError:
            return {**olds, **news}
        return done

    monkeypatch.setattr(Kind, "update", careless)
    point = Point("PATCH", "/v2/lblisteners/11/22/{id}", 1, with_task=True)
    counts, _ = story.suffer("change", point, FAULTS["task error"])
    assert counts.lost


def test_a_fault_that_never_happens_is_a_failed_case(story: Story) -> None:
    _, said = story.suffer("up", Point("POST", "/v1/nothing", 1, with_task=True), FAULTS["503"])
    assert any("never happened" in each for each in said)


def test_a_secret_that_is_shown_is_seen(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "secrets", ["load balancer"])
    assert suffered(story, "task error").leaks


def test_what_is_folded_is_all_writes_and_a_read_of_each_route(story: Story) -> None:
    for chapter in story.chapters.values():
        points = chapter.points
        tried = folded(points, FAULTS["503"])
        assert [each for each in tried if each.method != "GET"] == [each for each in points if each.method != "GET"]
        assert {each.route for each in tried} == {each.route for each in points}
        assert len(tried) <= len(folded(points, FAULTS["run abandoned before"])) <= len(points)
