"""Secrets: certificates with keys, CA bundles, CRLs. The API never returns a payload."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gcore_tls_provider.api.wire.enums import PayloadContentEncoding, SecretType
from gcore_tls_provider.api.wire.model import RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import Concealed, ResponseId, Timestamp


class SecretCreate(RequestBody):
    """A secret with one payload: the body of both routes in the guides, and of v1 in OpenAPI.

    `payload` is base64 of a PKCS12 without a password (certificate with key) or of PEM (CA bundle, CRL, client
    certificate). `payload_content_type` is `application/octet-stream`; `text/plain` contradicts base64.
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
    """A certificate with key in PEM: OpenAPI's body of v2. It cannot contain a CA bundle or a CRL."""

    name: str
    payload: SecretPayload
    expiration: Timestamp | None = None


class Secret(ResponseBody):
    """Metadata of a secret: everything except its payload."""

    id: ResponseId
    name: str
    secret_type: str
    status: str
    algorithm: str | None = None
    bit_length: int | None = None
    content_types: dict[str, str] | None = None
    created: Timestamp | None = None
    expiration: Timestamp | None = None
    mode: str | None = None
