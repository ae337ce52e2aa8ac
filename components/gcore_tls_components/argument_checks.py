"""Checks of the arguments of `MTLSLoadBalancer`: contradictions are errors before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import cast

import pulumi

from gcore_tls_components.arguments import CertificateArgs, ExistingIds


def adopted_ids(component: str, existing_ids: ExistingIds, parts: Set[str]) -> dict[str, pulumi.Input[str]]:
    """Return the IDs of `existing_ids` by the roles of the parts.

    Args:
        component: Name of the component.
        existing_ids: Argument of the program.
        parts: Roles of the parts that the component declares.

    Raises:
        pulumi.RunError: There is no such part, or another resource declares it.
    """
    by_role = {role: each for role, each in existing_ids.items() if role != "sni_certificates" and each is not None}
    by_role |= {f"sni-{label}": each for label, each in existing_ids.get("sni_certificates", {}).items()}
    stray = sorted(by_role.keys() - parts)
    if stray:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': existing_ids names {', '.join(stray)}, but this component does not "
            f"create such a part. Set the argument that creates the part. For your own resource, set existing_id on "
            f"that resource. The objects of load_balancer_id and listener_id cannot be adopted."
        )
    return cast("dict[str, pulumi.Input[str]]", by_role)


def reject_arguments(component: str, because_of: str, arguments: Mapping[str, object]) -> None:
    """Reject arguments for an object that the component does not create.

    Args:
        component: Name of the component.
        because_of: Argument that names the object.
        arguments: The other arguments; None for those that are not given.

    Raises:
        pulumi.RunError: One of them is given.
    """
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': {', '.join(given)} cannot be set together with {because_of}, because "
            f"the component does not change the existing object. Remove {', '.join(given)}, or {because_of}."
        )


def check_keys(component: str, argument: str, certificate: CertificateArgs) -> None:
    """Reject unknown keys in the arguments of a certificate.

    Args:
        component: Name of the component.
        argument: Argument of the component.
        certificate: Its value.

    Raises:
        pulumi.RunError: A key is unknown.
    """
    unknown = sorted(set(certificate) - set(CertificateArgs.__annotations__))
    if unknown:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': {argument} has no {', '.join(unknown)}. It takes "
            f"{', '.join(CertificateArgs.__annotations__)}."
        )
