"""The path of one create through the code: its changes of module are counted, so that they do not grow unnoticed."""

from __future__ import annotations

import sys
from itertools import pairwise
from types import FrameType

from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.recording_engine import PendingCreateRecord
from tests.fake_engine.stack import FakeStack, context_of, engine_value, member, urn_of

MOST_HOPS = 111
"""Changes of module between calls in a Pool's create, below the front end; about half of them within the API client."""


def test_a_create_of_a_pool_changes_modules_at_most_as_often_as_now(stack: FakeStack) -> None:
    listener = stack.listener(stack.load_balancer())
    stack.pool(stack.load_balancer("other"), "first")  # everything is imported, and the client is connected
    program = {"listener_id": listener.id, "protocol": "HTTP", "members": [member()]}
    inputs = engine_value(stack.checked_inputs("Pool", "it", program))
    stack.engine.pending_creates.append(PendingCreateRecord(urn_of("Pool", "it"), inputs))
    kind, context, modules = KINDS["Pool"], context_of(inputs), list[str]()

    def record_call(frame: FrameType, event: str, _argument: object) -> None:
        module = str(frame.f_globals.get("__name__", ""))
        if event == "call" and module.startswith("gcore_tls_provider.") and not frame.f_code.co_name.startswith("<"):
            modules.append(module)

    sys.setprofile(record_call)
    try:
        apply.create(kind, stack.session, context, inputs)
    finally:
        sys.setprofile(None)
    hops = sum(one != other for one, other in pairwise(modules))
    print(f"{hops} hops between {len(set(modules))} modules in {len(modules)} calls")
    assert 10 < hops <= MOST_HOPS
