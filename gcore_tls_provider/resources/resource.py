"""Base class of all resources: passes a program's arguments to the provider."""

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
from typing_extensions import Self, Unpack

from gcore_tls_provider.hidden_inputs import (
    NONCE_PART,
    RECORD,
    REFERENCES_PART,
    RESOURCE_PART,
    VERSION,
    VERSION_PART,
    to_json,
)
from gcore_tls_provider.pulumi_internals import pending_operations, program
from gcore_tls_provider.pulumi_internals.registrations import await_registrations_in_order
from gcore_tls_provider.pulumi_internals.unknown_output import unknown_output
from gcore_tls_provider.pulumi_internals.urn import urn_of
from gcore_tls_provider.resources.shared_arguments import LocationArgs, Material, expand_shared, reject_unknown

Roles: TypeAlias = Mapping[str, object]
"""References by role: a resource, several resources, the ID of an object, or None."""

_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

ResourceT = TypeVar("ResourceT", bound=pulumi.CustomResource)


class GcoreResource(dynamic.Resource):
    """Resource that one of this package's dynamic providers manages."""

    _dynamic_provider: ClassVar[type[dynamic.ResourceProvider]]
    _secret_outputs: ClassVar[tuple[str, ...]] = ()
    _shared_block: ClassVar[type | None] = None
    _errors_deferred = False
    """Another resource reports that this one has errors.

    The engine ends a preview at the first failed check. If this resource failed its own check, the preview would report
    nothing about the resources after it.
    """
    _reports_errors_of: tuple[Awaitable[str], ...] = ()
    """URNs of the resources whose errors fail this resource's check."""
    _own_urn: Awaitable[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the type with the SDK and complete the constructor's signature."""
        super().__init_subclass__(**kwargs)
        cls._shared_block = expand_shared(cls.__init__) or cls._shared_block

    def __init__(
        self,
        name: str,
        properties: Mapping[str, object],
        opts: pulumi.ResourceOptions | None,
        *,
        shared: Mapping[str, object],
        reports_errors_of: Iterable[object] = (),
        roles: Roles | None = None,
        reference_texts: Mapping[str, pulumi.Output[str]] | None = None,
    ) -> None:
        """Declare the resource.

        Args:
            name: Logical name.
            properties: Inputs; None for those that are not set.
            opts: Options of the resource.
            shared: Arguments of the constructor's shared block.
            reports_errors_of: Arguments that the inputs come from; values that are no resources are ignored. This
                resource is registered after them and fails its check if they have errors, so that a preview shows all
                findings.
            roles: Resources whose certificates the rules of this resource read. It is registered after them.
            reference_texts: Outputs that the rules read in addition to the certificates, by role.
        """
        program.activate_tuning()
        reject_unknown(type(self).__name__, self._shared_block, shared)
        dependencies = [each for each in reports_errors_of if isinstance(each, GcoreResource)]
        self._reports_errors_of = tuple(
            urn for each in dependencies for urn in (each._own_urn, *each._reports_errors_of)
        )
        for each in dependencies:
            each._errors_deferred = True
        self._declare(name, {**properties, **shared}, opts, roles, reference_texts or {})

    def _declare(
        self,
        name: str,
        properties: Mapping[str, object],
        opts: pulumi.ResourceOptions | None,
        roles: Roles | None,
        reference_texts: Mapping[str, pulumi.Output[str]],
    ) -> None:
        options = pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(additional_secret_outputs=list(self._secret_outputs)), opts
        )
        self._own_urn = asyncio.ensure_future(urn_of(f"pulumi-python:{self._resource_type_name}", name, options.parent))
        timeouts = _timeout_seconds(options.custom_timeouts)
        record: dict[str, object] = {
            VERSION_PART: VERSION,
            RESOURCE_PART: asyncio.ensure_future(self._describe(name, timeouts)),
        }
        if options.id is None:
            record[NONCE_PART] = _nonce()
        if roles is not None:
            record[REFERENCES_PART] = asyncio.ensure_future(_resolve_references(roles, reference_texts))
        props: dict[str, Any] = {
            **dict.fromkeys(_output_names(type(self))),
            # The SDK makes an output even of an input that is None, so unset inputs are left out.
            **{argument: value for argument, value in properties.items() if value is not None},
            RECORD: record,
        }
        super().__init__(self._dynamic_provider(), name, props, options)
        await_registrations_in_order()

    async def _describe(self, name: str, timeouts: Mapping[str, float]) -> str:
        """Return the description of the resource for its provider, as JSON.

        The SDK runs this after the program's last line, so all resources that depend on this one are declared.
        """
        return to_json(
            {
                "urn": await self._own_urn,
                "errors_deferred": self._errors_deferred,
                "reports_errors_of": [await each for each in self._reports_errors_of],
                "name": name,
                "stack": pulumi.get_stack(),
                "settled": await pending_operations.is_clean(),
                "timeouts": timeouts,
            }
        )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[LocationArgs],
    ) -> Self:
        """Read an existing object without managing it: the program never changes it.

        A preview reads the object too, so it needs the API key.

        Args:
            resource_name: Logical name of the resource.
            id: ID of the object at Gcore.
            opts: Options of the resource.
            **shared: Location of the object, see `LocationArgs`.
        """
        program.activate_tuning()
        reject_unknown(f"{cls.__name__}.get", LocationArgs, shared)
        resource = cls.__new__(cls)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        resource._declare(resource_name, shared, options, None, {})
        # Some engines, such as 3.259, do not return the ID, and the SDK then considers it unknown in every preview.
        resource.__dict__["id"] = pulumi.Output.from_input(id)
        return resource


