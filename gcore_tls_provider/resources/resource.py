"""The base of all resources: how a program's arguments get to the provider."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import secrets
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar, cast

import pulumi
from pulumi import dynamic
from typing_extensions import Self

from gcore_tls_provider.hidden_inputs import ATTEMPT, CONTEXT, MATERIAL, to_json
from gcore_tls_provider.pulumi_internals import gc_tuning as garbage
from gcore_tls_provider.pulumi_internals import pending_operations as last_run
from gcore_tls_provider.pulumi_internals import registrations

Material: TypeAlias = str | bytes
"""Certificate material: PEM text, base64 text, or the bytes of a file. `from_file` reads one."""

_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

Roles: TypeAlias = Mapping[str, object]
"""What a resource refers to for the material that it holds, by its role: a resource, several, an id, or None."""

if last_run.is_a_program():
    # As early as that, so that it is over when the first resource is registered.
    last_run.start_reading()
    garbage.freeze_heap()

ResourceT = TypeVar("ResourceT", bound=pulumi.CustomResource)


class GcoreResource(dynamic.Resource):
    """A resource whose life is in the hands of one of this package's providers."""

    _dynamic_provider: ClassVar[type[dynamic.ResourceProvider]]
    _secret_outputs: ClassVar[tuple[str, ...]] = ()
    _answered = False
    """Whether another resource fails for this one's findings. The engine ends a preview at the first failed check:
    were it this one's, nothing would be said of all that comes after it."""
    _answers_for: tuple[Awaitable[str], ...] = ()
    """URNs of the resources whose findings fail this one."""
    _own_urn: Awaitable[str]

    def __init__(
        self,
        name: str,
        properties: Mapping[str, object],
        opts: pulumi.ResourceOptions | None,
        *,
        refers_to: Iterable[object] = (),
        roles: Roles | None = None,
        texts: Mapping[str, pulumi.Output[str]] | None = None,
    ) -> None:
        """Declares the resource.

        Args:
            name: what the program calls it.
            properties: its inputs; None for those that aren't set.
            opts: its options.
            refers_to: the resources that its inputs come from, others beside them. It is registered after them, and
                fails if they have findings that block, so that a preview shows the findings of all of them.
            roles: the resources whose material its rules look at. It is registered after them.
            texts: what its rules look at beside that, by names of their own.
        """
        answered = [each for each in refers_to if isinstance(each, GcoreResource)]
        self._answers_for = tuple(urn for each in answered for urn in (each._own_urn, *each._answers_for))
        for each in answered:
            each._answered = True
        options = pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(additional_secret_outputs=list(self._secret_outputs)), opts
        )
        self._own_urn = asyncio.ensure_future(_urn(f"pulumi-python:{self._resource_type_name}", name, options.parent))
        context = self._context(name, _timeouts(options.custom_timeouts))
        props: dict[str, Any] = {
            **dict.fromkeys(_outputs(type(self))),
            # What isn't set is left out: the SDK would make an output of it all the same.
            **{argument: value for argument, value in properties.items() if value is not None},
            CONTEXT: asyncio.ensure_future(context),
            **({} if roles is None else {MATERIAL: asyncio.ensure_future(_material(roles, texts or {}))}),
            **({} if options.id is not None else {ATTEMPT: _attempt()}),
        }
        super().__init__(self._dynamic_provider(), name, props, options)
        registrations.await_registrations_in_order()

    async def _context(self, name: str, timeouts: Mapping[str, float]) -> str:
        """What `CONTEXT` holds.

        It runs when the program has said all: a resource that refers to this one comes after it.
        """
        return to_json(
            {
                "urn": await self._own_urn,
                "errors_deferred": self._answered,
                "reports_errors_of": [await each for each in self._answers_for],
                "name": name,
                "stack": pulumi.get_stack(),
                "settled": await last_run.is_clean(),
                "timeouts": timeouts,
            }
        )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
    ) -> Self:
        """Reads an object that exists, without taking it over: nothing that this program does changes it.

        Reading needs the API key in a preview too.

        Args:
            resource_name: what the program calls it.
            id: the object's id at Gcore.
            opts: Pulumi's options.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number; default: the provider config's.
            region_id: the region's number; default: the provider config's.
        """
        resource = cls.__new__(cls)
        scope = {"provider_config": provider_config, "project_id": project_id, "region_id": region_id}
        GcoreResource.__init__(
            resource, resource_name, scope, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        )
        # Engines before 3.26x don't give the id back, and a newer SDK then takes it for unknown in every preview.
        resource.__dict__["id"] = pulumi.Output.from_input(id)
        return resource


