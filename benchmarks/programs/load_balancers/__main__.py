"""Load balancers with nine resources each. `BENCHMARK_COUNT` is their number."""

import os
from pathlib import Path

from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

material = Path(os.environ["BENCHMARK_MATERIAL"])

for number in range(int(os.environ["BENCHMARK_COUNT"])):
    MTLSLoadBalancer(
        f"web-{number}",
        listener_certificate={
            "certificate": from_file(material / "server.pem"),
            "private_key": from_file(material / "server.key"),
        },
        sni_certificates={
            "shop": {
                "certificate": from_file(material / "shop.pem"),
                "private_key": from_file(material / "shop.key"),
            }
        },
        client_certificate={
            "certificate": from_file(material / "client.pem"),
            "private_key": from_file(material / "client.key"),
        },
        ca=from_file(material / "ca.pem"),
        crl=from_file(material / "crl.pem"),
        members=[{"address": "10.0.0.11", "protocol_port": 8443}],
    )
