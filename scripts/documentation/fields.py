"""Write the tables of `docs/fields.md` from the tables of fields of the kinds.

`PYTHONPATH=scripts .venv/bin/python -m documentation.fields` replaces each table between two markers. Changes, removal
and reads come from the kind's `Field`, the description from the docstring of the argument.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sphinx.pycode import ModuleAnalyzer
from typing_extensions import is_typeddict

import gcore_tls_provider
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor, members
from gcore_tls_provider.resources import shared_arguments

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "fields.md"

RESOURCES: Final = ("LoadBalancer", "Listener", "Pool", "Secret")
"""Resources that have a table; the certificate resources are secrets."""

_NESTED: Final[Mapping[str, Sequence[Field]]] = {
    "MemberArgs": members.FIELDS,
    "HealthMonitorArgs": health_monitor.FIELDS,
    "FloatingIpArgs": (),
    "LoggingArgs": (),
    "RetentionPolicyArgs": (),
    "BasicAuthUserArgs": (),
    "SessionPersistenceArgs": (),
}
"""Dictionaries of arguments, each with its table of fields; those without one are sent as a whole."""

_ARGUMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Listener": {
        "load_balancer_id": "load_balancer",
        "secret_id": "certificate",
        "sni_secret_id": "sni_certificates",
    },
    "Pool": {
        "load_balancer_id": "load_balancer",
        "listener_id": "listener",
        "ca_secret_id": "ca",
        "secret_id": "client_certificate",
        "crl_secret_id": "crl",
    },
}
"""Arguments that are named differently from the field: they take a resource or its ID."""

_API_FIELDS: Final = {"health_monitor": "healthmonitor"}
"""Fields that Gcore names differently."""

_COMPONENT_ARGUMENTS: Final = {
    "load_balancer": "load_balancer_id",
    "listener": "listener_id",
    "certificate": "listener_certificate",
}
"""Arguments of the component that are named differently."""

_NOT_OF_COMPONENT: Final = {("Listener", "admin_state_up"), ("Pool", "admin_state_up")}
"""Arguments whose name means another object in the component."""

_TABLE: Final = re.compile(r"(<!-- fields: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def render(page: str) -> str:
    """Return a page with all tables between its markers generated."""
    return _TABLE.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", page)


def table(name: str) -> str:
    """Return the table of a resource or of a dictionary of arguments.

    Args:
        name: Its class.
    """
    if name in RESOURCES:
        columns = ["argument", "of the component", "API field", "changed", "removed", "read", "meaning"]
        rows = [_of_resource(name, field) for field in KINDS[name].fields]
    elif fields := _NESTED[name]:
        columns = ["argument", "API field", "changed", "removed", "read", "meaning"]
        rows = [[_code(field.name), *_of_field(name, field.name, field)] for field in fields]
    else:
        columns = ["argument", "API field", "meaning"]
        documented = _documented(name)
        rows = [
            [_code(each), _code(each), documented[each]] for each in getattr(gcore_tls_provider, name).__annotations__
        ]
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _of_resource(name: str, field: Field) -> list[str]:
    argument = _ARGUMENTS.get(name, {}).get(field.name, field.name)
    return [_code(argument), _of_component(name, argument), *_of_field(name, argument, field)]


def _of_field(name: str, argument: str, field: Field) -> list[str]:
    """Return the cells from the API field on."""
    stays = not field.nullable and field.default is None
    removed = "stays" if stays else "null" if field.removed is None else _code(json.dumps(field.removed))
    meaning = _documented(name)[argument] + (" *ours*" if field.compare_when_unset else "")
    api_field = _code(_API_FIELDS.get(field.name, field.name))
    return [api_field, field.change, removed, "yes" if field.readable else "no", meaning]


def _of_component(name: str, argument: str) -> str:
    parameters = inspect.signature(MTLSLoadBalancer.__init__).parameters
    if (name, argument) in _NOT_OF_COMPONENT:
        return "-"
    if argument in parameters:
        return "yes"
    other = _COMPONENT_ARGUMENTS.get(argument, "")
    return f"({_code(other)})" if other in parameters else "-"


def _documented(name: str) -> Mapping[str, str]:
    """Return the descriptions of all arguments of a class, each on one line."""
    owner: Any = getattr(gcore_tls_provider, name)
    if is_typeddict(owner):
        found = _attributes(owner)
    else:
        _, _, arguments = (inspect.getdoc(owner.__init__) or "").partition("Args:\n")
        listed = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
        shared = [_attributes(block) for block in shared_arguments.BLOCKS.values()]
        found = {key: text for block in shared for key, text in block.items()} | dict(listed)
    return {key: " ".join(text.replace("|", r"\|").split()) for key, text in found.items()}


def _attributes(owner: Any) -> Mapping[str, str]:
    """Return the docstrings below the attributes of a class."""
    documented = ModuleAnalyzer.for_module(owner.__module__).find_attr_docs()
    return {attribute: "\n".join(lines) for (scope, attribute), lines in documented.items() if scope == owner.__name__}


def _code(text: str) -> str:
    return f"`{text}`"


def main() -> int:
    """Write the page."""
    PAGE.write_text(render(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
