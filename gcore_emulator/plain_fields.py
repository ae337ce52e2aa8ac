"""Fields that a stored object shares with requests and responses: same name, same value.

A new field of the API that is stored as it is sent needs only its line in `account.py`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def plain_fields(stored: type[DataclassInstance], model: type[BaseModel], *converted: str) -> set[str]:
    """Return the names of the fields that a stored object and a model share.

    Args:
        stored: Class of the stored object.
        model: Request or response.
        converted: Names that both have with different values.
    """
    return (model.model_fields.keys() & {field.name for field in fields(stored)}) - set(converted)


def plain_values(one: DataclassInstance, model: type[BaseModel], *converted: str) -> dict[str, Any]:
    """Return the values of a stored object's fields that a response shows unchanged."""
    return {name: getattr(one, name) for name in plain_fields(type(one), model, *converted)}
