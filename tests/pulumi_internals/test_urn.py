"""URNs of resources; `tests/resources` compares them with the URNs of registrations."""

from __future__ import annotations

import pulumi

from gcore_tls_provider.pulumi_internals.urn import urn_of
from tests.resources.program import PROJECT, STACK, run


def test_urn_contains_the_types_of_all_parents_except_the_stack() -> None:
    def write() -> pulumi.Output[list[str]]:
        outer = pulumi.ComponentResource("shop:web:Outer", "outer")
        inner = pulumi.ComponentResource("shop:web:Inner", "inner", None, pulumi.ResourceOptions(parent=outer))
        return pulumi.Output.all(urn_of("a:b:C", "it", None), urn_of("a:b:C", "it", inner))

    prefix = f"urn:pulumi:{STACK}::{PROJECT}::"
    assert run(write).value == [f"{prefix}a:b:C::it", f"{prefix}shop:web:Outer$shop:web:Inner$a:b:C::it"]
