"""Creates of each kind of object: route, dialect, and a function that creates the object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.fake_engine.stack import FakeStack, Resource, member

CreateObject = Callable[[FakeStack], Resource]

SECRET_V1 = "/cloud/v1/secrets/{project_id}/{region_id}"
SECRET_V2 = "/cloud/v2/secrets/{project_id}/{region_id}"
BALANCER = "/cloud/v1/loadbalancers/{project_id}/{region_id}"
LISTENER = "/cloud/v1/lblisteners/{project_id}/{region_id}"
POOL = "/cloud/v1/lbpools/{project_id}/{region_id}"
POOL_GUIDE = "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/pools"


@dataclass(frozen=True)
class CreateCase:
    """A create.

    Attributes:
        route: Route of the POST.
        dialect: Dialect of the emulator and the provider.
        table: Table of the account that contains the object.
        create: Function that creates the object.
    """

    route: str
    dialect: str
    table: str
    create: CreateObject


def parent_of(stack: FakeStack) -> Resource:
    """Return the load balancer for listeners and pools, which exists before any fault."""
    assert stack.parent_load_balancer is not None
    return stack.parent_load_balancer


CREATES: Mapping[str, CreateCase] = {
    "secret": CreateCase(SECRET_V1, "openapi", "secrets", lambda stack: stack.ca("it")),
    "secret with a key, guide": CreateCase(SECRET_V2, "guide", "secrets", lambda stack: stack.client_certificate("it")),
    "secret with a key, openapi": CreateCase(
        SECRET_V2, "openapi", "secrets", lambda stack: stack.client_certificate("it")
    ),
    "load balancer": CreateCase(BALANCER, "openapi", "load_balancers", lambda stack: stack.load_balancer("it")),
    "listener": CreateCase(LISTENER, "openapi", "listeners", lambda stack: stack.listener(parent_of(stack), "it")),
    "pool, guide": CreateCase(
        POOL_GUIDE, "guide", "pools", lambda stack: stack.pool(parent_of(stack), "it", members=[member()])
    ),
    "pool, openapi": CreateCase(
        POOL, "openapi", "pools", lambda stack: stack.pool(parent_of(stack), "it", members=[member()])
    ),
}
every_create = pytest.mark.parametrize("name", CREATES)


@dataclass(frozen=True)
class PreparedCreate:
    """A create that a test can start.

    Attributes:
        stack: Stack of the test.
        case: The create.
    """

    stack: FakeStack
    case: CreateCase

    def run(self, stack: FakeStack | None = None) -> Resource:
        """Create the object, by default in the stack of the test."""
        return self.case.create(stack or self.stack)


PrepareCreate = Callable[..., PreparedCreate]
