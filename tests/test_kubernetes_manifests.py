"""Manifests of the Kubernetes example: their fields are those of the operator, and they match their program.

The models repeat the part of the operator's resource definition (`pulumi.com/v1`, August 2026) that the manifests use:
no package registry offers the definition itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "kubernetes-operator"


class Strict(BaseModel):
    """Base of the models: strict, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SecretRef(Strict):
    name: str
    key: str


class LiteralRef(Strict):
    value: str


class ResourceRef(Strict):
    type: Literal["Secret", "Literal"]
    secret: SecretRef | None = None
    literal: LiteralRef | None = None

    @model_validator(mode="after")
    def _source_matches_the_type(self) -> ResourceRef:
        if (self.secret is None) == (self.type == "Secret") or (self.literal is None) == (self.type == "Literal"):
            raise ValueError("the type does not match the source")
        return self


class Mount(Strict):
    name: str
    mountPath: str
    readOnly: bool = False


class Container(Strict):
    name: Literal["pulumi"]  # the container of the workspace, which the template extends
    volumeMounts: list[Mount]


class VolumeSecret(Strict):
    secretName: str


class Volume(Strict):
    name: str
    secret: VolumeSecret


class PodSpec(Strict):
    terminationGracePeriodSeconds: int
    containers: list[Container]
    volumes: list[Volume]


class PodTemplate(Strict):
    spec: PodSpec


class Workspace(Strict):
    image: Annotated[str, Field(pattern=r"^[a-z0-9./-]+@sha256:[0-9a-f]{64}$")]
    resources: dict[Literal["requests", "limits"], dict[Literal["cpu", "memory"], str]]
    podTemplate: PodTemplate


class WorkspaceTemplate(Strict):
    spec: Workspace


class StackSpec(Strict):
    serviceAccountName: str
    projectRepo: Annotated[HttpUrl, Field(strict=False)]
    branch: str
    repoDir: str
    stack: Annotated[str, Field(pattern=r"^organization/[\w-]+/[\w-]+$")]  # as file and bucket backends name them
    backend: str
    resyncFrequencySeconds: Annotated[int, Field(ge=60)]
    continueResyncOnCommitMatch: bool
    refresh: bool
    destroyOnFinalize: bool
    workspaceReclaimPolicy: Literal["Retain", "Delete"]
    config: dict[str, Any]
    envRefs: dict[str, ResourceRef]
    workspaceTemplate: WorkspaceTemplate


class Metadata(Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    namespace: str


class Stack(Strict):
    apiVersion: Literal["pulumi.com/v1"]
    kind: Literal["Stack"]
    metadata: Metadata
    spec: StackSpec


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLE / name).read_text()))


STACKS = [Stack.model_validate(each) for each in documents("stacks.yaml")]


def test_each_stack_has_its_own_name_and_state() -> None:
    assert len(STACKS) == 2
    for identity in ({each.metadata.name for each in STACKS}, {each.spec.stack for each in STACKS}):
        assert len(identity) == len(STACKS)


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.metadata.name)
def test_the_configuration_of_a_stack_matches_its_program(stack: Stack) -> None:
    folder = ROOT / "examples" / stack.spec.repoDir
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert stack.spec.stack.split("/")[1] == project["name"]
    assert set(stack.spec.config) == set(project["config"])
    kinds = {"string": str, "array": list}
    for key, value in stack.spec.config.items():
        assert isinstance(value, kinds[project["config"][key]["type"]])


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.metadata.name)
def test_the_files_of_a_stack_are_mounted_and_the_readme_names_its_secrets(stack: Stack) -> None:
    pod = stack.spec.workspaceTemplate.spec.podTemplate.spec
    (mount,) = (mount for container in pod.containers for mount in container.volumeMounts)
    assert mount.name in {volume.name for volume in pod.volumes}
    readme = (EXAMPLE / "README.md").read_text()
    for key in ("certificate", "privateKey"):
        path = Path(stack.spec.config[key])
        assert str(path.parent) == mount.mountPath
        assert f"`{path.name}`" in readme
    for reference in stack.spec.envRefs.values():
        if reference.secret is not None:
            assert f"`{reference.secret.name}`" in readme
            assert f"`{reference.secret.key}`" in readme


def test_manifests_contain_no_literal_secrets() -> None:
    for stack in STACKS:
        literal = {name for name, reference in stack.spec.envRefs.items() if reference.literal is not None}
        assert literal == {"GCORE_CLOUD_PROJECT_ID", "GCORE_CLOUD_REGION_ID"}


def test_every_stack_uses_the_service_account_of_the_manifest() -> None:
    account, binding = documents("account.yaml")
    named = {"name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"]}
    assert binding["subjects"] == [{"kind": "ServiceAccount", **named}]
    for stack in STACKS:
        assert (stack.spec.serviceAccountName, stack.metadata.namespace) == tuple(named.values())


INVALID = {
    "an unknown field": {"destroyOnDelete": True},
    "a number as text": {"resyncFrequencySeconds": "86400"},
    "an unknown policy": {"workspaceReclaimPolicy": "Keep"},
    "a reference without its type": {"envRefs": {"GCORE_API_KEY": {"secret": {"name": "gcore", "key": "apiKey"}}}},
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_manifest_is_rejected(case: str) -> None:
    manifest = documents("stacks.yaml")[0]
    manifest["spec"].update(INVALID[case])
    with pytest.raises(ValidationError):
        Stack.model_validate(manifest)
