"""Properties of Pulumi, parsed into typed models.

Properties can contain `UNKNOWN` anywhere, for a value that does not exist before another resource does. An unknown
value skips the rules that need it, and no others: everything else is validated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as Limited
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.errors import PropertyError
from gcore_tls_provider.printable import printable

Properties = dict[str, object]
"""Properties as Pulumi has them: JSON values, and `UNKNOWN`."""

Path = tuple[str | int, ...]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Value that is not known yet."""

INTERNAL = "__"
"""Prefix of hidden keys: the engine keeps them and does not show them."""


class InputsModel(BaseModel):
    """Base of all models of inputs: frozen, without unknown properties, and without values in its errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True, defer_build=True
    )


class ResourceInputs(InputsModel):
    """Base of the inputs of a resource."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Reasons for accepting errors of rules, by the finding's code."""
        return {}


class RuleInputs(ResourceInputs):
    """Base of the inputs of a resource with rules whose errors can be accepted.

    Attributes:
        accept_findings: Reasons for accepting errors of rules, by the finding's code; default empty.
    """

    accept_findings: Annotated[dict[str, str], Limited(default_factory=dict)]

    @property
    def reasons(self) -> Mapping[str, str]:
        """`accept_findings`."""
        return self.accept_findings


class ExpiringInputs(RuleInputs):
    """Base of the inputs of a resource that contains or refers to certificates or CRLs.

    Attributes:
        expiry_warning_days: Days before the expiry of a certificate or CRL from which warnings are reported, 0 to 3650.
            None means 30; for a CRL, which is often valid for a week only, a third of its validity if that is less.
    """

    expiry_warning_days: Annotated[int | None, Limited(ge=0, le=3650)] = None


InputsT = TypeVar("InputsT", bound=ResourceInputs)


@dataclass(frozen=True)
class Rule(Generic[InputsT]):
    """A rule over several properties.

    Attributes:
        needs: Names of the properties whose values it reads. It is skipped while one of them is unknown or invalid.
        check: Return the findings. Of a property outside `needs` it reads only whether it is given.
    """

    needs: frozenset[str]
    check: Callable[[PartialInputs[InputsT]], Iterable[Finding]]


@dataclass(frozen=True)
class PartialInputs(Generic[InputsT]):
    """Inputs of a resource, parsed as far as their values are known.

    Attributes:
        known: Valid properties; all others are None, required ones too.
        valid_fields: Names of the properties that are valid or unset.
        unknown: Names of the properties that are, or contain, unknown values.
        findings: Findings about the invalid properties.
    """

    known: InputsT
    valid_fields: frozenset[str]
    unknown: frozenset[str]
    findings: tuple[Finding, ...]

    def given(self, name: str) -> bool:
        """Return whether a property has a value, known or not."""
        return name not in self.valid_fields or bool(getattr(self.known, name))

    def run_rules(self, rules: Iterable[Rule[InputsT]]) -> Iterator[Finding]:
        """Yield the findings of the rules whose properties are known and valid."""
        for rule in rules:
            if rule.needs <= self.valid_fields:
                yield from rule.check(self)


def public(properties: Mapping[str, object]) -> Properties:
    """Return the properties without hidden keys."""
    return {key: value for key, value in properties.items() if not key.startswith(INTERNAL)}


def parse_partial(model: type[InputsT], properties: Mapping[str, object]) -> PartialInputs[InputsT]:
    """Parse all known properties, and report the invalid ones."""
    given = {key: value for key, value in public(properties).items() if value is not None}
    unknown_paths = frozenset(_unknown_paths(given, ()))
    unknown = frozenset(str(path[0]) for path in unknown_paths)
    findings: list[Finding] = []
    invalid: set[str] = set()
    known: InputsT | None = None
    try:
        known = model.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False, include_context=True):
            path: Path = detail["loc"]
            caused_by_unknown = any(path[: len(each)] == each for each in unknown_paths)
            if caused_by_unknown and detail["type"] != "extra_forbidden":
                continue
            invalid.add(str(path[0]) if path else "")
            findings.append(_finding(detail))
    valid_fields = frozenset(model.model_fields) - unknown - invalid
    if known is None:
        known = _partial(model).model_validate({key: value for key, value in given.items() if key in valid_fields})
    return PartialInputs(known, valid_fields, unknown, tuple(_unique(findings)))


def parse(model: type[InputsT], properties: Mapping[str, object]) -> InputsT:
    """Return all properties as a model.

    Raises:
        PropertyError: A property is invalid; the message names each of them.
    """
    partial = parse_partial(model, properties)
    if partial.unknown:
        raise PropertyError(
            f"{', '.join(sorted(partial.unknown))}: still unknown. This is a bug in gcore-tls-provider; "
            "please report it."
        )
    if partial.findings:
        raise PropertyError(" ".join(format_finding(each) for each in partial.findings))
    return partial.known


def format_finding(finding: Finding) -> str:
    """Return a finding as one line: property, sentence, remedy, and the code for `accept_findings`."""
    return printable(f"{finding.property}: {finding} [{finding.code}]")


@cache
def _partial(model: type[InputsT]) -> type[InputsT]:
    """Return the model with every field optional, for a part of the properties."""
    optional: dict[str, Any] = {
        name: (_annotated(field) | None, None) for name, field in model.model_fields.items() if field.is_required()
    }
    return create_model(f"Partial{model.__name__}", __base__=model, **optional)


def _annotated(field: FieldInfo) -> Any:
    annotated: Any = Annotated
    parts = (field.annotation, *field.metadata)
    return annotated[parts] if field.metadata else field.annotation


def contains_unknown(value: object) -> bool:
    """Return whether a value is unknown, or contains an unknown value."""
    return any(True for _ in _unknown_paths(value, ()))


def _unknown_paths(value: object, path: Path) -> Iterator[Path]:
    if value is UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _unknown_paths(each, (*path, str(key)))
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for index, each in enumerate(value):
            yield from _unknown_paths(each, (*path, index))


def _finding(detail: ErrorDetails) -> Finding:
    kind, property, context = detail["type"], _property_path(detail["loc"]), detail.get("ctx", {})
    if "remedy" in context:
        return Finding(kind, "error", property, context["sentence"], context["remedy"])
    if kind == "missing":
        return report("PROPERTY_MISSING", property)
    if kind == "extra_forbidden":
        return report("PROPERTY_UNKNOWN", property)
    if kind == "literal_error":
        return report("PROPERTY_INVALID", property, message="choice", expected=context["expected"])
    text = detail["msg"].replace("Input", "it", 1)
    reason = text[:1].lower() + text[1:]
    return report("PROPERTY_INVALID", property, message="value", reason=reason)


def _property_path(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        if part == "[key]":
            # Pydantic adds this part if a dictionary's key is invalid, and not its value.
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "inputs"


def _unique(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[Finding] = set()
    for finding in findings:
        if finding not in seen:
            seen.add(finding)
            yield finding
