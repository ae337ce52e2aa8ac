"""Fault injection: rules that make matching requests fail.

A rule counts the requests that match it, fires from the nth on, and counts how often it fired, so that a test can
assert that its fault has happened. If several rules match one request, all rules fire that delay, lock, or choose
the outcome of its task, and one that responds or drops the connection: the first that does so before the API handles
the request, otherwise the first that does so after it.

There is no rule for a refused connection, because only the operating system can refuse one. Stop the server for that,
or give the client the URL of a closed port.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class _Rule(BaseModel):
    """Requests that a rule matches.

    Attributes:
        method: HTTP method; None: any.
        route: Template such as `/cloud/v1/lbpools/{project_id}/{region_id}`; None: any.
        nth: First matching request, from 1, on which the rule fires; None: every one.
        times: Number of consecutive matching requests from the `nth` on which it fires.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str | None = None
    route: str | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    times: Annotated[int, Field(ge=1)] = 1

    def matches(self, method: str, route: str | None) -> bool:
        """Return True if the rule matches a request."""
        return self.method in (None, method) and self.route in (None, route)

    def fires_at(self, count: int) -> bool:
        """Return True if the rule fires on the matching request of this number, from 1."""
        return self.nth is None or self.nth <= count < self.nth + self.times


class Respond(_Rule):
    """Fixed response, before the API handles the request, or `after` it. A text body is sent unchanged."""

    action: Literal["respond"]
    status: Annotated[int, Field(ge=100, le=599)]
    body: JsonValue = None
    headers: dict[str, str] = Field(default_factory=dict)
    after: bool = False


class Delay(_Rule):
    """Delay of so many real seconds before the request is handled."""

    action: Literal["delay"]
    seconds: Annotated[float, Field(ge=0)]


class Drop(_Rule):
    """Closed connection without a response, before or after the API handles the request."""

    action: Literal["drop_before", "drop_after"]


class FailTask(_Rule):
    """Task of the request that ends in ERROR. The rule fires only if the request creates one."""

    action: Literal["fail_task"]
    error: str = "The task failed because a fault rule injected this error."


class HangTask(_Rule):
    """Task of the request that never ends. The rule fires only if the request creates one."""

    action: Literal["hang_task"]


class Lock(_Rule):
    """Lock on a load balancer for some seconds, as if another client were changing it.

    It is the load balancer named here, otherwise the one in the request's path or body, also through a listener or
    pool. The rule fires only if there is one and it is unlocked.
    """

    action: Literal["lock"]
    seconds: Annotated[float, Field(ge=0)] = 1.0
    load_balancer_id: str | None = None


Rule: TypeAlias = Annotated[Respond | Delay | Drop | FailTask | HangTask | Lock, Field(discriminator="action")]
"""One fault rule."""


class RuleCount(BaseModel):
    """Rule, the number of requests that matched it, and how often it fired."""

    rule: Rule
    matched: int = 0
    fired: int = 0


class Faults:
    """Active rules."""

    def __init__(self, counts: Iterable[RuleCount] = ()) -> None:
        """Start with the rules of the state file, with their counts."""
        self.counts = list(counts)

    def add(self, rules: Sequence[Rule]) -> None:
        """Add rules to the active ones."""
        self.counts += [RuleCount(rule=rule) for rule in rules]

    def count_request(self, method: str, route: str | None) -> list[RuleCount]:
        """Count a request, and return the rules that fire on it. The caller increments `fired`."""
        firing = []
        for count in self.counts:
            if count.rule.matches(method, route):
                count.matched += 1
                if count.rule.fires_at(count.matched):
                    firing.append(count)
        return firing
