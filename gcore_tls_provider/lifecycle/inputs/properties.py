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
from pydantic_core import ErrorDetails, PydanticCustomError

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.errors import PropertyError

Properties = dict[str, object]
"""Properties as Pulumi has them: JSON values, and `UNKNOWN`."""

Path = tuple[str | int, ...]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that is not known yet."""

INTERNAL = "__"
"""Prefix of hidden keys: the engine keeps them and does not show them."""


class InputsModel(BaseModel):
    """The base of every model of inputs: strict about names, frozen, and silent about values in its errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True, defer_build=True
    )


class ResourceInputs(InputsModel):
    """The base of the inputs of every resource."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Reasons for accepting errors of rules, by the finding's code."""
        return {}


class RuleInputs(ResourceInputs):
    """The base of the inputs of a resource whose errors can be accepted.

    Attributes:
        accept_findings: why an error of a rule is accepted, by the finding's code.
    """

    accept_findings: Annotated[dict[str, str], Limited(default_factory=dict)]

    @property
    def reasons(self) -> Mapping[str, str]:
        """`accept_findings`."""
        return self.accept_findings


class ExpiringInputs(RuleInputs):
    """The base of the inputs of a resource that is made of what expires.

    Attributes:
        expiry_warning_days: how many days before the end of what it is made of, or refers to, warnings begin; None
            means 30, and for revocation lists, which often live a week, a third of their life if that is less.
    """

    expiry_warning_days: Annotated[int | None, Limited(ge=0, le=3650)] = None


InputsT = TypeVar("InputsT", bound=ResourceInputs)


@dataclass(frozen=True)
class Rule(Generic[InputsT]):
    """A rule over several properties.

    Attributes:
        needs: the properties whose values it looks at; the rule rests while one of them is unknown or invalid.
        verdict: gives the findings. Of properties outside `needs` it may only ask whether they are given.
    """

    needs: frozenset[str]
    check: Callable[[PartialInputs[InputsT]], Iterable[Finding]]


@dataclass(frozen=True)
class PartialInputs(Generic[InputsT]):
    """A bag that was looked at as far as it is known.

    Attributes:
        known: the valid properties; the others are None in it, required ones too.
        usable: the names of the properties that are valid, or unset.
        unknown: the names of those that are, or contain, unknown values.
        findings: what is wrong with the others.
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
    bag = {key: value for key, value in public(properties).items() if value is not None}
    unknown_paths = frozenset(_unknown_paths(bag, ()))
    unknown = frozenset(str(path[0]) for path in unknown_paths)
    findings: list[Finding] = []
    faulty: set[str] = set()
    whole: InputsT | None = None
    try:
        whole = model.model_validate(bag)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False, include_context=True):
            path: Path = detail["loc"]
            hidden = any(path[: len(each)] == each for each in unknown_paths)
            if hidden and detail["type"] != "extra_forbidden":
                continue
            faulty.add(str(path[0]) if path else "")
            findings.append(_finding(detail))
    usable = frozenset(model.model_fields) - unknown - faulty
    if whole is None:
        whole = _partial(model).model_validate({key: value for key, value in bag.items() if key in usable})
    return PartialInputs(whole, usable, unknown, tuple(_unique(findings)))


def parse(model: type[InputsT], properties: Mapping[str, object]) -> InputsT:
    """Return all properties as a model.

    Raises:
        PropertyError: A property is invalid; the message names each of them.
    """
    drafted = parse_partial(model, properties)
    if drafted.unknown:
        raise PropertyError(
            f"{', '.join(sorted(drafted.unknown))}: still unknown. This is a bug in gcore-tls-provider; "
            "please report it."
        )
    if drafted.findings:
        raise PropertyError(" ".join(format_finding(each) for each in drafted.findings))
    return model.model_validate({k: v for k, v in public(properties).items() if v is not None})


def format_finding(finding: Finding) -> str:
    """Return a finding as one line: property, sentence, remedy, and the code for `accept_findings`."""
    return f"{finding.property}: {finding} [{finding.code}]"


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


def validation_error(code: str, sentence: str, remedy: str) -> PydanticCustomError:
    """Return the error that a model's validator raises: a finding on the property that it validates."""
    return PydanticCustomError(code, "{sentence} {remedy}", {"sentence": sentence, "remedy": remedy})


def error_finding(where: str, code: str, sentence: str, remedy: str) -> Finding:
    """Return a finding of severity error on the property `where`."""
    return Finding(code=code, severity="error", property=where, sentence=sentence, remedy=remedy)


def _finding(detail: ErrorDetails) -> Finding:
    kind, where, context = detail["type"], _where(detail["loc"]), detail.get("ctx", {})
    if "remedy" in context:
        return error_finding(where, kind, context["sentence"], context["remedy"])
    if kind == "missing":
        return error_finding(where, "PROPERTY_MISSING", "It is missing.", "Give it.")
    if kind == "extra_forbidden":
        return error_finding(
            where, "PROPERTY_UNKNOWN", "There is no such property.", "Remove it or correct its spelling."
        )
    if kind == "literal_error":
        return error_finding(
            where, "PROPERTY_INVALID", "It isn't one of the allowed values.", f"Give {context['expected']}."
        )
    return error_finding(where, "PROPERTY_INVALID", f"{detail['msg'].replace('Input', 'It', 1)}.", "Correct it.")


def _where(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        if part == "[key]":
            # What pydantic adds where a dictionary's key is at fault, and not its value.
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "inputs"


def _unique(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[Finding] = set()
    for finding in findings:
        if finding not in seen:
            seen.add(finding)
            yield finding
