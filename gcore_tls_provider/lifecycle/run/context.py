"""Identity and settings of one resource, as a front end passes them to the lifecycle."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gcore_tls_provider.errors import PropertyError
from gcore_tls_provider.lifecycle.inputs.record import Record


class Timeouts(BaseModel):
    """Time limits of a resource in seconds: `custom_timeouts` of its options."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    create: Annotated[float | None, Field(gt=0)] = None
    update: Annotated[float | None, Field(gt=0)] = None
    delete: Annotated[float | None, Field(gt=0)] = None


class ResourceContext(BaseModel):
    """One resource of a program.

    Attributes:
        urn: URN of the resource.
        name: Name of the resource in the program.
        stack: Name of the stack.
        timeouts: Time limits of the resource.
        create_nonce: Random text of the create attempt; empty if the state does not contain it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    urn: str = ""
    name: str = ""
    stack: str = ""
    timeouts: Timeouts = Timeouts()
    create_nonce: str = ""

    @classmethod
    def of(cls, record: Record) -> ResourceContext:
        """Return the context that a record describes; a saved record has the URN in place of name and stack.

        Raises:
            PropertyError: The record names no resource: a state file that was edited by hand can have lost it.
        """
        if not record.urn:
            raise PropertyError(
                "The resource's state lacks its hidden record `__gcore`, so the resource is unknown. Declare it with "
                "the classes of gcore_tls_provider, or run `pulumi up` once to restore the record."
            )
        try:
            return cls.model_validate({**_names(record.urn), **record.resource, "create_nonce": record.nonce})
        except ValidationError:
            raise PropertyError(
                f"The hidden record `__gcore` of {record.urn} is damaged. Run `pulumi up` once to restore it."
            ) from None


def _names(urn: str) -> dict[str, str]:
    """Return stack and resource name of a URN, `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
    return {"stack": stack, "name": rest.partition("::")[2].partition("::")[2]}
