"""Pulumi resources for Gcore load balancers that speak mutual TLS to their backends."""

from typing import TYPE_CHECKING

import gcore_tls_provider.lazy_imports as _lazy_imports

if TYPE_CHECKING:
    from gcore_tls_provider.errors import GcoreTlsError
    from gcore_tls_provider.resources.arguments import (
        BasicAuthUserArgs,
        FloatingIpArgs,
        HealthMonitorArgs,
        LoggingArgs,
        MemberArgs,
        RetentionPolicyArgs,
        SessionPersistenceArgs,
    )
    from gcore_tls_provider.resources.listener import Listener
    from gcore_tls_provider.resources.load_balancer import LoadBalancer
    from gcore_tls_provider.resources.pool import Pool
    from gcore_tls_provider.resources.pool_tls_attachment import PoolTlsAttachment
    from gcore_tls_provider.resources.resource import from_file
    from gcore_tls_provider.resources.secrets import (
        CertificateAuthority,
        ClientCertificate,
        ListenerCertificate,
        RevocationList,
        Secret,
    )
    from gcore_tls_provider.resources.shared_arguments import Material

__all__ = [
    "BasicAuthUserArgs",
    "CertificateAuthority",
    "ClientCertificate",
    "FloatingIpArgs",
    "GcoreTlsError",
    "HealthMonitorArgs",
    "Listener",
    "ListenerCertificate",
    "LoadBalancer",
    "LoggingArgs",
    "Material",
    "MemberArgs",
    "Pool",
    "PoolTlsAttachment",
    "RetentionPolicyArgs",
    "RevocationList",
    "Secret",
    "SessionPersistenceArgs",
    "from_file",
]

# Imported on first use: the command line, the certificate rules and the provider process do not need all of Pulumi.
_MODULES = {
    "GcoreTlsError": "gcore_tls_provider.errors",
    "BasicAuthUserArgs": "gcore_tls_provider.resources.arguments",
    "FloatingIpArgs": "gcore_tls_provider.resources.arguments",
    "HealthMonitorArgs": "gcore_tls_provider.resources.arguments",
    "LoggingArgs": "gcore_tls_provider.resources.arguments",
    "MemberArgs": "gcore_tls_provider.resources.arguments",
    "RetentionPolicyArgs": "gcore_tls_provider.resources.arguments",
    "SessionPersistenceArgs": "gcore_tls_provider.resources.arguments",
    "Listener": "gcore_tls_provider.resources.listener",
    "LoadBalancer": "gcore_tls_provider.resources.load_balancer",
    "Pool": "gcore_tls_provider.resources.pool",
    "PoolTlsAttachment": "gcore_tls_provider.resources.pool_tls_attachment",
    "from_file": "gcore_tls_provider.resources.resource",
    "CertificateAuthority": "gcore_tls_provider.resources.secrets",
    "ClientCertificate": "gcore_tls_provider.resources.secrets",
    "ListenerCertificate": "gcore_tls_provider.resources.secrets",
    "RevocationList": "gcore_tls_provider.resources.secrets",
    "Secret": "gcore_tls_provider.resources.secrets",
    "Material": "gcore_tls_provider.resources.shared_arguments",
}


if not TYPE_CHECKING:  # otherwise a type checker would accept any name
    __getattr__ = _lazy_imports.lazy_getattr(__name__, _MODULES)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
