"""Conversion of property values between Pulumi's SDK and the lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown
from pulumi.runtime import rpc

from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties


def from_engine(properties: Mapping[str, Any]) -> Properties:
    """Return properties of the SDK as the lifecycle uses them."""
    return {key: _plain(value) for key, value in properties.items()}


def _plain(value: Any) -> object:
    if isinstance(value, Unknown) or value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def to_engine(properties: Properties) -> dict[str, Any]:
    """Return properties of the lifecycle as the SDK uses them."""
    return {key: _sdk_value(value) for key, value in properties.items()}


def _sdk_value(value: object) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, dict):
        return {key: _sdk_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_sdk_value(each) for each in value]
    return value
