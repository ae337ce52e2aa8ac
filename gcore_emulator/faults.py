"""Faults on demand: rules that say what goes wrong with which request.

A rule counts the calls that match it, fires from the nth on, and counts how often it fired, so that a test can assert
that the fault it asked for has happened. Of several rules about one call all fire that only delay, lock or decide
about its task, and one that answers or drops the connection: the first that does so before the work, else the first
that does so after it.

A refused connection isn't among them: who refuses is the machine, where nobody listens. Stop the server for that, or
give the client the URL of a port that is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class _Rule(BaseModel):
    """Which calls a rule is about.

    `route` is a template such as `/cloud/v1/lbpools/{project_id}/{region_id}`; method or route left out: any. It fires
    on the `nth` matching call and the following, `times` in all; without `nth` on every matching call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str | None = None
    route: str | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    times: Annotated[int, Field(ge=1)] = 1

    def matches(self, method: str, route: str | None) -> bool:
        """Whether a call is one of those that the rule is about."""
        return self.method in (None, method) and self.route in (None, route)

    def fires_at(self, count: int) -> bool:
        """Whether the rule fires on the matching call of this number, from 1."""
        return self.nth is None or self.nth <= count < self.nth + self.times


class Answer(_Rule):
    """Another answer than the right one: before the work, or `after` it was done. A text body goes out as it is."""

    action: Literal["answer"]
    status: Annotated[int, Field(ge=100, le=599)]
    body: JsonValue = None
    headers: dict[str, str] = Field(default_factory=dict)
    after: bool = False


class Delay(_Rule):
    """So many real seconds pass before the request is looked at."""

    action: Literal["delay"]
    seconds: Annotated[float, Field(ge=0)]


class Drop(_Rule):
    """The connection closes without an answer, before or after the work was done."""

    action: Literal["drop_before", "drop_after"]


class FailTask(_Rule):
    """The task of the request ends in ERROR. The rule fires only if the request makes one."""

    action: Literal["fail_task"]
    error: str = "The task failed because the emulator was told so."


class HangTask(_Rule):
    """The task of the request never ends. The rule fires only if the request makes one."""

    action: Literal["hang_task"]


class Lock(_Rule):
    """The load balancer that the request is about is locked for a while, as if somebody else was changing it.

    It is the one named here, else the one in the request's path or body, also through a listener or pool. The rule
    fires only if there is one and it is free.
    """

    action: Literal["lock"]
    seconds: Annotated[float, Field(ge=0)] = 1.0
    load_balancer_id: str | None = None


Rule: TypeAlias = Annotated[Answer | Delay | Drop | FailTask | HangTask | Lock, Field(discriminator="action")]
"""One fault."""


class RuleCount(BaseModel):
    """A rule, how many calls matched it, and how often it fired."""

    rule: Rule
    matched: int = 0
    fired: int = 0


class Faults:
    """The rules in force."""

    def __init__(self, counts: Iterable[RuleCount] = ()) -> None:
        """No rules but those of an earlier life, with their counts."""
        self.counts = list(counts)

    def add(self, rules: Sequence[Rule]) -> None:
        """Adds rules to those in force."""
        self.counts += [RuleCount(rule=rule) for rule in rules]

    def due(self, method: str, route: str | None) -> list[RuleCount]:
        """Counts a call, and gives the rules that are to fire on it. Whoever fires one counts it."""
        due = []
        for count in self.counts:
            if count.rule.matches(method, route):
                count.matched += 1
                if count.rule.fires_at(count.matched):
                    due.append(count)
        return due
