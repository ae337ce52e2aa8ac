"""Partial state: objects that a failed operation has left, saved so that the next run resumes or recreates them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gcore_tls_provider.errors import PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import Field, explicit_inputs
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.inputs.record import Record, merge


def mark(result: PartialResult, requested: Mapping[str, object]) -> PartialResult:
    """Return a partial result whose record tells the next run what to do.

    Args:
        result: Result of the failed operation.
        requested: Requested properties, for those that the result does not contain.
    """
    properties = merge(requested, result.properties)
    record = Record.of(properties).update(partial="recreate" if result.recreate else "resume")
    return replace(result, properties=record.into(properties))


def after_failed_update(fields: Iterable[Field], olds: Properties, inputs: Mapping[str, object]) -> Properties:
    """Return the outputs of an object whose update did not end: everything that was ever set counts as set.

    Args:
        fields: The kind's table.
        olds: Outputs of the last complete operation.
        inputs: Inputs of the update.
    """
    record = Record.of(olds)
    explicit = (record.explicit or frozenset()) | explicit_inputs(inputs, fields)
    return record.update(explicit=explicit, partial="resume").into(olds)