expand_shared(vars(GcoreResource)["get"].__func__)


async def _resolve_references(roles: Roles, texts: Mapping[str, pulumi.Output[str]]) -> str:
    """Return the references by role, as JSON."""
    references = {role: await _resolve_reference(value) for role, value in roles.items() if value is not None}
    values = {role: await value.future() for role, value in texts.items()}
    # An unknown value is None, and only a preview has unknown values.
    known = {role: value for role, value in values.items() if value is not None or pulumi.runtime.is_dry_run()}
    return to_json({**references, **known})


async def _resolve_reference(value: object) -> object:
    """Return the URN of a resource once the provider has checked the resource; an empty text for an ID."""
    if isinstance(value, (list, tuple)):
        return [await _resolve_reference(each) for each in value]
    if not isinstance(value, GcoreResource):
        return ""
    # The future is awaited directly: an output would make the resource a dependency.
    await value.urn.future()
    return await value._own_urn


def resource_id(
    argument: str, value: ResourceT | pulumi.Input[str] | None, expected: type[ResourceT]
) -> pulumi.Input[str] | None:
    """Return the ID of a resource of this program, or the given ID.

    Args:
        argument: Name of the argument.
        value: A resource or an ID.
        expected: Class that a resource must have.

    Raises:
        pulumi.RunError: The value is a resource of another class.
    """
    if isinstance(value, expected):
        return value.id
    if isinstance(value, pulumi.Resource):
        raise pulumi.RunError(
            f"The argument {argument} is a {type(value).__name__}, but must be a {expected.__name__} or the ID of the "
            f"object at Gcore."
        )
    return value


def material_input(value: pulumi.Input[Material] | None) -> pulumi.Output[str] | None:
    """Return certificate material as a secret text, which is encrypted in the state and never displayed.

    Certificates are secret too, because a user can pass a private key in their place by mistake.

    Raises:
        pulumi.RunError: The value is a resource.
    """
    if value is None:
        return None
    if isinstance(value, pulumi.Resource):
        raise pulumi.RunError(
            f"A {type(value).__name__} was given as certificate material. Give PEM text, base64 text, or the bytes of "
            f"a file instead, for example from_file('ca.pem')."
        )
    if isinstance(value, (str, bytes)):
        return pulumi.Output.secret(_to_text(value))
    material: pulumi.Output[Material] = pulumi.Output.from_input(cast("pulumi.Input[object]", value)).apply(
        lambda known: cast("Material", known)
    )
    return pulumi.Output.secret(material.apply(_to_text))


def _to_text(material: Material) -> str:
    from gcore_tls_provider.certificates import as_material

    return as_material(material)


def from_file(path: str | os.PathLike[str]) -> str:
    """Read certificate material from a file.

    Args:
        path: Path of a PEM, DER or PKCS12 file of at most 1 MiB, relative to the program's folder.

    Returns:
        The text of a PEM file, or the base64 text of a binary file. For an empty file the text is empty, and the
        resource that gets it reports the error.

    Raises:
        pulumi.RunError: The file cannot be read.
    """
    if pending_operations.is_pulumi_program():
        # Programs read their files first. The state can be read during that time.
        pending_operations.start_reading()
    from gcore_tls_provider import certificates

    try:
        return certificates.from_file(path)
    except certificates.MaterialError as error:
        if error.finding.code == "EMPTY":
            return ""
        raise pulumi.RunError(str(error)) from None


def secret_input(value: pulumi.Input[str] | None) -> pulumi.Output[str] | None:
    """Return a password or passphrase as a secret, which is encrypted in the state."""
    return None if value is None else pulumi.Output.secret(value)


_names_by_class: dict[type, tuple[str, ...]] = {}


def _output_names(resource: type) -> tuple[str, ...]:
    """Return the names of all outputs that a class and its bases declare."""
    if resource not in _names_by_class:
        _names_by_class[resource] = tuple(
            name
            for each in resource.__mro__
            for name, annotation in inspect.get_annotations(each).items()
            if str(annotation).startswith("pulumi.Output") and not name.startswith("_")
        )
    return _names_by_class[resource]


def _nonce() -> pulumi.Output[str] | str:
    """Return the random text of this run's create attempt; in a preview an unknown output, so that plans match."""
    return unknown_output() if pulumi.runtime.is_dry_run() else secrets.token_hex(8)


def _timeout_seconds(timeouts: pulumi.CustomTimeouts | None) -> dict[str, float]:
    if timeouts is None:
        return {}
    durations = {operation: getattr(timeouts, operation, None) for operation in ("create", "update", "delete")}
    return {operation: parse_duration(text) for operation, text in durations.items() if text}


def parse_duration(text: str) -> float:
    """Return the seconds of a duration in Pulumi's notation: `90s`, `5m`, `1h30m`, `1d`.

    Raises:
        pulumi.RunError: The text is not a duration.
    """
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        raise pulumi.RunError(
            f"custom_timeouts: '{text}' is not a duration. Write it as a number with a unit, such as 90s, 5m or 1h30m."
        )
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
