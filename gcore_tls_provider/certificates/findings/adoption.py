"""Findings about objects that a program adopts with `existing_id`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Severity
from gcore_tls_provider.certificates.findings.table import Code, Message, single

_WARNING: Final[tuple[Severity, ...]] = ("warning",)
_AT_UP: Final = "`pulumi up` compares them, and changes what differs."

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "ADOPTION": Code(
            "an object that this run adopts",
            single(
                "{kind} {existing_id} ('{name}') is adopted: this resource manages it from now on.",
                "Nothing to do: it keeps its ID. To create a new {kind} instead, remove existing_id.",
            ),
            _WARNING,
        ),
        "ADOPTION_CHANGES": Code(
            "a property that the adoption changes",
            {
                "values": Message(
                    "Adoption changes it from {live} to {wanted}.", "To keep the live value, write it into the program."
                ),
                "hidden": Message(
                    "Adoption changes it to the program's value; neither value is shown.",
                    "To keep the live value, write it into the program.",
                ),
            },
            _WARNING,
        ),
        "ADOPTION_DIFFERS": Code(
            "a property that differs from the adopted object's and cannot be changed in place",
            {
                "values": Message(
                    "{kind} {existing_id} has {live} and the program has {wanted}, which cannot be changed in place.",
                    "Write the live value into the program, or remove existing_id to create another {kind}.",
                ),
                "hidden": Message(
                    "{kind} {existing_id} has another value than the program, which cannot be changed in place; "
                    "neither value is shown.",
                    "Write the live value into the program, or remove existing_id to create another {kind}.",
                ),
            },
        ),
        "ADOPTION_TRUSTED": Code(
            "values of an adopted object that Gcore never returns",
            single(
                "Gcore does not return {names}, so {kind} {existing_id} is assumed to have the program's values.",
                "Make sure that it has them.",
            ),
            _WARNING,
        ),
        "ADOPTION_UNKNOWN": Code(
            "an adoption that this preview cannot compare, or only in part",
            {
                "object": Message(
                    "The ID of the object to adopt is not known yet, so it cannot be compared with the program.", _AT_UP
                ),
                "values": Message("{names} cannot be compared in this preview: not known yet.", _AT_UP),
            },
            _WARNING,
        ),
        "ADOPTION_NOT_COMPARED": Code(
            "an adoption that this preview cannot compare, because the account is not configured",
            single("{kind} {existing_id} could not be compared with the program: {reason}", _AT_UP),
            _WARNING,
        ),
        "ADOPTION_NOT_READ": Code(
            "an object to adopt that Gcore does not return",
            single(
                "{kind} {existing_id} cannot be read: {reason}",
                "Fix the cause and run again: an object must be read before it is adopted.",
            ),
        ),
        "ADOPTION_MISSING": Code(
            "an object to adopt that does not exist",
            single(
                "There is no {kind} {existing_id} in this project and region.",
                "Set existing_id to the ID of a {kind}, or remove it to create one.",
            ),
        ),
        "ADOPTION_UNFIT": Code(
            "an object that this resource cannot adopt",
            single("{kind} {existing_id} cannot be adopted: {reason}.", "Set existing_id to another ID, or remove it."),
        ),
        "ADOPTION_OF_ANOTHER": Code(
            "another object that replaces the resource's current one",
            single(
                "The resource has another object now. {kind} {existing_id} replaces it, and the current one is "
                "deleted.",
                "To keep the current one, first run `pulumi up` with retain_on_delete=True, or give the new one a "
                "resource of its own.",
            ),
            _WARNING,
        ),
        "ADOPTED_TWICE": Code(
            "an object that another resource of the stack manages",
            single(
                "{kind} {existing_id} is already managed by {managers} of this stack.",
                "Remove one of the two. If the resource was renamed, set "
                'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD NAME")]).',
            ),
        ),
        "ADOPTED_OBJECT_UNHEALTHY": Code(
            "an adopted object that Gcore reports as unhealthy",
            single(
                "Gcore reports {kind} '{name}' ({existing_id}) as unhealthy: {problems}.",
                "An object in provisioning status ERROR cannot be changed, only deleted: remove existing_id to create "
                "another {kind}. Operating status ERROR means that health probes fail, or that everything below the "
                "object does: check the backends.",
            ),
            _WARNING,
        ),
        "EXISTING_ID_IGNORED": Code(
            "an `existing_id` that has no effect any more",
            single(
                "{kind} {existing_id} was adopted before and is being replaced, so another one is created.",
                "Remove existing_id: it has no effect.",
            ),
            _WARNING,
        ),
    }
)
"""Codes of this area."""
