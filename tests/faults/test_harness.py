"""The tests under faults see what they are there to see: each of these breaks the promise on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.recovery import create_once
from gcore_tls_provider.lifecycle.recovery.stack_reader import StackReader
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
    monkeypatch.setattr(create_once, "_find", lambda *_: None)
    counts = suffered(story, "dropped after")
    assert counts.duplicates
    assert counts.orphans


def test_who_forgets_dead_runs_leaves_orphans(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackReader, "during_create", lambda *_: None)
    monkeypatch.setattr(StackReader, "at_start", lambda *_: None)
    counts = suffered(story, "run abandoned after")
    assert counts.duplicates
    assert counts.orphans


def test_who_saves_nothing_half_done_leaves_orphans(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_once, "_set_unknown_outcome", lambda *_: None)
    assert suffered(story, "task without end, done later").orphans


def test_who_deletes_by_name_alone_touches_what_others_have(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(kind: Any, operation: Any, *_: object) -> None:
        for each in kind.list_objects(operation):
            if each.name.startswith("lb-"):
                kind.delete_object(operation, each.id, {})

    monkeypatch.setattr(create_once, "claim_orphan", careless)
    assert suffered(story, "run abandoned after").foreign


def test_who_takes_a_failed_update_for_done_loses_a_change(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    update: Any = apply.update

    def careless(
        kind: Any, session: Any, context: Any, object_id: str, olds: Properties, news: Properties
    ) -> Properties:
        try:
            done: Properties = update(kind, session, context, object_id, olds, news)
        except ApiError:
            return {**olds, **news}
        return done

    monkeypatch.setattr(apply, "update", careless)
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
