"""The contract of a kind: data, and four verbs that talk to Gcore.

`plan` and `apply` run over a kind: check and diff without requests, create, read, update and delete with them.
`recovery.create_once` wraps `create_object`, so a kind contains nothing of the choreography around a create.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol

from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields
from gcore_tls_provider.lifecycle.inputs.properties import InputsT, PartialInputs, Properties, Rule, parse_partial
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache, PublishedCertificate
from gcore_tls_provider.lifecycle.run.location import LOCATION_FIELDS
from gcore_tls_provider.lifecycle.run.operation import Operation

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.recovery.stack_state import StackState

EXISTING_ID = "existing_id"
"""Input of every adoptable kind: ID of the object that the resource adopts."""


@dataclass(frozen=True)
class CheckContext(Generic[InputsT]):
    """One check, as the rules of a kind see it.

    Attributes:
        partial: Inputs of the program, as far as they are known and valid.
        inputs: The same as they will be saved, without derived properties.
        olds: Inputs of the previous run; empty for an object that is to be created.
        now: Current time in UTC.
        urn: URN of the resource.
        certificates: Content of the certificate resources that were checked before.
    """

    partial: PartialInputs[InputsT]
    inputs: Properties
    olds: Mapping[str, object]
    now: datetime
    urn: str
    certificates: CertificateCache


@dataclass(frozen=True)
class Evaluation:
    """Result of a kind's rules over one check.

    Attributes:
        facts: Derived properties: public facts that a preview shows.
        findings: Findings beyond single properties.
        references: References to save; None if the kind has none.
        published: Certificates that later checks can refer to.
    """

    facts: Properties
    findings: Sequence[Finding] = ()
    references: object = None
    published: tuple[PublishedCertificate, ...] = ()


@dataclass(frozen=True)
class LiveObject:
    """An object as it is at Gcore.

    Attributes:
        id: ID of the object.
        properties: Properties that Gcore returns.
        unhealthy_parts: Unhealthy parts in words: `member 10.0.0.11:8443 is in operating status ERROR`.
    """

    id: str
    properties: Properties
    unhealthy_parts: tuple[str, ...] = ()

    @property
    def health_problems(self) -> tuple[str, ...]:
        """All health problems: those of its own statuses, and its unhealthy parts."""
        statuses = (
            (name.replace("_", " "), self.properties.get(name))
            for name in ("provisioning_status", "operating_status", "status")
        )
        return (*(f"it is in {name} ERROR" for name, status in statuses if status == "ERROR"), *self.unhealthy_parts)


class Row(Protocol):
    """A row of a list of objects."""

    @property
    def id(self) -> str:
        """ID of the object."""
        ...

    @property
    def name(self) -> str:
        """Name of the object."""
        ...


@dataclass(frozen=True)
class CreateTask:
    """The task that creates an object.

    Attributes:
        type: Gcore's type of the task: `create_lbpool`.
        key: Name of its list of created IDs: `pools`.
    """

    type: str
    key: str


class Kind(ABC, Generic[InputsT]):
    """One kind of object: data, and verbs that talk to Gcore. Stateless: threads share it.

    Attributes:
        name: Name in messages: `listener`.
        time_limit: Seconds that a write can take, including its wait for other changes of the load balancer.
        inputs: Model of the inputs.
        fields: Table of what is compared.
        rules: Checks beyond single properties.
        derived: Names of the properties that a check adds.
        arguments: Arguments of programs, by the input that Gcore's name differs from: `ca_secret_id` is `ca`.
        hidden: Names of the properties whose values no message shows.
        adoptable: An existing object can be adopted with `existing_id`.
    """

    name: ClassVar[str]
    time_limit: ClassVar[float] = 900.0
    inputs: type[InputsT]
    fields: tuple[Field, ...]
    rules: tuple[Rule[InputsT], ...] = ()
    derived: frozenset[str] = frozenset()
    arguments: Mapping[str, str] = MappingProxyType({})
    hidden: ClassVar[frozenset[str]] = frozenset()
    adoptable: ClassVar[bool] = True

    @abstractmethod
    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read an object; return None if it is gone.

        Args:
            operation: The read.
            object_id: ID of the object.
            prior: Known properties, for values that Gcore does not return.
        """

    @abstractmethod
    def update_object(
        self, operation: Operation, object_id: str, olds: Properties, inputs: InputsT, fields: Sequence[Field]
    ) -> LiveObject:
        """Change the given fields of an object in place, and read it back."""

    @abstractmethod
    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Delete an object; one that is gone counts as deleted."""

    def evaluate(self, check: CheckContext[InputsT]) -> Evaluation:
        """Return derived properties and findings beyond `rules`."""
        return Evaluation({})

    def why_not_adoptable(self, live: LiveObject) -> str | None:
        """Return why an existing object cannot become one of this kind, in words; None if it can."""
        status = live.properties.get("provisioning_status")
        return "it is in provisioning status ERROR" if status == "ERROR" else None

    def delete_before_create(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Return whether the old object must be deleted before the new one can be created."""
        return False

    @property
    def added_inputs(self) -> frozenset[str]:
        """Names of inputs that are not in the model: derived properties, location and `existing_id`."""
        existing = {EXISTING_ID} if self.adoptable else frozenset[str]()
        return self.derived | existing | frozenset(field.name for field in LOCATION_FIELDS)

    def parse_previous(self, olds: Mapping[str, object]) -> PartialInputs[InputsT]:
        """Parse the inputs of the previous run as those of a program."""
        return parse_partial(self.inputs, {key: value for key, value in olds.items() if key not in self.added_inputs})


