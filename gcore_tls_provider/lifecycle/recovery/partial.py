"""What is half-done: the mark that an operation without an end leaves in the state, for the next one to go on with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from gcore_tls_provider.errors import PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import SET, Field, decode_explicit, encode_explicit, explicit_inputs
from gcore_tls_provider.lifecycle.inputs.properties import Properties

UNFINISHED: Final = "__unfinished"
"""The internal output of an object that a failed operation has left half-done: `anew` or `again`, see `Unfinished`."""


def marked(unfinished: PartialResult, asked: Mapping[str, object]) -> PartialResult:
    """What is half-done, with the mark.

    Args:
        unfinished: what was left.
        asked: the properties that were asked for, as far as it doesn't name others.
    """
    mark = "anew" if unfinished.recreate else "again"
    return replace(unfinished, properties={**asked, **unfinished.properties, UNFINISHED: mark})


def half_updated(fields: Iterable[Field], olds: Properties, inputs: Mapping[str, object]) -> Properties:
    """The outputs of an object whose update came to no end: all that was ever set counts as set.

    Args:
        fields: the kind's table.
        olds: the outputs of the last operation that came to its end.
        inputs: the inputs of the update.
    """
    return {**olds, SET: encode_explicit(decode_explicit(olds) | explicit_inputs(inputs, fields)), UNFINISHED: "again"}
