"""Pulumi resources for Gcore load balancers that speak mutual TLS to their backends."""

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
from gcore_tls_provider.resources.resource import Material, from_file
from gcore_tls_provider.resources.secrets import (
    CertificateAuthority,
    ClientCertificate,
    ListenerCertificate,
    RevocationList,
    Secret,
)

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
    "RetentionPolicyArgs",
    "RevocationList",
    "Secret",
    "SessionPersistenceArgs",
    "from_file",
]
