"""A Pulumi program that adopts what was discovered.

It says what is there and isn't as Gcore has it by default, so that adopting changes nothing. What Gcore never gives
back is left out. The content of a secret is that too: the program takes it from files that the stack's configuration
names.

The text is as `ruff format` has it: one argument a line, with a comma after the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Final, Literal

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.cli.discover.account import LIFECYCLES, Discovery, Found, FoundSecret, Kind
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming

Secrets = Literal["adopt", "refer"]
"""Whether secrets become resources of the program, whose content must be given, or are named by their ids."""

_TEMPLATE: Final = '''\
"""Adopts load balancer {id} with what belongs to it.

Printed by `gcore-tls discover`. `pulumi preview` shows what adoption would change. Once `pulumi up` is done, every
`existing_id` may be removed.
"""

import pulumi

from gcore_tls_provider import (
{imports})

{body}
pulumi.export("load_balancer_id", {variable}.id)
'''

_MATERIAL: Final = '''\
config = pulumi.Config()


def material(key: str) -> str:
    """The content of the file that the configuration names: Gcore never gives the content of a secret back."""
    return from_file(config.require(key))


# The files, PEM:
{keys}
'''

_ARGUMENTS: Final[Mapping[tuple[Kind, str], str]] = {
    ("Listener", "load_balancer_id"): "load_balancer",
    ("Listener", "secret_id"): "certificate",
    ("Listener", "sni_secret_id"): "sni_certificates",
    ("Pool", "load_balancer_id"): "load_balancer",
    ("Pool", "listener_id"): "listener",
    ("Pool", "ca_secret_id"): "ca",
    ("Pool", "secret_id"): "client_certificate",
    ("Pool", "crl_secret_id"): "crl",
}
"""The arguments that are called otherwise than their fields."""

_WANTED: Final[Mapping[str, Kind]] = {
    "load_balancer": "LoadBalancer",
    "listener": "Listener",
    "certificate": "ListenerCertificate",
    "sni_certificates": "ListenerCertificate",
    "ca": "CertificateAuthority",
    "client_certificate": "ClientCertificate",
    "crl": "RevocationList",
}
"""The arguments that take a resource, and which."""

_LEFT_OUT: Final[Mapping[Kind, frozenset[str]]] = {
    # Where the VIP is was decided once. As arguments they would say how another load balancer is to be made.
    "LoadBalancer": frozenset({"name", "vip_port_id", "vip_ip_family"}),
}
_NAME: Final = frozenset({"name"})

_MADE_HERE = re.compile(r"-[0-9a-f]{8}-[0-9a-f]{6}$")
_INDENT: Final = "    "


class _Reference(str):
    """A name in the program, and no text."""


def program(discovery: Discovery, *, secrets: Secrets = "adopt", scope: Location | None = None) -> str:
    """The text of the program.

    Args:
        discovery: what is there.
        secrets: what becomes of secrets. One that another load balancer uses too is always named by its id.
        scope: project, region and connection, where the program must name them.
    """
    return _Program(discovery, secrets, scope or Location()).text()


class _Program:
    def __init__(self, discovery: Discovery, secrets: Secrets, scope: Location) -> None:
        self._discovery = discovery
        adopted = [each for each in discovery.secrets if secrets == "adopt" and not each.elsewhere]
        self._secrets: Sequence[FoundSecret] = adopted
        self._objects: Sequence[Found] = (*adopted, discovery.load_balancer, *discovery.listeners, *discovery.pools)
        self._scope = {
            name: value
            for name, value in (
                ("provider_config", scope.provider_config),
                ("project_id", scope.project_id),
                ("region_id", scope.region_id),
            )
            if value is not None
        }
        self._names = dict(self._logical_names())
        self._by_id = {each.id: each for each in self._objects}

    def text(self) -> str:
        balancer = self._discovery.load_balancer
        names = {each.kind for each in self._objects}
        imports = [*sorted(names), *(["from_file"] if self._secrets else [])]
        return _TEMPLATE.format(
            id=balancer.id,
            imports="".join(f"{_INDENT}{name},\n" for name in imports),
            body="\n".join((*self._remarks(), *map(self._resource, self._objects))),
            variable=self._variables[balancer.id],
        )

    def _remarks(self) -> Iterator[str]:
        """What stands before the resources."""
        if self._secrets:
            keys = [key for each in self._secrets for key in self._files(each).values()]
            yield _MATERIAL.format(keys="\n".join(f"# pulumi config set {key} path/to/file.pem" for key in keys))
        elsewhere = [each for each in self._discovery.secrets if each.elsewhere]
        if elsewhere:
            users = "".join(f"# {each.id}: {', '.join(each.elsewhere)}\n" for each in elsewhere)
            yield f"# Secrets that other load balancers use too are named by their ids:\n{users}"

    def _resource(self, found: Found) -> str:
        arguments = {"existing_id": found.id, **self._scope, **dict(self._arguments(found))}
        lines = [_text(self._names[found.id]), *(f"{k}={_literal(v, _INDENT)}" for k, v in arguments.items())]
        return f"{self._variables[found.id]} = {_block(found.kind + '(', ')', lines, '')}\n"

    def _arguments(self, found: Found) -> Iterator[tuple[str, object]]:
        lifecycle = LIFECYCLES[found.kind]
        if isinstance(found, FoundSecret):
            for argument, key in self._files(found).items():
                yield argument, _Reference(f"material({_text(key)})")
            return
        left_out = _LEFT_OUT.get(found.kind, _NAME) | lifecycle.hidden
        for field in lifecycle.fields:
            value = found.properties.get(field.name)
            if not field.readable or value is None or field.name in left_out:
                continue
            argument = _ARGUMENTS.get((found.kind, field.name), field.name)
            if field.equal(value, field.removed) and argument not in _WANTED and field.name != "protocol":
                continue
            if argument not in _WANTED:
                yield argument, value
            elif isinstance(value, list):
                if value:
                    yield argument, [self._reference(str(each), _WANTED[argument]) for each in value]
            else:
                yield argument, self._reference(str(value), _WANTED[argument])

    def _reference(self, object_id: str, wanted: Kind) -> str:
        found = self._by_id.get(object_id)
        if found is None:
            return object_id
        # A secret that is used in two roles is a resource of the first one.
        return _Reference(self._variables[found.id] + ("" if found.kind == wanted else ".id"))

    def _files(self, secret: FoundSecret) -> Mapping[str, str]:
        """The configuration's keys for the files of a secret, by its arguments."""
        key = _camel(self._names[secret.id])
        if secret.kind == "RevocationList":
            return {"revocation_list": key}
        if secret.kind == "CertificateAuthority":
            return {"certificate": key}
        return {"certificate": key, "private_key": f"{key}Key"}

    def _logical_names(self) -> Iterator[tuple[str, str]]:
        """What the program calls each object: what it is called at Gcore, as far as it goes, and once only."""
        self._variables: dict[str, str] = {}
        taken = {"pulumi", "config", "material", "from_file"}
        for found in self._objects:
            cleaned = ObjectNaming.of(_MADE_HERE.sub("", found.name), "", "").logical.lower()
            base, number = re.sub(r"[^a-z0-9]+", "-", cleaned).strip("-") or "x", 1
            name = base
            while _snake(name) in taken:
                number += 1
                name = f"{base}-{_noun(found.kind)}" if number == 2 else f"{base}-{_noun(found.kind)}-{number - 1}"
            taken.add(_snake(name))
            self._variables[found.id] = _snake(name)
            yield found.id, name


def _noun(kind: Kind) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def _snake(name: str) -> str:
    snake = name.replace("-", "_")
    return snake if snake.isidentifier() and not iskeyword(snake) else f"_{snake}"


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(each.capitalize() for each in rest)


def _literal(value: object, indent: str) -> str:
    if isinstance(value, _Reference):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    inner = indent + _INDENT
    if isinstance(value, Mapping):
        return _block("{", "}", [f"{_text(str(key))}: {_literal(each, inner)}" for key, each in value.items()], indent)
    if isinstance(value, (list, tuple)):
        return _block("[", "]", [_literal(each, inner) for each in value], indent)
    return repr(value)


def _block(begin: str, end: str, lines: Iterable[str], indent: str) -> str:
    inner = "".join(f"{indent}{_INDENT}{line},\n" for line in lines)
    return f"{begin}\n{inner}{indent}{end}" if inner else begin + end


def _text(value: str) -> str:
    """A literal with double quotes, unless that would need more escapes."""
    literal = repr(value)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in value else literal