async def _material(roles: Roles, texts: Mapping[str, pulumi.Output[str]]) -> str:
    """What `MATERIAL` holds as a program says it."""
    said = {role: await _said(value) for role, value in roles.items() if value is not None}
    known = {name: await value.future() for name, value in texts.items()}
    # None where it isn't known yet, which is so in previews only.
    told = {name: value for name, value in known.items() if value is not None or pulumi.runtime.is_dry_run()}
    return to_json({**said, **told})


async def _said(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [await _said(each) for each in value]
    if not isinstance(value, GcoreResource):
        return ""
    # The provider has checked it by then. Awaited by hand, as an output would make it a dependency.
    await value.urn.future()
    return await value._own_urn


def reference(
    argument: str, value: ResourceT | pulumi.Input[str] | None, wanted: type[ResourceT]
) -> pulumi.Input[str] | None:
    """The id of a resource of this program, or the id that was given.

    Args:
        argument: the argument's name.
        value: a resource, or an id.
        wanted: the class that the resource must have.

    Raises:
        pulumi.RunError: it is a resource of another class.
    """
    if isinstance(value, wanted):
        return value.id
    if isinstance(value, pulumi.Resource):
        raise pulumi.RunError(
            f"{argument} is a {type(value).__name__}. Give a {wanted.__name__}, or the id of what it stands for."
        )
    return value


def material(value: pulumi.Input[Material] | None) -> pulumi.Output[str] | None:
    """Material as text, and secret: whatever is handed over is encrypted in the state, and shown nowhere.

    Public material is, too: a private key that was put there by mistake must not be shown either.
    """
    if value is None:
        return None
    if isinstance(value, pulumi.Resource):
        raise pulumi.RunError(f"A {type(value).__name__} is given where PEM text or bytes belong. Give its material.")
    if isinstance(value, (str, bytes)):
        return pulumi.Output.secret(_as_text(value))
    given: pulumi.Output[Material] = pulumi.Output.from_input(cast("pulumi.Input[object]", value)).apply(
        lambda known: cast("Material", known)
    )
    return pulumi.Output.secret(given.apply(_as_text))


def _as_text(known: Material) -> str:
    from gcore_tls_provider.certificates import as_material

    return as_material(known)


def from_file(path: str | os.PathLike[str]) -> str:
    """Reads certificate material from a file, relative to the program's folder.

    Args:
        path: a PEM, DER or PKCS12 file, 1 MiB at most.

    Returns:
        PEM text as it is, or base64 of a binary file. Of an empty file an empty text: the resource that gets it says
        so.

    Raises:
        pulumi.RunError: the file can't be read.
    """
    from gcore_tls_provider import certificates

    try:
        return certificates.from_file(path)
    except certificates.MaterialError as error:
        if error.finding.code == "EMPTY":
            return ""
        raise pulumi.RunError(str(error)) from None


def secret(value: pulumi.Input[str] | None) -> pulumi.Output[str] | None:
    """A password or passphrase, encrypted in the state."""
    return None if value is None else pulumi.Output.secret(value)


_declared: dict[type, tuple[str, ...]] = {}


def _outputs(resource: type) -> tuple[str, ...]:
    """The names of all outputs that a class and its bases declare."""
    if resource not in _declared:
        _declared[resource] = tuple(
            name
            for each in resource.__mro__
            for name, annotation in inspect.get_annotations(each).items()
            if str(annotation).startswith("pulumi.Output") and not name.startswith("_")
        )
    return _declared[resource]


async def _urn(type_token: str, name: str, parent: pulumi.Resource | None) -> str:
    # Awaited by hand: an output of the parent would make it, and so all its children, a dependency of this resource.
    chain = "" if parent is None else str(await parent.urn.future()).split("::")[2]
    above = "" if chain in ("", "pulumi:pulumi:Stack") else f"{chain}$"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{above}{type_token}::{name}"


def _attempt() -> pulumi.Output[str] | str:
    """What tells the making of an object from all others, if one is made in this run."""
    if not pulumi.runtime.is_dry_run():
        return secrets.token_hex(8)
    # Unknown, so that a plan made by a preview fits the update.
    unknown = asyncio.Future[Any]()
    unknown.set_result(None)
    known = asyncio.Future[bool]()
    known.set_result(False)
    return pulumi.Output(set(), unknown, known)


def _timeouts(timeouts: pulumi.CustomTimeouts | None) -> dict[str, float]:
    if timeouts is None:
        return {}
    given = {verb: getattr(timeouts, verb, None) for verb in ("create", "update", "delete")}
    return {verb: duration(value) for verb, value in given.items() if value}


def duration(text: str) -> float:
    """Seconds of a duration as Pulumi writes it: `90s`, `5m`, `1h30m`, `1d`.

    Raises:
        pulumi.RunError: it isn't one.
    """
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        raise pulumi.RunError(f"custom_timeouts: '{text}' is not a duration. Write it as 90s, 5m or 1h30m.")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
