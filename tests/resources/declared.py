"""Runs a program without an engine, and gives what it declared: what goes over the wire, with the engine's own URNs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from gcore_tls_provider.hidden_inputs import from_json

STACK, PROJECT = "dev", "shop"

GCORE = "pulumi-python:dynamic/gcore:"
"""What the types of all resources begin with."""

FACTS: Mapping[str, object] = {
    "issuer": "CN=Some CA",
    "dns_names": ["app.example"],
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
    "this_update": "2026-01-01T00:00:00Z",
    "next_update": "2026-02-01T00:00:00Z",
    "revoked_count": 1,
    "vip_address": "192.0.2.1",
    "listener_id": "the-pools-listener",
}


@dataclass(frozen=True)
class Declared:
    """One resource, as the engine gets to know of it.

    Attributes:
        inputs: its inputs without those for the provider alone; secrets are unwrapped.
        secret: the names of the inputs that are secret.
        context: who it told its provider that it is.
        request: all of it; a read where it is only read.
    """

    type: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    secret: frozenset[str]
    context: Mapping[str, Any]
    request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest

    @property
    def is_read(self) -> bool:
        return self.read_id is not None

    @property
    def read_id(self) -> str | None:
        """The id that is read; None where the resource isn't only read."""
        return self.request.id if isinstance(self.request, resource_pb2.ReadResourceRequest) else None


@dataclass
class Program:
    """What came of a program.

    Attributes:
        declared: its resources by name, the stack apart.
        outputs: what each component registered, by URN.
        value: what the program returned, with its outputs resolved.
    """

    declared: dict[str, Declared] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    value: Any = None


class _Objects(Mocks):
    """Answers as a provider that has made everything."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        facts = {**FACTS, "subject": f"CN={args.name}", "fingerprint_sha256": f"{args.name}-fingerprint"}
        if not args.typ.startswith(GCORE):
            return "", {}
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        return args.resource_id or f"{args.name}-id", {**facts, **inputs}


class _Monitor(MockMonitor):
    """Keeps what is declared, and names it as the engine does: with all types of its parents."""

    def __init__(self, program: Program) -> None:
        super().__init__(_Objects())
        self._program = program

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.split("::")[2] if parent else ""
        chain = "" if chain in ("", "pulumi:pulumi:Stack") else f"{chain}$"
        return f"urn:pulumi:{STACK}::{PROJECT}::{chain}{type_}::{name}"

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        # The SDK's own stand-in for the engine has no types, here and below.
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._keep(request, rpc.deserialize_properties(request.object), answer.urn)
        return answer

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> Any:
        answer = super().ReadResource(request)  # type: ignore[no-untyped-call]
        self._keep(request, rpc.deserialize_properties(request.properties), answer.urn)
        return answer

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:
        self._program.outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        return Empty()

    def _keep(
        self,
        request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
        bag: Mapping[str, Any],
        urn: str,
    ) -> None:
        assert request.name not in self._program.declared
        self._program.declared[request.name] = Declared(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            inputs={key: _plain(value) for key, value in bag.items() if not key.startswith("__")},
            secret=frozenset(key for key, value in bag.items() if _holds_secret(value)),
            context=dict(from_json(bag.get("__context"))),
            request=request,
        )


Written: TypeAlias = "Callable[[], object]"


def run(written: Written, preview: bool = False) -> Program:
    """Runs a program to its end."""
    program, resolved = Program(), list[Any]()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def test() -> pulumi.Output[object]:
        return pulumi.Output.from_input(written()).apply(resolved.append)

    pulumi.runtime.set_mocks(_Objects(), project=PROJECT, stack=STACK, preview=preview, monitor=_Monitor(program))
    test()
    # In a preview an output may stay unknown; then nothing is resolved.
    if resolved:
        (program.value,) = resolved
    return program


def _plain(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _holds_secret(value: Any) -> bool:
    if rpc.is_rpc_secret(value):
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(each) for each in value.values())
    return isinstance(value, list) and any(_holds_secret(each) for each in value)