class AttachedKind(Kind[InputsT]):
    """A part of an object that another tool owns: attaching it creates nothing."""

    @abstractmethod
    def attach(self, operation: Operation, inputs: InputsT) -> LiveObject:
        """Apply the part to its object, and read it back."""


class CreatableKind(Kind[InputsT]):
    """A kind whose objects a task creates, and whose names prove which create attempt created them.

    Attributes:
        task: Task that creates an object.
        renamable: The name can be changed, so an orphan can be taken over.
    """

    task: ClassVar[CreateTask]
    renamable: ClassVar[bool] = True

    @abstractmethod
    def create_object(
        self, operation: Operation, name: str, inputs: InputsT, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Send the request that creates the object, and wait for its tasks.

        Args:
            operation: The create.
            name: Name of the object.
            inputs: Inputs of the resource.
            load_balancer_id: Load balancer that the caller holds, see `load_balancer_of`.
        """

    @abstractmethod
    def finish_create(
        self, operation: Operation, object_id: str, inputs: InputsT, load_balancer_id: str | None, action: str
    ) -> LiveObject:
        """Wait until the object is ACTIVE, apply what the create request cannot set, and read the object back."""

    @abstractmethod
    def list_objects(self, operation: Operation) -> Sequence[Row]:
        """Return all objects of the kind."""

    @abstractmethod
    def is_unreferenced(
        self, operation: Operation, live: LiveObject, inputs: Mapping[str, object], state: StackState
    ) -> bool:
        """Return whether nothing but this stack uses an object that is not in the stack's state.

        Args:
            operation: The operation that has found the object.
            live: The object.
            inputs: Inputs of the interrupted create that has left it.
            state: The stack's state.
        """

    def exact_name(self, inputs: InputsT) -> str | None:
        """Return the name that the program insists on; None to compute one."""
        name = getattr(inputs, "name", None)
        return name if isinstance(name, str) else None

    def load_balancer_of(self, operation: Operation, inputs: InputsT) -> str | None:
        """Return the load balancer that a create locks; None if it locks none."""
        return None

    def conflicting_objects(self, operation: Operation) -> Iterable[LiveObject]:
        """Return objects that occupy a place that only one object can have: a port, a listener's default pool."""
        return ()

    def can_become(self, inputs: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
        """Return whether an object created with some inputs can become the wanted one in place.

        Args:
            inputs: Inputs of an interrupted create; values that the state encrypts count as different.
            wanted: Inputs of this create.
        """
        fixed = [each for each in self.fields if each.change == "replace"]
        return self.renamable and not any(changed_fields(fixed, inputs, wanted))

    def ids_named(self, operation: Operation, name: str) -> list[str]:
        """Return the IDs of all objects of the kind that have a name."""
        return [each.id for each in self.list_objects(operation) if each.name == name]
