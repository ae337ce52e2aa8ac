"""Hidden record: everything that a resource keeps in its state apart from visible properties, in one property.

| part | in | content |
| --- | --- | --- |
| `v` | inputs, outputs | version of the record: 1 |
| `resource` | inputs, outputs | JSON text: URN, timeouts; from a program also name, stack and what diagnostics need |
| `nonce` | inputs, outputs | random text of one create attempt, saved by the engine before anything is sent to Gcore |
| `references` | inputs, outputs | JSON text: certificates that it refers to, see `inputs.references` |
| `account` | inputs, outputs | JSON text: account that the object is in, see `run.location` |
| `explicit` | outputs | names of the inputs that the program has set, separated by spaces |
| `partial` | outputs | `recreate` or `resume`: a failed operation has left the object partially applied |
| `applied` | outputs | values that a TLS attachment has set |

A part is one text where it can be: the engine serializes and logs each part of each property whenever it passes the
property on. `nonce` and `references` can be unknown in a preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from typing_extensions import Self

from gcore_tls_provider.hidden_inputs import RECORD, VERSION, from_json, to_json
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties

Partial = Literal["recreate", "resume"]


@dataclass(frozen=True)
class Record:
    """The hidden record of one resource.

    Attributes:
        resource: URN, timeouts and, from a program, name and stack.
        nonce: Random text of the create attempt; empty if the state does not contain it.
        nonce_unknown: The nonce is not known yet, as in a preview.
        references: References by role; `UNKNOWN` while one of them is unknown; None if the kind has none.
        account: Mark of the account; empty if none was saved.
        explicit: Names of the inputs that the program has set; None before the first operation.
        partial: What the next run does with a partially applied object; None for a complete one.
        applied: Values that a TLS attachment has set; None for other kinds.
    """

    resource: Mapping[str, object]
    nonce: str = ""
    nonce_unknown: bool = False
    references: object = None
    account: Mapping[str, object] = field(default_factory=dict)
    explicit: frozenset[str] | None = None
    partial: Partial | None = None
    applied: Mapping[str, object] | None = None

    @classmethod
    def of(cls, properties: Mapping[str, object]) -> Self:
        """Read the record of a resource's inputs or outputs; an absent or damaged part counts as not set."""
        parts = properties.get(RECORD)
        if not isinstance(parts, Mapping):
            return cls({})
        nonce, explicit, applied = parts.get("nonce"), parts.get("explicit"), parts.get("applied")
        references, partial = parts.get("references"), parts.get("partial")
        return cls(
            resource=from_json(parts.get("resource")),
            nonce=nonce if isinstance(nonce, str) else "",
            nonce_unknown=nonce is UNKNOWN,
            references=references if references is UNKNOWN or references is None else from_json(references),
            account=from_json(parts.get("account")),
            explicit=frozenset(explicit.split()) if isinstance(explicit, str) else None,
            partial="recreate" if partial == "recreate" else "resume" if partial == "resume" else None,
            applied=applied if isinstance(applied, Mapping) else None,
        )

    @property
    def urn(self) -> str:
        """URN of the resource; empty if the record does not contain it."""
        return str(self.resource.get("urn", ""))

    def update(self, **parts: object) -> Self:
        """Return a copy with other parts."""
        return replace(self, **parts)  # type: ignore[arg-type]  # dataclasses.replace checks the names at run time

    def to_property(self) -> Properties:
        """Return the record as the property's value; parts that are not set are left out."""
        parts: Properties = {"v": VERSION}
        if self.resource:
            parts["resource"] = to_json(self.resource)
        if self.nonce or self.nonce_unknown:
            parts["nonce"] = UNKNOWN if self.nonce_unknown else self.nonce
        if self.references is UNKNOWN:
            parts["references"] = UNKNOWN
        elif isinstance(self.references, Mapping):
            parts["references"] = to_json(self.references)
        if self.account:
            parts["account"] = to_json(self.account)
        if self.explicit is not None:
            parts["explicit"] = " ".join(sorted(self.explicit))
        if self.partial is not None:
            parts["partial"] = self.partial
        if self.applied is not None:
            parts["applied"] = dict(self.applied)
        return parts

    def into(self, properties: Mapping[str, object]) -> Properties:
        """Return properties with this record in place of theirs."""
        return {**properties, RECORD: self.to_property()}


def merge(outputs: Mapping[str, object], live: Mapping[str, object]) -> Properties:
    """Return outputs with live properties over them, and the record of the outputs with what the live one applies."""
    record, applied = Record.of(outputs), Record.of(live).applied
    return record.update(applied=applied if applied is not None else record.applied).into({**outputs, **live})
