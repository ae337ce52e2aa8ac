"""Programs without an engine: a mock engine records the requests of a program, with the URNs of a real engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from gcore_tls_provider.hidden_inputs import RECORD, from_json

STACK, PROJECT = "dev", "shop"

GCORE = "pulumi-python:dynamic/gcore:"
"""Prefix of the types of all resources."""

OUTPUTS: Mapping[str, object] = {
    "issuer": "CN=Some CA",
    "dns_names": ["app.example"],
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
    "this_update": "2026-01-01T00:00:00Z",
    "next_update": "2026-02-01T00:00:00Z",
    "revoked_count": 1,
    "vip_address": "192.0.2.1",
    "listener_id": "the-listener-of-the-pool",
}


@dataclass(frozen=True)
class DeclaredResource:
    """Resource as registered with the engine.

    Attributes:
        inputs: Inputs without the hidden ones; secrets are unwrapped.
        secret: Names of the secret inputs.
        context: Description of the resource for its provider.
        record: Hidden record of the inputs.
        request: The whole request; a read request for a resource of `get`.
    """

    type: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    secret: frozenset[str]
    context: Mapping[str, Any]
    record: Mapping[str, Any]
    request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest

    @property
    def is_read(self) -> bool:
        return self.read_id is not None

    @property
    def read_id(self) -> str | None:
        """ID of a resource that is read; None for a registered one."""
        return self.request.id if isinstance(self.request, resource_pb2.ReadResourceRequest) else None


@dataclass
class ProgramResult:
    """Result of a program run.

    Attributes:
        declared: Resources by name, without the stack.
        outputs: Outputs of each component, by URN.
        value: Value that the program returned, with resolved outputs.
    """

    declared: dict[str, DeclaredResource] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    value: Any = None


class _Provider(Mocks):
    """Mock provider that creates every resource."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        outputs = {**OUTPUTS, "subject": f"CN={args.name}", "fingerprint_sha256": f"{args.name}-fingerprint"}
        if not args.typ.startswith(GCORE):
            return "", {}
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        return args.resource_id or f"{args.name}-id", {**outputs, **inputs}


class _Monitor(MockMonitor):
    """Mock engine that records requests and computes URNs as the real one does, with the types of all parents."""

    def __init__(self, result: ProgramResult) -> None:
        super().__init__(_Provider())
        self._result = result

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.split("::")[2] if parent else ""
        chain = "" if chain in ("", "pulumi:pulumi:Stack") else f"{chain}$"
        return f"urn:pulumi:{STACK}::{PROJECT}::{chain}{type_}::{name}"

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK's mock engine is untyped
        if request.type != "pulumi:pulumi:Stack":
            self._record(request, rpc.deserialize_properties(request.object), response.urn)
        return response

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> Any:
        response = super().ReadResource(request)  # type: ignore[no-untyped-call]  # the SDK's mock engine is untyped
        self._record(request, rpc.deserialize_properties(request.properties), response.urn)
        return response

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:
        self._result.outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        return Empty()

    def _record(
        self,
        request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
        properties: Mapping[str, Any],
        urn: str,
    ) -> None:
        assert request.name not in self._result.declared
        record = properties.get(RECORD, {})
        self._result.declared[request.name] = DeclaredResource(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            inputs={key: _unwrap_secrets(value) for key, value in properties.items() if not key.startswith("__")},
            secret=frozenset(key for key, value in properties.items() if _contains_secret(value)),
            context=dict(from_json(record.get("resource"))),
            record=record,
            request=request,
        )


WriteProgram: TypeAlias = "Callable[[], object]"


def run(write: WriteProgram, preview: bool = False) -> ProgramResult:
    """Run a program to its end and return the requests that it sent."""
    result, resolved = ProgramResult(), list[Any]()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's decorator is untyped
    def test() -> pulumi.Output[object]:
        return pulumi.Output.from_input(write()).apply(resolved.append)

    pulumi.runtime.set_mocks(_Provider(), project=PROJECT, stack=STACK, preview=preview, monitor=_Monitor(result))
    test()
    # In a preview the returned output can stay unknown, and the callback is not called.
    if resolved:
        (result.value,) = resolved
    return result


def _unwrap_secrets(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _unwrap_secrets(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _unwrap_secrets(each) for key, each in value.items()}
    return [_unwrap_secrets(each) for each in value] if isinstance(value, list) else value


def _contains_secret(value: Any) -> bool:
    if rpc.is_rpc_secret(value):
        return True
    if isinstance(value, Mapping):
        return any(_contains_secret(each) for each in value.values())
    return isinstance(value, list) and any(_contains_secret(each) for each in value)
