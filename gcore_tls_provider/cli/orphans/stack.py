"""A stack's state and configuration, as `pulumi` prints them in the project's folder, or as a file has them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.errors import ConfigurationError, one_line
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState, parse_export
from gcore_tls_provider.lifecycle.run.configuration import REQUIRED
from gcore_tls_provider.lifecycle.run.location import location_of

Run: TypeAlias = Callable[[Sequence[str]], str]
"""Runs `pulumi` with arguments and gives what it prints. Raises `ConfigurationError` where it fails."""

_SECONDS: Final = 120.0


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
    """What is known of a stack.

    Attributes:
        state: what its state says now; only its `urns` are also those of earlier states, as far as they are given.
        identities: what names of this stack are made from; none where no state names one.
        scopes: the accounts, projects and regions to look at: those that its resources are in, for a start.
    """

    state: StackState
    identities: frozenset[str]
    scopes: frozenset[Location]


def read_stack(exported: str, earlier: Iterable[str] = ()) -> Stack:
    """What a state says.

    Args:
        exported: what `pulumi stack export` prints now.
        earlier: the same from earlier times, or checkpoints that a backend has kept: they say who the stack was, and
            which resources it had. What is in the state, and what has died, is taken from `exported` alone: a making
            that was under way earlier may have ended well.

    Raises:
        ConfigurationError: one of them isn't such a state.
    """
    now, scopes = _parsed(exported)
    states = [now]
    for text in earlier:
        then, others = _parsed(text)
        states.append(then)
        scopes |= others
    named = {identity for each in states for identity in (each.identity, *(dead.identity for dead in each.creating))}
    urns = frozenset[str]().union(*(each.urns for each in states))
    return Stack(replace(now, urns=urns), frozenset(named - {""}), scopes)


def read_configuration(printed: str) -> Mapping[str, str]:
    """The values by key, from what `pulumi config --show-secrets --json` prints.

    Raises:
        ConfigurationError: it isn't that.
    """
    try:
        return {key: each.value for key, each in _CONFIGURATION.validate_json(printed).items()}
    except ValidationError:
        # Its words could show a value.
        raise ConfigurationError("What `pulumi config` prints can't be read.") from None


def configured_scopes(configuration: Mapping[str, str]) -> frozenset[Location]:
    """The connections that a configuration describes in full, whether or not a resource names them now.

    Args:
        configuration: its values by key. Namespaces that don't begin with `gcore` are other providers', whose keys
            Gcore isn't to see; a resource that names such a one is asked for its connection all the same.
    """
    namespaces = {key.partition(":")[0] for key in configuration} - {NAMESPACE}
    return frozenset(
        Location(provider_config=each)
        for each in namespaces
        if each.startswith(NAMESPACE) and all(configuration.get(f"{each}:{key}") for key in REQUIRED)
    )


def pulumi(arguments: Sequence[str], folder: Path | None = None) -> str:
    """Runs `pulumi` in a folder, by default this process's.

    Raises:
        ConfigurationError: it isn't there, takes too long or fails; says what it said.
    """
    asked = f"`pulumi {' '.join(arguments)}`"
    try:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{asked} can't be run ({type(error).__name__}): is pulumi on PATH?") from None
    if done.returncode != 0:
        remedy = "" if arguments[0] == "config" else " Run this in the project's folder, or give --export."
        raise ConfigurationError(f"{asked} failed: {one_line(done.stderr.strip())}{remedy}")
    return done.stdout


def _parsed(text: str) -> tuple[StackState, frozenset[Location]]:
    try:
        data = json.loads(text)
        if isinstance(data, dict) and isinstance(checkpoint := data.get("checkpoint"), dict):
            # As a backend keeps it in a bucket or a folder.
            data = {"deployment": checkpoint.get("latest") or {}}
        whole = isinstance(data, dict) and "deployment" in data
        text = json.dumps(data)
        deployment = _Export.model_validate_json(text).deployment
    except ValueError:
        whole = False
    state = parse_export(text) if whole else None
    if state is None:
        raise ConfigurationError("The state can't be read: it isn't what `pulumi stack export` prints.")
    resources = [*(deployment.resources or []), *(each.resource for each in deployment.pending_operations or [])]
    ours = [each.inputs or {} for each in resources if "pulumi-python:dynamic/gcore:" in each.urn]
    return state, frozenset(location_of(inputs) or Location() for inputs in ours)
