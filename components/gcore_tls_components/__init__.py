"""Components on top of `gcore_tls_provider`: several resources as one."""

from gcore_tls_components.arguments import CertificateArgs, CertificateSummary, ExistingIds
from gcore_tls_components.load_balancer import MTLSLoadBalancer

__all__ = ["CertificateArgs", "CertificateSummary", "ExistingIds", "MTLSLoadBalancer"]
