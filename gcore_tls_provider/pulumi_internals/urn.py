"""The URN of a resource, computed before the engine registers the resource.

A provider receives no URN, so the program sends it among the inputs, which the registration needs first.
"""

from __future__ import annotations

import pulumi


async def urn_of(type_token: str, name: str, parent: pulumi.Resource | None) -> str:
    """Return the URN that the engine gives a resource.

    Args:
        type_token: Type of the resource, such as `pulumi-python:dynamic/gcore:Pool`.
        name: Logical name of the resource.
        parent: Parent of the resource; None for the stack.
    """
    # The future is awaited directly: an output of the parent would make the parent, and so all its children, a
    # dependency of this resource.
    types = "" if parent is None else str(await parent.urn.future()).split("::")[2]
    prefix = "" if types in ("", "pulumi:pulumi:Stack") else f"{types}$"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{prefix}{type_token}::{name}"
