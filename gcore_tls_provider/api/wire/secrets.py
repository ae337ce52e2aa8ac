"""Secrets: certificates with keys, CA bundles, revocation lists. A payload is sent once and never read back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gcore_tls_provider.api.wire.enums import PayloadContentEncoding, SecretType
from gcore_tls_provider.api.wire.model import AnswerBody, RequestBody
from gcore_tls_provider.api.wire.scalars import Concealed, Timestamp


class SecretCreate(RequestBody):
    """A secret as one blob: what both guides send to v1 and v2, and OpenAPI to v1.

    `payload` is base64 of a password-less PKCS12 (certificates with key) or of PEM (CA bundle, revocation list, client
    certificate). `payload_content_type` is `application/octet-stream`; `text/plain` clashes with base64.
    """

    name: str
    payload: Concealed
    payload_content_encoding: PayloadContentEncoding
    payload_content_type: str
    secret_type: SecretType
    algorithm: str | None = None
    bit_length: Annotated[int, Field(gt=0)] | None = None
    expiration: Timestamp | None = None
    mode: str | None = None


class SecretPayload(RequestBody):
    """A certificate with key, each part PEM text. A self-signed certificate is repeated as its own chain."""

    certificate: Concealed
    certificate_chain: Concealed
    private_key: Concealed


class SecretCreateFromPem(RequestBody):
    """A certificate with key in PEM: OpenAPI's body of v2. It can't hold a CA bundle or a revocation list."""

    name: str
    payload: SecretPayload
    expiration: Timestamp | None = None


class Secret(AnswerBody):
    """Metadata of a secret: everything except its payload."""

    id: str
    name: str
    secret_type: str
    status: str
    algorithm: str | None = None
    bit_length: int | None = None
    content_types: dict[str, str] | None = None
    created: Timestamp | None = None
    expiration: Timestamp | None = None
    mode: str | None = None
