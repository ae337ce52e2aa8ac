"""Read a stack's state and configuration, from the output of `pulumi` or from a file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState, parse_export
from gcore_tls_provider.lifecycle.run.configuration import REQUIRED
from gcore_tls_provider.lifecycle.run.location import location_of
from gcore_tls_provider.pulumi_internals import stack_export

PulumiRunner: TypeAlias = Callable[[Sequence[str]], str]
"""Function that runs `pulumi` with arguments and returns its output. It raises `ConfigurationError` on failure."""

_TIMEOUT_SECONDS: Final = 120.0


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    value: str = ""


class _Resource(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    urn: str
    inputs: dict[str, object] | None = None


class _Pending(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    resource: _Resource


class _Deployment(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    resources: list[_Resource] | None = None
    pending_operations: list[_Pending] | None = None


_CONFIGURATION: Final = TypeAdapter(dict[str, _Value])


class _Export(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    deployment: _Deployment = Field(default_factory=_Deployment)


@dataclass(frozen=True)
class Stack:
    """State and locations of a stack.

    Attributes:
        state: Current state. Its `urns` also contain those of the earlier states that were given.
        identities: Stack identities that names are derived from; empty if no state contains one.
        locations: Accounts, projects and regions to search; at first, those of the stack's resources.
    """

    state: StackState
    identities: frozenset[str]
    locations: frozenset[Location]


def read_stack(exported: str, earlier: Iterable[str] = ()) -> Stack:
    """Parse the state of a stack.

    Args:
        exported: Current output of `pulumi stack export`.
        earlier: Earlier outputs, or checkpoints that a backend keeps. They contribute the stack's identity and its
            former resources. Resource IDs and interrupted creates are taken from `exported` alone, because a create
            that was pending earlier can have succeeded since.

    Raises:
        ConfigurationError: One of them is not the state of a stack.
    """
    current, locations = _parse(exported)
    states = [current]
    for text in earlier:
        state, others = _parse(text)
        states.append(state)
        locations |= others
    identities = {
        identity for each in states for identity in (each.identity, *(create.identity for create in each.creating))
    }
    urns = frozenset[str]().union(*(each.urns for each in states))
    return Stack(replace(current, urns=urns), frozenset(identities - {""}), locations)


def read_configuration(printed: str) -> Mapping[str, str]:
    """Return configuration values by key, from the output of `pulumi config --show-secrets --json`.

    Raises:
        ConfigurationError: The output cannot be parsed.
    """
    try:
        return {key: each.value for key, each in _CONFIGURATION.validate_json(printed).items()}
    except ValidationError:
        # The validation error could contain a secret value.
        raise ConfigurationError("The output of `pulumi config --show-secrets --json` cannot be parsed.") from None


def configured_locations(configuration: Mapping[str, str]) -> frozenset[Location]:
    """Return the provider configs that a configuration defines completely, whether or not a resource uses them.

    Args:
        configuration: Values by key. Namespaces that do not begin with `gcore` belong to other providers, and their
            keys must not be sent to Gcore. A resource can still name such a namespace as its `provider_config`.
    """
    namespaces = {key.partition(":")[0] for key in configuration} - {NAMESPACE}
    return frozenset(
        Location(provider_config=each)
        for each in namespaces
        if each.startswith(NAMESPACE) and all(configuration.get(f"{each}:{key}") for key in REQUIRED)
    )


def run_pulumi(arguments: Sequence[str], directory: Path | None = None) -> str:
    """Run `pulumi` in a directory, by default the current one, and return its output.

    Raises:
        ConfigurationError: The command is missing, takes too long or fails; the message quotes its error output.
    """
    command = f"`pulumi {' '.join(arguments)}`"
    try:
        done = stack_export.run_pulumi(arguments, folder=directory, timeout=_TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(
            f"{command} did not run ({type(error).__name__}). Check that pulumi is on PATH."
        ) from None
    if done.returncode != 0:
        remedy = "" if arguments[0] == "config" else " Run it in the directory of the Pulumi project, or add --export."
        raise ConfigurationError(f"{command} failed: {done.stderr.decode(errors='replace').strip()}{remedy}")
    return done.stdout.decode(errors="replace")


def _parse(text: str) -> tuple[StackState, frozenset[Location]]:
    try:
        data = json.loads(text)
        if isinstance(data, dict) and isinstance(checkpoint := data.get("checkpoint"), dict):
            # A checkpoint, as a backend keeps it in a bucket or a directory.
            data = {"deployment": checkpoint.get("latest") or {}}
        is_export = isinstance(data, dict) and "deployment" in data
        text = json.dumps(data)
        deployment = _Export.model_validate_json(text).deployment
    except ValueError:
        is_export = False
    state = parse_export(text) if is_export else None
    if state is None:
        raise ConfigurationError("The state cannot be read: it is not the output of `pulumi stack export`.")
    resources = [*(deployment.resources or []), *(each.resource for each in deployment.pending_operations or [])]
    ours = [each.inputs or {} for each in resources if "pulumi-python:dynamic/gcore:" in each.urn]
    return state, frozenset(location_of(inputs) or Location() for inputs in ours)
