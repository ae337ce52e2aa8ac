"""Duration of imports and of the start of the provider process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import CheckResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _serialize
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from benchmarks.report import Row
from gcore_tls_provider.hidden_inputs import NONCE_PART, RECORD, RESOURCE_PART, VERSION, VERSION_PART, to_json
from gcore_tls_provider.providers import LoadBalancerProvider

REPEATS: Final = 7
_RESOURCE: Final[Mapping[str, str | Mapping[str, str]]] = {
    "urn": "urn:pulumi:dev::shop::pulumi-python:dynamic/gcore:LoadBalancer::it",
    "name": "it",
    "stack": "dev",
    "timeouts": {},
}


class NoOpProvider(ResourceProvider):
    """Provider without checks."""

    def check(self, _olds: dict[str, object], news: dict[str, object]) -> CheckResult:
        """Accept all inputs."""
        return CheckResult(news, [])


def imports(repeats: int = REPEATS) -> list[Row]:
    """Measure `import gcore_tls_components`, relative to `import pulumi`, each in a new interpreter."""

    def of(module: str) -> Callable[[], None]:
        return lambda: _run(f"import {module}")

    return [
        _ratio(
            "import",
            "`import gcore_tls_components`, relative to `import pulumi`",
            1.25,
            repeats,
            of("gcore_tls_components"),
            of("pulumi"),
        )
    ]


def provider_start(repeats: int = REPEATS) -> list[Row]:
    """Measure the time to the first response of the provider process, relative to a provider that does nothing."""
    return [
        _ratio(
            "start",
            "provider process, start to first response, relative to a provider that does nothing",
            1.3,
            repeats,
            lambda: _first_response(LoadBalancerProvider()),
            lambda: _first_response(NoOpProvider()),
        )
    ]


def _ratio(
    part: str, measure: str, target: float, repeats: int, ours: Callable[[], None], bare: Callable[[], None]
) -> Row:
    """Return the ratio of the medians, measured alternately, so that other load affects both."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(repeats):
        for is_ours, measured in ((True, ours), (False, bare)):
            started = time.perf_counter()
            measured()
            seconds[is_ours].append(time.perf_counter() - started)
    return Row(part=part, measure=measure, target=target, measured=median(seconds[True]) / median(seconds[False]))


def _run(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


def _first_response(provider: ResourceProvider) -> None:
    news = Struct()
    serialized, _ = _serialize(True, serialize_provider, provider)
    record: dict[str, Any] = {VERSION_PART: VERSION, RESOURCE_PART: to_json(_RESOURCE), NONCE_PART: rpc.UNKNOWN}
    news.update({"name": "web", "__provider": serialized, RECORD: record})
    arguments = Struct()
    arguments.update({"gcore:apiKey": "1234$none", "gcore:projectId": "1", "gcore:regionId": "1"})
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=arguments))
            stub.Check(provider_pb2.CheckRequest(olds=Struct(), news=news))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
