"""The same program as `load_balancers`, of bare dynamic resources that do nothing.

The graph is the same, and so are the inputs and the names of all properties. Nothing is read, judged or made.
"""

import inspect
import os
from pathlib import Path

import pulumi
from nothing import Nothing  # type: ignore[import-not-found]  # the program's folder is on the path when it runs
from pulumi.dynamic import Resource

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    RevocationList,
)

material = Path(os.environ["BENCHMARK_MATERIAL"])


class Bare(Resource, module="benchmark", name="Bare"):
    """A resource of that kind."""

    def __init__(self, name: str, like: type[Resource], opts: pulumi.ResourceOptions, **inputs: object) -> None:
        """Declares it, with the properties that `like` has."""
        properties = {
            each: None
            for kind in like.__mro__
            for each, annotation in inspect.get_annotations(kind).items()
            if str(annotation).startswith("pulumi.Output") and not each.startswith("_")
        }
        super().__init__(Nothing(), name, {**properties, **inputs}, opts)


def text(folder: Path, name: str) -> pulumi.Output[str]:
    """A file's text, as a secret."""
    return pulumi.Output.secret((folder / name).read_text())


class BareLoadBalancer(pulumi.ComponentResource):
    """As many resources as a whole load balancer has."""

    def __init__(self, name: str, folder: Path) -> None:
        """Declares them."""
        super().__init__("benchmark:components:BareLoadBalancer", name)
        opts = pulumi.ResourceOptions(parent=self)
        balancer = Bare(f"{name}-load-balancer", LoadBalancer, opts)
        server, shop, client = (
            Bare(
                f"{name}-{role}",
                like,
                opts,
                certificate=text(folder, f"{role}.pem"),
                private_key=text(folder, f"{role}.key"),
            )
            for role, like in (
                ("server", ListenerCertificate),
                ("shop", ListenerCertificate),
                ("client", ClientCertificate),
            )
        )
        ca = Bare(f"{name}-ca", CertificateAuthority, opts, certificate=text(folder, "ca.pem"))
        crl = Bare(
            f"{name}-crl", RevocationList, opts, revocation_list=text(folder, "crl.pem"), ca=text(folder, "ca.pem")
        )
        listener = Bare(
            f"{name}-listener",
            Listener,
            opts,
            load_balancer_id=balancer.id,
            protocol="TERMINATED_HTTPS",
            protocol_port=443,
            secret_id=server.id,
            sni_secret_id=[shop.id],
        )
        pool = Bare(
            f"{name}-pool",
            Pool,
            opts,
            load_balancer_id=balancer.id,
            listener_id=listener.id,
            protocol="HTTPS",
            secret_id=client.id,
            ca_secret_id=ca.id,
            crl_secret_id=crl.id,
            members=[{"address": "10.0.0.11", "protocol_port": 8443}],
            health_monitor={"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3},
        )
        self.register_outputs({"load_balancer_id": balancer.id, "listener_id": listener.id, "pool_id": pool.id})


for number in range(int(os.environ["BENCHMARK_COUNT"])):
    BareLoadBalancer(f"web-{number}", material)
