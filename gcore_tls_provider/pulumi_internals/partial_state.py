"""Partial state: the engine saves an object whose create or update failed after it had changed something.

An error with `ErrorResourceInitFailed` among its details makes the engine save the object. The SDK offers no way to
attach details, but the frames above a handler hold the gRPC context of its servicer.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

import grpc
from google.protobuf import any_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

_MAX_FRAMES: Final = 50
_DETAILS: Final = "grpc-status-details-bin"


def save_partial_state(object_id: str, properties: Mapping[str, Any], reason: str) -> bool:
    """Make the engine save a partially created or updated object; call it from a handler that then raises.

    The next run then updates the object even if its program is unchanged, and a destroy deletes it.

    Args:
        object_id: ID of the object.
        properties: Properties to save. The engine encrypts those that are secret among the inputs.
        reason: Why the operation failed, the line that the engine prints.

    Returns:
        Whether the engine will save the object.
    """
    context = _enclosing_grpc_context()
    if context is None:
        return False
    loop = asyncio.new_event_loop()
    try:
        serialized = loop.run_until_complete(rpc.serialize_properties(dict(properties), {}))
    finally:
        loop.close()
    detail = any_pb2.Any()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=object_id, properties=serialized, reasons=[reason]))
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    return True


def _enclosing_grpc_context() -> grpc.ServicerContext | None:
    """Return the gRPC context of the call that the current handler serves."""
    frame = sys._getframe()
    for _ in range(_MAX_FRAMES):
        context = frame.f_locals.get("context")
        if isinstance(context, grpc.ServicerContext):
            return context
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None
