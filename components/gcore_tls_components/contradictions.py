"""Arguments of `MTLSLoadBalancer` that contradict each other: refused before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import cast

import pulumi

from gcore_tls_components.arguments import CertificateArgs, ExistingIds


def adopted_ids(component: str, existing_ids: ExistingIds, parts: Set[str]) -> dict[str, pulumi.Input[str]]:
    """The ids by the roles of the parts.

    Args:
        component: the component's name.
        existing_ids: what the program says.
        parts: the roles of the parts that the component declares.

    Raises:
        pulumi.RunError: there is no such part, or it isn't this component that declares it.
    """
    by_role = {role: each for role, each in existing_ids.items() if role != "sni_certificates" and each is not None}
    by_role |= {f"sni-{label}": each for label, each in existing_ids.get("sni_certificates", {}).items()}
    stray = sorted(by_role.keys() - parts)
    if stray:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': existing_ids names {', '.join(stray)}, and no such part is made here. "
            f"Give the argument that makes it; a resource of your own takes existing_id itself; what load_balancer_id "
            f"and listener_id name stays unmanaged."
        )
    return cast("dict[str, pulumi.Input[str]]", by_role)


def refuse(component: str, because_of: str, arguments: Mapping[str, object]) -> None:
    """Refuses arguments that are for an object which isn't made here.

    Args:
        component: the component's name.
        because_of: the argument that names the object.
        arguments: the others; None for those that aren't given.

    Raises:
        pulumi.RunError: one of them is given.
    """
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': {', '.join(given)} can't go with {because_of}, which names an object "
            f"that exists already and isn't changed. Remove {', '.join(given)}, or {because_of}."
        )


def check_keys(component: str, argument: str, certificate: CertificateArgs) -> None:
    """Refuses keys that a certificate's arguments don't have.

    Args:
        component: the component's name.
        argument: the argument that the certificate is given as.
        certificate: what is given.

    Raises:
        pulumi.RunError: there is such a key.
    """
    unknown = sorted(set(certificate) - set(CertificateArgs.__annotations__))
    if unknown:
        raise pulumi.RunError(
            f"MTLSLoadBalancer '{component}': {argument} has no {', '.join(unknown)}. It takes "
            f"{', '.join(CertificateArgs.__annotations__)}."
        )
