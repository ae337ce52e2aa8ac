"""The four certificate kinds: secrets whose content is parsed, checked, compared by meaning and described.

| kind | takes | uploads |
| --- | --- | --- |
| listener certificate | PEM certificate and key, or PKCS12 | PKCS12 without a password |
| client certificate | the same | PKCS12 without a password, or PEM |
| certificate authority | PEM, one CA or a bundle | PEM, serialized again |
| revocation list | PEM, one CRL or several | PEM, serialized again |

The upload is always serialized again from the parsed content. That fixes line ends, byte order marks, text between the
blocks and their order, none of which HAProxy accepts. `content_sha256` is a digest over DER and identifies the content:
other white space or another encryption of the same key is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from gcore_tls_provider.api.calls import Call, RequestVariants
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.certificates import Finding, Identity, MaterialError
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.inputs.reference_cache import CachedCertificate, PublishedCertificate
from gcore_tls_provider.lifecycle.kind import CheckContext, Evaluation
from gcore_tls_provider.lifecycle.kinds import certificate_content as contents
from gcore_tls_provider.lifecycle.kinds.certificate_inputs import (
    CertificateAuthorityInputs,
    CertificateInputs,
    ClientCertificateInputs,
    IdentityInputs,
    ListenerCertificateInputs,
    RevocationListInputs,
)
from gcore_tls_provider.lifecycle.kinds.secret import SecretKind
from gcore_tls_provider.lifecycle.run.operation import Operation

CONTENT: Final = "content_sha256"
"""Derived property that identifies the content."""

FIELDS: Final = (
    Field("name", change="replace"),
    Field(CONTENT, change="replace", readable=False),
)

CertificateInputsT = TypeVar("CertificateInputsT", bound=CertificateInputs)
IdentityInputsT = TypeVar("IdentityInputsT", bound=IdentityInputs)
ContentT = TypeVar("ContentT")


@dataclass(frozen=True)
class Content(Generic[CertificateInputsT, ContentT]):
    """Functions over the content of one certificate kind.

    Attributes:
        material: Names of the inputs that make up the content.
        facts: Names of the public facts, besides the digest.
        parse: Parse the inputs; raise `MaterialError` if they are unusable.
        describe: Return the public facts, besides the digest.
        digest: Return the digest over DER.
        public: Return the content without its key.
        check: Return the findings of the rules.
        upload: Return the request that uploads the content under a name.
    """

    material: frozenset[str]
    facts: frozenset[str]
    parse: Callable[[CertificateInputsT], ContentT]
    describe: Callable[[ContentT], Properties]
    digest: Callable[[ContentT], str]
    public: Callable[[ContentT], PublicCertificates]
    check: Callable[[ContentT, CertificateInputsT, datetime], Sequence[Finding]]
    upload: Callable[[str, ContentT, CertificateInputsT], Call[TaskIds] | RequestVariants[TaskIds]]


class CertificateKind(SecretKind[CertificateInputsT], Generic[CertificateInputsT, ContentT]):
    """A secret whose content is known.

    Args:
        inputs: Model of the inputs.
        content: Functions over the content.
        fields: Fields besides name and content.
    """

    def __init__(
        self,
        inputs: type[CertificateInputsT],
        content: Content[CertificateInputsT, ContentT],
        fields: tuple[Field, ...] = (),
    ) -> None:
        """Set the kind's data."""
        self.inputs = inputs
        self.content = content
        self.fields = (*FIELDS, *fields)
        self.derived = content.facts | {CONTENT}

    def evaluate(self, check: CheckContext[CertificateInputsT]) -> Evaluation:
        """Return the public facts and the findings of the rules; unchanged deployed content never stops a run.

        All facts are unknown while a part of the material is.
        """
        content, partial, olds = self.content, check.partial, check.olds
        unreadable = (PublishedCertificate(check.urn, None),)
        if partial.unknown & content.material:
            unknown = (PublishedCertificate(check.urn, None, known=False),)
            return Evaluation(dict.fromkeys(sorted(self.derived), UNKNOWN), published=unknown)
        if not content.material <= partial.valid_fields:
            return Evaluation({}, published=unreadable)
        try:
            parsed = content.parse(partial.known)
        except MaterialError as error:
            if CONTENT in olds and all(olds.get(each) == check.inputs.get(each) for each in content.material):
                # A release that could read it has deployed it.
                facts = {name: olds[name] for name in self.derived if name in olds}
                return Evaluation(facts, downgrade_deployed(error.findings), published=unreadable)
            return Evaluation({}, error.findings, published=unreadable)
        digest = content.digest(parsed)
        findings = content.check(parsed, partial.known, check.now)
        return Evaluation(
            {**content.describe(parsed), CONTENT: digest},
            downgrade_deployed(findings) if olds.get(CONTENT) == digest else findings,
            published=(
                PublishedCertificate(
                    check.urn, CachedCertificate(digest, content.public(parsed)), self._previous(check, digest)
                ),
            ),
        )

    def _previous(self, check: CheckContext[CertificateInputsT], digest: str) -> CachedCertificate | None:
        """Return the content of the previous run, if it was another one and can be read."""
        previous = check.olds.get(CONTENT)
        if isinstance(previous, str) and previous != digest:
            with suppress(MaterialError):
                parsed = self.content.parse(self.parse_previous(check.olds).known)
                return CachedCertificate(previous, self.content.public(parsed))
        return None

    def create_object(
        self, operation: Operation, name: str, inputs: CertificateInputsT, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Upload the content and wait for the task."""
        return operation.send_and_wait(self.content.upload(name, self.content.parse(inputs), inputs))


def _identity_content(
    check: Callable[[Identity, IdentityInputsT, datetime], Sequence[Finding]],
    upload: Callable[[str, Identity, IdentityInputsT], RequestVariants[TaskIds]],
) -> Content[IdentityInputsT, Identity]:
    """Return the functions over a certificate with its private key; rules and uploads differ by kind."""
    return Content(
        material=contents.IDENTITY_MATERIAL,
        facts=contents.CERTIFICATE_FACTS,
        parse=contents.parse_identity,
        describe=contents.describe_identity,
        digest=lambda parsed: parsed.digest(),
        public=lambda parsed: parsed.public,
        check=check,
        upload=upload,
    )


LISTENER_CERTIFICATE: Final[CertificateKind[ListenerCertificateInputs, Any]] = CertificateKind(
    ListenerCertificateInputs,
    _identity_content(contents.check_listener_certificate, contents.upload_pkcs12),
)

CLIENT_CERTIFICATE: Final[CertificateKind[ClientCertificateInputs, Any]] = CertificateKind(
    ClientCertificateInputs,
    _identity_content(contents.check_client_certificate, contents.upload_client_certificate),
    (Field("format", change="replace", readable=False, default="PKCS12"),),
)

CERTIFICATE_AUTHORITY: Final[CertificateKind[CertificateAuthorityInputs, Any]] = CertificateKind(
    CertificateAuthorityInputs,
    Content(
        material=frozenset({"certificate"}),
        facts=contents.CERTIFICATE_FACTS | {"further_certificates"},
        parse=contents.parse_ca_bundle,
        describe=contents.describe_ca_bundle,
        digest=lambda parsed: parsed.digest(),
        public=lambda parsed: parsed,
        check=contents.check_ca_bundle,
        upload=lambda name, parsed, _inputs: contents.upload_pem(name, parsed.to_pem()),
    ),
)

REVOCATION_LIST: Final[CertificateKind[RevocationListInputs, Any]] = CertificateKind(
    RevocationListInputs,
    Content(
        material=frozenset({"revocation_list"}),
        facts=contents.CRL_FACTS | {"further_lists"},
        parse=contents.parse_crls,
        describe=contents.describe_crls,
        digest=lambda parsed: parsed.digest(),
        public=lambda parsed: parsed,
        check=contents.check_crls,
        upload=lambda name, parsed, _inputs: contents.upload_pem(name, parsed.to_pem()),
    ),
)
